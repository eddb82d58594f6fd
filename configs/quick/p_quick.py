# P: pose alone; the small model, its backbone to res4.
#
#   python tools/train.py configs/quick/p_quick.py
#
# Expected after its 400 iterations, on the 100 people of make_figures.py that it has not seen:
# pose/mED 10.2 +- 1.5 px.
#
# Cost: 0.42 M parameters, 0.9 GFLOPs for one picture of 128x128.
_base_ = './spd_quick.py'

model = dict(backbone=dict(num_stages=3), neck=dict(deep_level=None), seg_head=None, densepose_head=None)
