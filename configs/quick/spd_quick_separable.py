# The small SPD with separable refinements: their 5x5 kernels act on single channels, 1x1 convolutions join them.
#
#   python tools/train.py configs/quick/spd_quick_separable.py
#
# Cost: 1.37 M parameters, 1.9 GFLOPs for one picture of 96x128.
_base_ = './spd_quick.py'

model = dict(seg_head=dict(refine='separable'), pose_head=dict(refine='separable'))
