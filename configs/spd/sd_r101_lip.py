# SD: SPD without pose. Row "SD" of Tables I and II: LIP IoU 0.478, GPS 50.1 %.
#
#   python tools/train.py configs/spd/sd_r101_lip.py
#
# Cost: 120.9 M parameters, 389 GFLOPs for one picture of 384x384.
_base_ = './spd_r101_lip.py'

model = dict(pose_head=None)
