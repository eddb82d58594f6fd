# Rendered people of 192x256 (W x H) pixels, made into `data_root` on first use: some 3 minutes with 2 cores, 50 MB.
_base_ = './lip.py'

dataset_type = 'SyntheticPeopleDataset'
data_root = 'data/people'
input_size = (192, 256)

# The pipelines of lip.py with this size.
train_pipeline, test_pipeline, tta_pipeline = _base_.train_pipeline, _base_.test_pipeline, _base_.tta_pipeline
for step in [*train_pipeline, *test_pipeline, *tta_pipeline[-1]['transforms'][0]]:
    if 'size' in step:
        step['size'] = input_size
del step

people = dict(type=dataset_type, data_root=data_root, num=2500, num_val=500, seed=0, size=(256, 192))
train_dataloader = dict(dataset=dict(**people, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, dataset=dict(**people, pipeline=test_pipeline))
test_dataloader = val_dataloader
