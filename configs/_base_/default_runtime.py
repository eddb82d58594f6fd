# What every run shares: scope, hooks, logging, random numbers.
custom_imports = dict(imports=['mmspd'], allow_failed_imports=False)
default_scope = 'mmspd'

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
randomness = dict(seed=0)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='CheckpointHook',
        by_epoch=False,
        interval=10000,
        max_keep_ckpts=3,
        save_best='auto',  # the first metric: dataset/mIoU, or pose/mED without segmentation, ...
        less_keys=['loss', 'mED'],
    ),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    iteration_seed=dict(type='SeedIterationsHook'),
    classes=dict(type='CheckClassesHook'),
    drawing=dict(type='DrawPredictionsHook', enabled=False),
)
log_processor = dict(by_epoch=False)
log_level = 'INFO'

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='SPDVisualizer', vis_backends=vis_backends, name='visualizer')

load_from = None
resume = False
