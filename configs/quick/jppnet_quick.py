# JPPNet, the baseline (see ../jppnet/jppnet_r101_lip.py), with the small model's widths.
#
#   python tools/train.py configs/quick/jppnet_quick.py
#
# Cost: 1.77 M parameters, 2.7 GFLOPs for one picture of 96x128; in training 1.81 times that.
#
# Trained for 400 iterations in place of 2,000, three seeds (docs/results.md): dataset/mIoU 0.112 +- 0.004.
_base_ = './sp_quick.py'

refinement = dict(num_refinements=2, exchange='prediction')
model = dict(
    scales=(1.0, 0.75, 0.5),
    seg_head=refinement,
    pose_head=refinement,
    multi_task_loss=dict(weights=dict(seg=1.0, pose=1.0)),
)
