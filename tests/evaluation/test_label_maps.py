"""LIP's classes scored on ATR's labels, class by class and by hand."""

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from PIL import Image

from mmspd.anatomy import ATR_CLASSES, PARSING_CLASSES
from mmspd.evaluation import ParsingMetric
from mmspd.evaluation.functional.label_maps import LIPToATR, build_label_map
from mmspd.structures import SPDDataSample

LIP = {name: number for number, name in enumerate(PARSING_CLASSES)}
ATR = {name: number for number, name in enumerate(ATR_CLASSES)}


def mapped(names, **choices):
    """A row of LIP's classes by name as ATR's, by name."""
    row = np.array([[LIP[name] for name in names]])
    return [ATR_CLASSES[number] for number in LIPToATR(**choices).of_prediction(row)[0]]


def test_every_class_alone():
    expected = {
        'Background': 'background', 'Hat': 'hat', 'Hair': 'hair', 'Glove': 'background', 'Sunglasses': 'sunglass',
        'UpperClothes': 'upper-clothes', 'Dress': 'dress', 'Coat': 'upper-clothes', 'Socks': 'background',
        'Pants': 'pants', 'Jumpsuits': 'dress', 'Scarf': 'scarf', 'Skirt': 'skirt', 'Face': 'face',
        'LeftArm': 'left-arm', 'RightArm': 'right-arm', 'LeftLeg': 'left-leg', 'RightLeg': 'right-leg',
        'LeftShoe': 'left-shoe', 'RightShoe': 'right-shoe',
    }  # fmt: skip
    assert {name: mapped([name])[0] for name in PARSING_CLASSES} == expected


@pytest.mark.parametrize(
    ('choices', 'name', 'becomes'),
    [
        ({'coat': 'dress'}, 'Coat', 'dress'),
        ({'coat': 'background'}, 'Coat', 'background'),
        ({'jumpsuits': 'pants'}, 'Jumpsuits', 'pants'),
        ({'jumpsuits': 'upper-clothes'}, 'Jumpsuits', 'upper-clothes'),
        ({'jumpsuits': 'background'}, 'Jumpsuits', 'background'),
    ],
)
def test_choices_of_clothes(choices, name, becomes):
    assert mapped([name, 'Hat'], **choices) == [becomes, 'hat']


def test_gloves_and_socks_take_the_side_of_the_nearest():
    row = ['LeftArm', 'Glove', 'Background', 'Background', 'Glove', 'RightArm', 'Hat', 'Glove']
    sides = ['left-arm', 'left-arm', 'background', 'background', 'right-arm', 'right-arm', 'hat', 'right-arm']
    assert mapped(row) == sides
    assert mapped(row, glove='background')[1] == 'background'
    row = ['RightShoe', 'Socks', 'Background', 'Socks', 'LeftLeg']
    assert mapped(row) == ['right-shoe', 'right-leg', 'background', 'left-leg', 'left-leg']
    assert mapped(row, socks='shoe') == ['right-shoe', 'right-shoe', 'background', 'left-shoe', 'left-leg']
    assert mapped(row, socks='background') == ['right-shoe', 'background', 'background', 'background', 'left-leg']
    # In between, and with one side only.
    assert mapped(['RightArm', 'Glove', 'LeftArm'])[1] == 'left-arm'
    assert mapped(['Glove', 'Hat', 'RightArm'])[0] == 'right-arm'
    assert mapped(['Glove', 'Hat', 'LeftArm'])[0] == 'left-arm'
    # A leg says nothing about an arm.
    assert mapped(['Glove', 'LeftLeg'])[0] == 'background'


def test_distances_are_in_both_directions():
    grid = np.zeros((9, 9), dtype=np.int64)
    grid[4, 4] = LIP['Glove']
    grid[0, 4] = LIP['LeftArm']  # 4 pixels above
    grid[6, 7] = LIP['RightArm']  # the root of 13 pixels away
    assert LIPToATR().of_prediction(grid)[4, 4] == ATR['right-arm']


def test_belt_and_bag_of_labels():
    label = np.array([[ATR['belt'], ATR['bag'], ATR['pants'], 255, 0]], dtype=np.uint8)
    kept = label.copy()
    pants = ATR['pants']
    assert LIPToATR().of_label(label).tolist() == [[255, 255, pants, 255, 0]]
    assert LIPToATR(belt='background').of_label(label).tolist() == [[0, 255, pants, 255, 0]]
    assert LIPToATR(belt='count', bag='background').of_label(label).tolist() == [[ATR['belt'], 0, pants, 255, 0]]
    assert LIPToATR(belt='count', bag='count').of_label(label).tolist() == label.tolist()
    assert LIPToATR().of_label(label, ignore_index=99)[0, 0] == 99
    np.testing.assert_array_equal(label, kept)


@pytest.mark.parametrize('wrong', [-1, 20])
def test_other_classes_are_refused(wrong):
    with pytest.raises(ValueError, match=r'0\.\.19'):
        LIPToATR().of_prediction(np.array([[wrong]]))


def test_an_empty_map_and_numbers_that_are_not_whole():
    assert LIPToATR().of_prediction(np.zeros((0, 5), dtype=int)).shape == (0, 5)
    with pytest.raises(ValueError, match='whole numbers'):
        LIPToATR().of_prediction(np.zeros((1, 1)))


