# SP: SPD without dense pose, on rendered people of 192x256.
#
#   python tools/train.py configs/spd/sp_r50_people.py
#
# Not trained yet; see spd_r50_people.py.
_base_ = './spd_r50_people.py'

model = dict(densepose_head=None)
