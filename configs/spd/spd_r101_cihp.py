# SPD trained on CIHP's parsing and LIP's joints and surface, tested on CIHP's persons. Not in the paper.
#
#   python tools/train.py configs/spd/spd_r101_cihp.py
#   python tools/test.py configs/spd/spd_r101_cihp.py work_dirs/spd_r101_cihp/iter_400000.pth --tta
#
# CIHP has no joints and no surface, so pose and dense pose would learn nothing from it and predict noise. Here LIP
# teaches them. LIP's label maps are not read, as class 10 is another (CIHP: torso skin, LIP: jumpsuits). With CIHP
# alone, use s_r101_cihp.py. Other folders:
#   --cfg-options train_dataloader.dataset.datasets.0.data_root=... train_dataloader.dataset.datasets.1.data_root=...
#
# Cost: as spd_r101_lip.py. No numbers yet.
_base_ = [
    '../_base_/models/spd_r101.py',
    '../_base_/datasets/cihp.py',
    '../_base_/schedules/schedule_400k.py',
    '../_base_/default_runtime.py',
]

train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='JoinedDataset',
        datasets=[
            _base_.train_dataloader.dataset,
            dict(
                type='LIPMultiTaskDataset',
                data_root='data/LIP',
                split='train',
                surface_file='densepose_train.json',
                with_parsing=False,
                pipeline=_base_.train_pipeline,
            ),
        ],
    ),
)
