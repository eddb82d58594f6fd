# D: dense pose alone, on a backbone that stops at res4. Not in the paper.
#
#   python tools/train.py configs/spd/d_r101_lip.py
#
# Cost: 80.1 M parameters, 200 GFLOPs for one picture of 384x384.
_base_ = './spd_r101_lip.py'

model = dict(backbone=dict(num_stages=3), neck=dict(deep_level=None), seg_head=None, pose_head=None)
