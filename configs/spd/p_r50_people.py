# P: pose alone, on a backbone that stops at res4, on rendered people of 192x256.
#
#   python tools/train.py configs/spd/p_r50_people.py
#
# Not trained yet; see spd_r50_people.py.
#
# Cost: 32.4 M parameters, 51 GFLOPs for one picture of 192x256.
_base_ = './spd_r50_people.py'

model = dict(backbone=dict(num_stages=3), neck=dict(deep_level=None), seg_head=None, densepose_head=None)
