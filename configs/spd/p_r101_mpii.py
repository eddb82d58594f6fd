# P trained and tested on MPII: pose alone, on a backbone that stops at res4. Not in the paper.
#
#   python tools/train.py configs/spd/p_r101_mpii.py
#   python tools/test.py configs/spd/p_r101_mpii.py work_dirs/p_r101_mpii/iter_400000.pth --tta
#
# Cost: as p_r101_lip.py. No numbers yet.
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/mpii.py',
    '../_base_/schedules/schedule_400k.py',
    '../_base_/default_runtime.py',
]

model = dict(backbone=dict(num_stages=3), neck=dict(deep_level=None), seg_head=None, densepose_head=None)
