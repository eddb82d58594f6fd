# ATR to train on and to test on, with its own 18 classes: parsing alone. For testing a model trained on LIP, see
# configs/spd/spd_r101_lip_test_atr.py.
_base_ = './lip.py'

dataset_type = 'ATRDataset'
data_root = 'data/ATR'

atr = dict(_delete_=True, type=dataset_type, data_root=data_root)
train_dataloader = dict(dataset=dict(**atr, split='train', pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(**atr, split='val', pipeline=_base_.test_pipeline, test_mode=True))
test_dataloader = dict(dataset=dict(**atr, split='test', pipeline=_base_.test_pipeline, test_mode=True))

val_evaluator = [dict(type='ParsingMetric')]
test_evaluator = val_evaluator
