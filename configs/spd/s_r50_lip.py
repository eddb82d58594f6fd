# S: segmentation alone, on a ResNet-50. Not in the paper.
#
#   python tools/train.py configs/spd/s_r50_lip.py
#
# Cost: 49.4 M parameters, 232 GFLOPs for one picture of 384x384.
_base_ = './spd_r50_lip.py'

model = dict(pose_head=None, densepose_head=None)
