# SD: SPD without pose, on a ResNet-50. Not in the paper.
#
#   python tools/train.py configs/spd/sd_r50_lip.py
_base_ = './spd_r50_lip.py'

model = dict(pose_head=None)
