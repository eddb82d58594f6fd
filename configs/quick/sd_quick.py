# SD: the small model without pose.
#
#   python tools/train.py configs/quick/sd_quick.py
#
# Cost: 1.30 M parameters, 1.8 GFLOPs for one picture of 96x128.
#
# Trained for 400 iterations in place of 2,000, three seeds (docs/results.md): dataset/mIoU 0.124 +- 0.006.
_base_ = './spd_quick.py'

model = dict(pose_head=None)
