# SPD on a ResNet-50, on rendered people of 192x256, which the first run makes (2,000 to train on, 500 to test on).
#
#   python tools/train.py configs/spd/spd_r50_people.py
#   python tools/test.py configs/spd/spd_r50_people.py work_dirs/spd_r50_people/iter_20000.pth
#
# No model of this size has been trained on them yet; configs/quick has small ones with results.
#
# Cost: 128.1 M parameters, 187 GFLOPs for one picture of 192x256.
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/synthetic_people.py',
    '../_base_/schedules/schedule_20k.py',
    '../_base_/default_runtime.py',
]

model = dict(backbone=dict(depth=50, init_cfg=dict(checkpoint='torchvision://resnet50')))
default_hooks = dict(checkpoint=dict(interval=2000))
