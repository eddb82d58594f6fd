# SPD trained on LIP and DensePose-COCO at once, tested on DensePose-COCO's minival. Not in the paper.
#
#   python tools/train.py configs/spd/spd_r101_lip_densepose_coco.py
#   python tools/test.py configs/spd/spd_r101_lip_densepose_coco.py \
#       work_dirs/spd_r101_lip_densepose_coco/iter_400000.pth
#
# LIP teaches parsing and pose, and the surface where densepose_train.json is in its folder; DensePose-COCO teaches pose
# (twelve of the sixteen joints) and the surface. COCO images of LIP's validation persons are not trained on, those of
# LIP's training persons not tested on; how many persons that leaves out is logged. Other folders:
#   --cfg-options train_dataloader.dataset.datasets.0.data_root=... train_dataloader.dataset.datasets.1.data_root=...
# and, with LIP elsewhere, its lists: train_dataloader.dataset.datasets.1.exclude_lip_lists=[.../val_id.txt],
# val_dataloader.dataset.exclude_lip_lists=[.../train_id.txt] and likewise of test_dataloader.
#
# Cost: as spd_r101_lip.py. No numbers yet.
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/densepose_coco.py',
    '../_base_/schedules/schedule_400k.py',
    '../_base_/default_runtime.py',
]
