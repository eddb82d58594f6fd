# SD: the small SPD without pose.
#
#   python tools/train.py configs/quick/sd_quick.py
_base_ = './spd_quick.py'

model = dict(pose_head=None)
