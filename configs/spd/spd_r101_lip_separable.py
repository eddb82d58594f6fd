# SPD with separable refinements: their 5x5, 7x7 and 9x9 kernels act on single channels, 1x1 convolutions join them. Not
# in the paper.
#
#   python tools/train.py configs/spd/spd_r101_lip_separable.py
#
# Cost: 124.1 M parameters, 403 GFLOPs for one picture of 384x384.
_base_ = './spd_r101_lip.py'

model = dict(seg_head=dict(refine='separable'), pose_head=dict(refine='separable'))
