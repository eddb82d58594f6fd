# S trained and tested on ATR with its own 18 classes: segmentation alone. Not in the paper.
#
#   python tools/train.py configs/spd/s_r101_atr.py
#   python tools/test.py configs/spd/s_r101_atr.py work_dirs/s_r101_atr/iter_400000.pth --tta
#
# Cost: as s_r101_lip.py. No numbers yet.
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/atr.py',
    '../_base_/schedules/schedule_400k.py',
    '../_base_/default_runtime.py',
]

model = dict(seg_head=dict(num_classes=18), pose_head=None, densepose_head=None)
