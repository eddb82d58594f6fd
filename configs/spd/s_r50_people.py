# S: segmentation alone, on rendered people of 192x256.
#
#   python tools/train.py configs/spd/s_r50_people.py
#
# Not trained yet; see spd_r50_people.py.
#
# Cost: 49.4 M parameters, 77 GFLOPs for one picture of 192x256.
_base_ = './spd_r50_people.py'

model = dict(pose_head=None, densepose_head=None)
