# MPII to train on and to test on: pose alone. The JSON files are those that the field uses; the official
# `mpii_human_pose_v1_u12_1.mat` is read as well.
_base_ = './lip.py'

dataset_type = 'MPIIDataset'
data_root = 'data/MPII'

mpii = dict(_delete_=True, type=dataset_type, data_root=data_root)
train_dataloader = dict(
    dataset=dict(**mpii, annotation_file='annotations/train.json', pipeline=_base_.train_pipeline),
)
val_dataloader = dict(
    dataset=dict(**mpii, annotation_file='annotations/valid.json', pipeline=_base_.test_pipeline, test_mode=True),
)
test_dataloader = val_dataloader

val_evaluator = [dict(type='KeypointMetric')]
test_evaluator = val_evaluator
