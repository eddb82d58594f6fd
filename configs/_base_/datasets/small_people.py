# Rendered people of 96x128 (W x H) pixels for the small models of configs/quick, whose stride is 4: 1,500 to train on,
# 300 to test on, made into `data_root` on first use.
_base_ = './synthetic_people.py'

data_root = 'data/people_small'
input_size = (96, 128)

changes = dict(
    PersonAffine=dict(size=input_size, scale_range=(0.85, 1.2)),
    LoadSurfacePoints=dict(num_background=32),
    PoseTargets=dict(stride=4),
    PackSPDInputs=dict(stride=4),
)
train_pipeline = [dict(step, **changes.get(step['type'], {})) for step in _base_.train_pipeline]
test_pipeline = [
    dict(step, size=input_size) if step['type'] == 'PersonAffine' else step for step in _base_.test_pipeline
]
tta_pipeline = [
    *_base_.tta_pipeline[:-1],
    dict(
        _base_.tta_pipeline[-1],
        transforms=[
            [dict(step, size=input_size) for step in _base_.tta_pipeline[-1]['transforms'][0]],
            *_base_.tta_pipeline[-1]['transforms'][1:],
        ],
    ),
]

people = dict(data_root=data_root, num=1800, num_val=300, size=(128, 96))
train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(**people, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(**people, pipeline=test_pipeline))
test_dataloader = val_dataloader
