# S on CIHP: segmentation alone, a sample a person. Not in the paper.
#
#   python tools/train.py configs/spd/s_r101_cihp.py
#   python tools/test.py configs/spd/s_r101_cihp.py work_dirs/s_r101_cihp/iter_400000.pth --tta
#
# Cost: as s_r101_lip.py. No numbers yet.
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/cihp.py',
    '../_base_/schedules/schedule_400k.py',
    '../_base_/default_runtime.py',
]

model = dict(pose_head=None, densepose_head=None)
