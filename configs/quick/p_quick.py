# P: pose alone; the small model, its backbone to res4.
#
#   python tools/train.py configs/quick/p_quick.py
#
# Cost: 0.42 M parameters, 0.7 GFLOPs for one picture of 96x128. Not measured yet on rendered people.
_base_ = './spd_quick.py'

model = dict(backbone=dict(num_stages=3), neck=dict(deep_level=None), seg_head=None, densepose_head=None)
