# SP: the small model without dense pose.
#
#   python tools/train.py configs/quick/sp_quick.py
#
# Expected after its 400 iterations, on the 100 people of make_figures.py that it has not seen:
# dataset/mIoU 0.61 +- 0.03, pose/mED 9.6 +- 1.0 px.
#
# Cost: 1.37 M parameters, 2.8 GFLOPs for one picture of 128x128. Four to five minutes on two cores.
_base_ = './spd_quick.py'

model = dict(densepose_head=None)
