# LIP with parsing, pose and surface points. `data_root` is LIP's own tree with the two surface files beside its lists;
# without surface annotations set `surface_file=None` in each dataset.
dataset_type = 'LIPMultiTaskDataset'
data_root = 'data/LIP'
input_size = (384, 384)  # width, height

train_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadParsingLabel'),
    dict(type='LoadSurfacePoints', num_background=64),
    dict(type='PersonPhotometric'),
    dict(type='PersonAffine', size=input_size, scale_range=(0.75, 1.25), flip_prob=0.5),
    dict(type='JitterBox', amount=0.1),
    dict(type='PoseTargets', stride=8, sigma=2),
    dict(type='PackSPDInputs', fill_missing=True, stride=8),
]
# The label is read after the transform, so that it keeps the original size, at which predictions are judged.
test_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadSurfacePoints', with_body=True),
    dict(type='PersonAffine', size=input_size, test_mode=True),
    dict(type='LoadParsingLabel'),
    dict(type='PackSPDInputs'),
]
tta_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadSurfacePoints', with_body=True),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='PersonAffine', size=input_size, test_mode=True, scale=scale, flip=flip)
                for scale in (1.0, 0.75, 1.25)  # the first sets the frame of the mean
                for flip in (False, True)
            ],
            [dict(type='LoadParsingLabel')],
            [dict(type='PackSPDInputs')],
        ],
    ),
]
tta_model = dict(type='SPDTTAModel')

train_dataloader = dict(
    batch_size=8,  # the paper does not say
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='ResumableSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='train',
        surface_file='densepose_train.json',
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='val',
        surface_file='densepose_val.json',
        pipeline=test_pipeline,
        test_mode=True,
    ),
)
test_dataloader = val_dataloader

# On DensePose's surface GPS needs the files of its evaluation (docs/evaluation.md): without that folder it is left out,
# and the log says so. Rendered people have their own surface and need none.
gps_evaluator = dict(type='GPSMetric', assets='data/densepose_eval')
val_evaluator = [
    dict(type='ParsingMetric'),
    dict(type='KeypointMetric'),
    dict(type='SurfacePointMetric'),
    gps_evaluator,
]
test_evaluator = val_evaluator
