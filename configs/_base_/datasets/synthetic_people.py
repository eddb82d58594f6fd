# Rendered people of 192x256 (W x H) pixels, made into `data_root` on first use: some 5 minutes with 2 cores, 50 MB.
_base_ = './lip.py'

dataset_type = 'SyntheticPeopleDataset'
data_root = 'data/people'
input_size = (192, 256)

# The pipelines of lip.py with this size.
train_pipeline = [
    dict(step, size=input_size) if step['type'] == 'PersonAffine' else step for step in _base_.train_pipeline
]
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

people = dict(type=dataset_type, data_root=data_root, num=2500, num_val=500, seed=0, size=(256, 192))
train_dataloader = dict(dataset=dict(**people, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, dataset=dict(**people, pipeline=test_pipeline))
test_dataloader = val_dataloader
