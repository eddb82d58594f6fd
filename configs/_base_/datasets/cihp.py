# CIHP to train on and to test on, a sample a person with the others as background: parsing alone.
_base_ = './lip.py'

dataset_type = 'CIHPDataset'
data_root = 'data/CIHP'

cihp = dict(_delete_=True, type=dataset_type, data_root=data_root)
train_dataloader = dict(dataset=dict(**cihp, split='train', pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(**cihp, split='val', pipeline=_base_.test_pipeline, test_mode=True))
test_dataloader = val_dataloader

val_evaluator = [dict(type='ParsingMetric')]
test_evaluator = val_evaluator
