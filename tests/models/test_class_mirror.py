"""Which classes of a model change places when a mirrored prediction is turned back."""

import numpy as np
import pytest
import torch

from mmspd.anatomy import LABEL_SETS, PARSING_MIRROR
from mmspd.models.segmentors.decoding import class_mirror, set_parsing
from mmspd.structures import SPDDataSample

ATR_MIRROR = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 9, 11, 13, 12, 15, 14, 16, 17]


@pytest.mark.parametrize(
    ('num_classes', 'labels', 'expected'),
    [
        (18, 'atr', ATR_MIRROR),
        (20, 'atr', PARSING_MIRROR),  # trained on LIP, tested on ATR
        (18, 'lip', ATR_MIRROR),
        (20, 'lip', PARSING_MIRROR),
        (20, 'cihp', PARSING_MIRROR),
        (20, None, PARSING_MIRROR),
        (18, None, range(18)),  # of another project's data set nothing is known
        (7, 'lip', range(7)),
    ],
)
def test_table_of_a_model_and_a_sample(num_classes, labels, expected):
    assert class_mirror(num_classes, labels).tolist() == list(expected)


@pytest.mark.parametrize(('labels', 'num_classes'), [(name, len(each.classes)) for name, each in LABEL_SETS.items()])
def test_a_mirrored_prediction_is_turned_back_with_its_own_sides(labels, num_classes):
    logits = torch.rand(num_classes, 8, 6)
    meta = dict(ori_shape=(8, 6), img_shape=(8, 6), label_set=labels)
    upright, mirrored = SPDDataSample(metainfo=meta), SPDDataSample(metainfo=meta | dict(flip=True))
    set_parsing(upright, logits, (8, 6))
    table = torch.as_tensor(np.array(LABEL_SETS[labels].mirror))
    set_parsing(mirrored, logits.flip(-1)[table], (8, 6))
    torch.testing.assert_close(mirrored.seg_logits.data, upright.seg_logits.data)
