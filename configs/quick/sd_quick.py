# SD: the small model without pose.
#
#   python tools/train.py configs/quick/sd_quick.py
#
# Cost: 1.30 M parameters, 1.8 GFLOPs for one picture of 96x128. Not measured yet on rendered people.
_base_ = './spd_quick.py'

model = dict(pose_head=None)
