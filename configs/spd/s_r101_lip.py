# S: segmentation alone. Row "S" of Tables I and II: LIP IoU 0.483.
#
#   python tools/train.py configs/spd/s_r101_lip.py
#
# Cost: 68.4 M parameters, 319 GFLOPs for one picture of 384x384.
_base_ = './spd_r101_lip.py'

model = dict(pose_head=None, densepose_head=None)
