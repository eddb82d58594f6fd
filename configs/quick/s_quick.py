# S: the small SPD segmentation alone.
#
#   python tools/train.py configs/quick/s_quick.py
_base_ = './spd_quick.py'

model = dict(pose_head=None, densepose_head=None)
