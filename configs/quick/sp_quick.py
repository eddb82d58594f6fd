# SP: the small SPD without dense pose.
#
#   python tools/train.py configs/quick/sp_quick.py
_base_ = './spd_quick.py'

model = dict(densepose_head=None)
