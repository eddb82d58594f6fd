# SD: SPD without pose, on rendered people of 192x256.
#
#   python tools/train.py configs/spd/sd_r50_people.py
#
# Not trained yet; see spd_r50_people.py.
#
# Cost: 101.9 M parameters, 147 GFLOPs for one picture of 192x256.
_base_ = './spd_r50_people.py'

model = dict(pose_head=None)
