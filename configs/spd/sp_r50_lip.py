# SP: SPD without dense pose, on a ResNet-50. Not in the paper.
#
#   python tools/train.py configs/spd/sp_r50_lip.py
#
# Cost: 75.6 M parameters, 352 GFLOPs for one picture of 384x384.
_base_ = './spd_r50_lip.py'

model = dict(densepose_head=None)
