# SD: SPD without pose. Row "SD" of Tables I and II: LIP IoU 0.478, GPS 50.1 %.
#
#   python tools/train.py configs/spd/sd_r101_lip.py
_base_ = './spd_r101_lip.py'

model = dict(pose_head=None)
