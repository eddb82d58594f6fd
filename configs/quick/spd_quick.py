# A small SPD for CPUs: ResNet-18 of 16 base channels at stride 4 from random weights, on rendered people of 96x128.
#
#   python tools/train.py configs/quick/spd_quick.py
#   python tools/test.py configs/quick/spd_quick.py work_dirs/spd_quick/iter_2000.pth
#
# The first run makes the people (1,500 to train on, 300 to test on), in one to three minutes.
#
# Expected after its 2,000 iterations, on the 300 people that it has not seen:
# dataset/mIoU 0.23 +- 0.02, pose/mED 8.9 +- 1 px, surface/I_accuracy 0.44 +- 0.04. One seed was measured; the
# tolerances are guesses.
#
# Cost: 1.59 M parameters, 2.2 GFLOPs for one picture of 96x128. About 19 minutes on two cores.
#
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/small_people.py',
    '../_base_/default_runtime.py',
]

norm = dict(type='BN')
small = (48, 48, 48, 48, 48)
kernels = (3, 3, 5, 5, 1)
model = dict(
    # Stride 4 in place of 8: 128 pixels then have 32 cells, not 16.
    backbone=dict(depth=18, base_channels=16, strides=(1, 1, 1, 1), frozen_bn=False, init_cfg=None),
    seg_head=dict(
        in_channels=128,
        rates=(1, 2, 4, 6),
        context_channels=(48, 48),
        remap_channels=32,
        refine_channels=small,
        refine_kernels=kernels,
        norm_cfg=norm,
    ),
    pose_head=dict(
        in_channels=64,
        feature_channels=(48, 48, 48),
        top_channels=48,
        remap_channels=32,
        refine_channels=small,
        refine_kernels=kernels,
        norm_cfg=norm,
    ),
    densepose_head=dict(
        in_channels=64,
        pool_sizes=(4, 8, 16),
        pool_channels=48,
        num_convs=2,
        channels=48,
        chart_size=64,
        stride=4,
        norm_cfg=norm,
    ),
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=1e-4),
    clip_grad=dict(max_norm=10.0),
)
param_scheduler = [dict(type='PolyLR', power=0.9, eta_min=1e-5, begin=0, end=2000, by_epoch=False)]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2000, val_interval=1000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(checkpoint=dict(interval=1000), logger=dict(interval=20))
