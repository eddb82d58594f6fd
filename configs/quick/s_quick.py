# S: segmentation alone, the small model.
#
#   python tools/train.py configs/quick/s_quick.py
#
# Expected after its 400 iterations, on the 100 people of make_figures.py that it has not seen:
# dataset/mIoU 0.61 +- 0.03.
#
# Cost: 1.08 M parameters, 2.2 GFLOPs for one picture of 128x128. Four to five minutes on two cores.
_base_ = './spd_quick.py'

model = dict(pose_head=None, densepose_head=None)
