# SPD with all three branches, every width as in the paper and JPPNet's public code.
model = dict(
    type='SPD',
    data_preprocessor=dict(
        type='SPDDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type='SPDBackbone',
        depth=101,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet101'),
    ),
    neck=dict(type='SPDNeck'),
    seg_head=dict(type='SPDSegHead', in_channels=2048, num_classes=20),
    pose_head=dict(type='SPDPoseHead', in_channels=1024, num_joints=16, loss='norm'),
    densepose_head=dict(type='SPDDensePoseHead', in_channels=1024, num_parts=24, combine='sum'),
    multi_task_loss=dict(type='MultiTaskLoss', weights=dict(seg=1.0, pose=0.8, densepose=0.6)),
)
