# SPD on a ResNet-50. Not in the paper.
#
#   python tools/train.py configs/spd/spd_r50_lip.py
#
# Cost: 128.1 M parameters, 422 GFLOPs for one picture of 384x384.
_base_ = './spd_r101_lip.py'

model = dict(backbone=dict(depth=50, init_cfg=dict(checkpoint='torchvision://resnet50')))
