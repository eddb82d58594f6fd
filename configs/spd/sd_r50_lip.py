# SD: SPD without pose, on a ResNet-50. Not in the paper.
#
#   python tools/train.py configs/spd/sd_r50_lip.py
#
# Cost: 101.9 M parameters, 301 GFLOPs for one picture of 384x384.
_base_ = './spd_r50_lip.py'

model = dict(pose_head=None)
