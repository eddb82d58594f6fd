# JPPNet, the baseline: SP with two refinements that exchange predictions, trained at three scales with shared weights,
# parsing and pose weighted 1:1. Row "JPPNet" of Tables I and II: LIP IoU 0.538, mED 51.2 px.
#
#   python tools/train.py configs/jppnet/jppnet_r101_lip.py
#   python tools/test.py configs/jppnet/jppnet_r101_lip.py work_dirs/jppnet_r101_lip/iter_400000.pth --tta
#
# All else is SP's, so that the two compare. The released network itself, weight for weight: jppnet_r101_original.py.
#
# Cost: 122.1 M parameters, 566 GFLOPs for one picture of 384x384; in training 1.81 times that, for the three scales.
_base_ = '../spd/sp_r101_lip.py'

refinement = dict(num_refinements=2, exchange='prediction')
model = dict(
    scales=(1.0, 0.75, 0.5),
    seg_head=refinement,
    pose_head=refinement,
    multi_task_loss=dict(weights=dict(seg=1.0, pose=1.0)),
)