@pytest.mark.parametrize(
    'settings',
    [
        {'type': 'LIPToATR', 'coat': 'pants'},
        {'type': 'LIPToATR', 'bag': 'skip'},
        {'type': 'LIPToATR', 'shoes': 'leg'},
        {'type': 'LIPToCIHP'},
        {},
    ],
)
def test_unknown_choices_are_refused(settings):
    with pytest.raises(ValueError, match=r'counts as one of|label_map is'):
        build_label_map(settings)
    assert build_label_map(None) is None


def sample(prediction, label):
    each = SPDDataSample(metainfo=dict(img_path='a.jpg', img_id='a'))
    each.pred_sem_seg = PixelData(data=torch.tensor([[[LIP[name] for name in prediction]]]))
    each.gt_sem_seg = PixelData(data=torch.tensor([[[ATR[name] for name in label]]]))
    return each.to_dict()


def evaluate(**choices):
    metric = ParsingMetric(label_map=dict(type='LIPToATR', **choices), per_class=False, per_class_keys=True)
    metric.dataset_meta = {'classes': ATR_CLASSES}
    prediction = ['Coat', 'Coat', 'UpperClothes', 'Background', 'Jumpsuits', 'Pants']
    label = ['upper-clothes', 'belt', 'upper-clothes', 'bag', 'pants', 'pants']
    metric.process({}, [sample(prediction, label)])
    return metric.evaluate(1)


def test_the_metric_counts_as_chosen():
    ignored = evaluate()
    # Of upper-clothes 2 of 2; of pants 1 of 2; dress 0 of 1 predicted: the mean of 1, 1/2 and 0.
    assert ignored['dataset/mIoU'] == pytest.approx(0.5)
    assert ignored['dataset/aAcc'] == pytest.approx(3 / 4)
    assert np.isnan(ignored['dataset/IoU.belt'])
    # The belt as background is predicted as upper-clothes: 2/3, 1/2, 0 and the background, 1 of 2.
    background = evaluate(belt='background', bag='background', jumpsuits='pants')
    assert background['dataset/IoU.pants'] == 1
    assert background['dataset/IoU.background'] == pytest.approx(1 / 2)
    assert background['dataset/mIoU'] == pytest.approx((2 / 3 + 1 + 1 / 2) / 3)
    counted = evaluate(belt='count', bag='count')
    assert counted['dataset/IoU.belt'] == counted['dataset/IoU.bag'] == 0
    # upper-clothes 2/3, pants 1/2, dress, belt, bag and the background (predicted, nowhere in the label) 0
    assert counted['dataset/mIoU'] == pytest.approx((2 / 3 + 1 / 2) / 6)


@pytest.mark.parametrize(
    ('classes', 'model', 'label_map', 'says'),
    [
        (ATR_CLASSES, 20, None, r"20 classes, but 18 are expected; for a model of LIP's .*label_map=dict\(type"),
        (ATR_CLASSES, 18, {'type': 'LIPToATR'}, '18 classes, but 20 are expected$'),
        (PARSING_CLASSES, 18, None, '18 classes, but 20 are expected$'),
        (PARSING_CLASSES, 20, {'type': 'LIPToATR'}, r"labels of ATR's 18 classes, .* has 20 others: Background, Hat"),
        (None, 20, {'type': 'LIPToATR'}, "labels of ATR's 18"),
    ],
)
def test_classes_that_do_not_go_together_are_refused(classes, model, label_map, says):
    metric = ParsingMetric(label_map=label_map, per_class=False)
    metric.dataset_meta = {'classes': classes}
    each = sample(['Hat'], ['hat']) | {'seg_logits': {'data': torch.zeros(model, 1, 1)}}
    with pytest.raises(ValueError, match=rf'a\.jpg: .*{says}'):
        metric.process({}, [each])


@pytest.mark.parametrize(
    ('classes', 'model', 'label_map'),
    [
        (ATR_CLASSES, 18, None),
        (ATR_CLASSES, 20, {'type': 'LIPToATR'}),
        (PARSING_CLASSES, 20, None),
        (('a', 'b'), 1, None),
    ],
)
def test_classes_that_go_together_are_scored(classes, model, label_map):
    metric = ParsingMetric(label_map=label_map, per_class=False)
    metric.dataset_meta = {'classes': classes}
    metric.process({}, [sample(['Hat'], ['hat']) | {'seg_logits': {'data': torch.zeros(model, 1, 1)}}])
    assert metric.evaluate(1)['dataset/mIoU'] == 1


def test_the_choice_is_logged_beside_the_numbers(monkeypatch):
    logged = []
    monkeypatch.setattr('mmspd.evaluation.metrics.parsing_metric.print_log', lambda text, *a: logged.append(text))
    evaluate(bag='count')
    assert any('coat upper-clothes' in text and 'bag count' in text and 'belt ignore' in text for text in logged)


def test_predictions_are_written_in_the_models_own_classes(tmp_path):
    metric = ParsingMetric(label_map=dict(type='LIPToATR'), per_class=False, output_dir=str(tmp_path))
    metric.dataset_meta = {'classes': ATR_CLASSES}
    metric.process({}, [sample(['RightShoe', 'Glove'], ['right-shoe', 'left-arm'])])
    assert np.array(Image.open(tmp_path / 'a.png')).tolist() == [[19, 3]]
