# SPD trained on LIP, tested on ATR, as in Table II of the paper: row "SPD (ours)".
#
#   python tools/train.py configs/spd/spd_r101_lip.py
#   python tools/test.py configs/spd/spd_r101_lip_test_atr.py work_dirs/spd_r101_lip/iter_400000.pth --tta
#
# `python tools/train.py configs/spd/spd_r101_lip_test_atr.py` trains on LIP as spd_r101_lip.py does.
#
# Paper, trained on LIP only: IoU 0.472, precision 0.67, recall 0.70, F1 0.68 (protocol `image_both` in all likelihood).
# It does not say how it counts classes that one of the two lacks. Here, by default: Coat as upper-clothes, Jumpsuits
# as dress, Glove and Socks as the nearest arm and leg; pixels labelled belt or bag are left out, and with them both
# classes. Otherwise:
#   --cfg-options test_evaluator.0.label_map.bag=background test_evaluator.0.label_map.belt=count
#
# Cost: as spd_r101_lip.py.
_base_ = './spd_r101_lip.py'

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ATRDataset',
        data_root='data/ATR',
        split='test',
        pipeline=_base_.test_pipeline,
        test_mode=True,
    ),
)
label_map = dict(
    type='LIPToATR',
    coat='upper-clothes',
    jumpsuits='dress',
    glove='arm',
    socks='leg',
    belt='ignore',
    bag='ignore',
)
test_evaluator = [dict(type='ParsingMetric', label_map=label_map)]
