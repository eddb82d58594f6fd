# SPD trained on LIP, its pose tested on MPII's validation persons. Not in the paper.
#
#   python tools/train.py configs/spd/spd_r101_lip.py
#   python tools/test.py configs/spd/spd_r101_lip_test_mpii.py work_dirs/spd_r101_lip/iter_400000.pth --tta
#
# `python tools/train.py configs/spd/spd_r101_lip_test_mpii.py` trains on LIP as spd_r101_lip.py does.
#
# The picture is cut to MPII's own square around a person, which shows more of the surroundings than LIP's crops do.
# Distances (`pose/mED`) are in pixels of MPII's pictures, and not to be compared with LIP's; `pose/PCKh@0.5` is.
#
# Cost: as spd_r101_lip.py.
_base_ = './spd_r101_lip.py'

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MPIIDataset',
        data_root='data/MPII',
        annotation_file='annotations/valid.json',
        pipeline=_base_.test_pipeline,
        test_mode=True,
    ),
)
test_evaluator = [dict(type='KeypointMetric')]
