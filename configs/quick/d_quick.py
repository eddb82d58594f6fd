# D: dense pose alone; the small model, its backbone to res4.
#
#   python tools/train.py configs/quick/d_quick.py
#
# Expected after its 400 iterations, on the 100 people of make_figures.py that it has not seen:
# surface/I_accuracy 0.74 +- 0.05.
#
# Cost: 0.40 M parameters, 0.5 GFLOPs for one picture of 128x128.
_base_ = './spd_quick.py'

model = dict(backbone=dict(num_stages=3), neck=dict(deep_level=None), seg_head=None, pose_head=None)
