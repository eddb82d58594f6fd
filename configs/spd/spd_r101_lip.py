# SPD: segmentation, pose and dense pose. The paper's model, row "SPD (ours)" of Tables I and II.
#
#   python tools/train.py configs/spd/spd_r101_lip.py
#   python tools/test.py configs/spd/spd_r101_lip.py work_dirs/spd_r101_lip/iter_400000.pth --tta
#
# Paper, LIP hold-out: IoU 0.547, precision 0.76, recall 0.68, F1 0.71 (protocol `image_both` in all likelihood; see
# docs/evaluation.md), mED 55.01 px (`mED_spd_code`), GPS 48.2 %.
#
# Cost: 147.1 M parameters, 509 GFLOPs for one picture of 384x384.
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/lip.py',
    '../_base_/schedules/schedule_400k.py',
    '../_base_/default_runtime.py',
]
