# P: pose alone, on a backbone (a ResNet-50) that stops at res4. Not in the paper.
#
#   python tools/train.py configs/spd/p_r50_lip.py
#
# Cost: 32.4 M parameters, 153 GFLOPs for one picture of 384x384.
_base_ = './spd_r50_lip.py'

model = dict(backbone=dict(num_stages=3), neck=dict(deep_level=None), seg_head=None, densepose_head=None)
