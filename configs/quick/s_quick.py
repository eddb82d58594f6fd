# S: segmentation alone, the small model.
#
#   python tools/train.py configs/quick/s_quick.py
#
# Cost: 1.08 M parameters, 1.7 GFLOPs for one picture of 96x128.
#
# Trained for 400 iterations in place of 2,000, three seeds (docs/results.md): dataset/mIoU 0.119 +- 0.001.
_base_ = './spd_quick.py'

model = dict(pose_head=None, densepose_head=None)
