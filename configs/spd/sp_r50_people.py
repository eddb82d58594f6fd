# SP: SPD without dense pose, on rendered people of 192x256.
#
#   python tools/train.py configs/spd/sp_r50_people.py
#
# Not trained yet; see spd_r50_people.py.
#
# Cost: 75.6 M parameters, 117 GFLOPs for one picture of 192x256.
_base_ = './spd_r50_people.py'

model = dict(densepose_head=None)
