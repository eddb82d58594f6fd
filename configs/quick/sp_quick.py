# SP: the small model without dense pose.
#
#   python tools/train.py configs/quick/sp_quick.py
#
# Cost: 1.37 M parameters, 2.1 GFLOPs for one picture of 96x128.
#
# Trained for 400 iterations in place of 2,000, three seeds (docs/results.md): dataset/mIoU 0.126 +- 0.005.
_base_ = './spd_quick.py'

model = dict(densepose_head=None)
