# Rendered people of 96x128 (W x H) pixels for the small models of configs/quick, whose stride is 4: 1,500 to train on,
# 300 to test on, made into `data_root` on first use.
_base_ = './synthetic_people.py'

data_root = 'data/people_small'
input_size = (96, 128)

train_pipeline, test_pipeline, tta_pipeline = _base_.train_pipeline, _base_.test_pipeline, _base_.tta_pipeline
for step in [*train_pipeline, *test_pipeline, *tta_pipeline[-1]['transforms'][0]]:
    if 'size' in step:
        step['size'] = input_size
changes = dict(
    PersonAffine=dict(scale_range=(0.85, 1.2)),
    LoadSurfacePoints=dict(num_background=32),
    PoseTargets=dict(stride=4),
    PackSPDInputs=dict(stride=4),
)
for step in train_pipeline:
    step.update(changes.get(step['type'], {}))
del step, changes

people = dict(data_root=data_root, num=1800, num_val=300, size=(128, 96))
train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(**people, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(**people, pipeline=test_pipeline))
test_dataloader = val_dataloader
