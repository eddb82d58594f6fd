# JPPNet, the baseline (see jppnet_r101_lip.py), on a ResNet-50 and rendered people of 192x256.
#
#   python tools/train.py configs/jppnet/jppnet_r50_people.py
#
# Not trained yet; see ../spd/spd_r50_people.py.
#
# Cost: 103.1 M parameters, 160 GFLOPs for one picture of 192x256; in training 1.81 times that, for the three scales.
_base_ = '../spd/sp_r50_people.py'

refinement = dict(num_refinements=2, exchange='prediction')
model = dict(
    scales=(1.0, 0.75, 0.5),
    seg_head=refinement,
    pose_head=refinement,
    multi_task_loss=dict(weights=dict(seg=1.0, pose=1.0)),
)
