# Drawn people at 128x128, in LIP's own layout, as `make demo` and tools/datasets/make_figures.py write them.
_base_ = './lip.py'

data_root = 'data/figures'
input_size = (128, 128)

train_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadParsingLabel'),
    dict(type='LoadSurfacePoints', num_background=32),
    dict(type='PersonPhotometric'),
    dict(type='PersonAffine', size=input_size, scale_range=(0.9, 1.1), flip_prob=0.5),
    dict(type='JitterBox', amount=0.1),
    dict(type='PoseTargets', stride=4, sigma=2),
    dict(type='PackSPDInputs', fill_missing=True, stride=4),
]
test_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadSurfacePoints'),
    dict(type='PersonAffine', size=input_size, test_mode=True),
    dict(type='LoadParsingLabel'),
    dict(type='PackSPDInputs'),
]
tta_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadSurfacePoints'),
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

train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
