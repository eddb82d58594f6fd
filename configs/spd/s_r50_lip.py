# S: segmentation alone, on a ResNet-50. Not in the paper.
#
#   python tools/train.py configs/spd/s_r50_lip.py
_base_ = './spd_r50_lip.py'

model = dict(pose_head=None, densepose_head=None)
