# SD: the small model without pose.
#
#   python tools/train.py configs/quick/sd_quick.py
#
# Expected after its 400 iterations, on the 100 people of make_figures.py that it has not seen:
# dataset/mIoU 0.61 +- 0.03, surface/I_accuracy 0.62 +- 0.05.
#
# Cost: 1.30 M parameters, 2.3 GFLOPs for one picture of 128x128. Four to five minutes on two cores.
_base_ = './spd_quick.py'

model = dict(pose_head=None)
