# SP: SPD without dense pose. Row "SP" of Tables I and II: LIP IoU 0.535, mED 56.82 px.
#
#   python tools/train.py configs/spd/sp_r101_lip.py
#
# Cost: 94.6 M parameters, 439 GFLOPs for one picture of 384x384.
_base_ = './spd_r101_lip.py'

model = dict(densepose_head=None)
