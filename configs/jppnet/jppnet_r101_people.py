# JPPNet, the baseline (see jppnet_r101_lip.py), on its ResNet-101 and rendered people of 192x256.
#
#   python tools/train.py configs/jppnet/jppnet_r101_people.py
#
# Not trained yet; see ../spd/spd_r50_people.py.
#
# Cost: 122.1 M parameters, 189 GFLOPs for one picture of 192x256; in training 1.81 times that, for the three scales.
_base_ = './jppnet_r50_people.py'

model = dict(backbone=dict(depth=101, init_cfg=dict(checkpoint='torchvision://resnet101')))
