"""``ParsingMetric``: boundaries, confusions, intervals, and why a value is NaN."""

import re

import numpy as np
import pytest

from mmspd.evaluation import ParsingMetric
from tests.evaluation.test_metric_classes import evaluate, make_sample, pixels


def test_boundary_keys_and_table(log):
    # A label of two columns 0 and one 1, its prediction one and two: the edges lie a pixel apart, the diagonal is 3.6.
    fields = {'gt_sem_seg': pixels([[0, 0, 1]] * 2), 'pred_sem_seg': pixels([[0, 1, 1]] * 2)}
    metric = ParsingMetric(boundary=0.3)
    metrics = evaluate(metric, make_sample(**fields), make_sample(annotated=False))
    assert metrics['boundary@0.3/mF1'] == metrics['boundary@0.3/mRecall'] == metrics['boundary@0.3/mPrecision'] == 1
    assert metric.details['boundary'].shape == (1, 4, 20)
    assert metric.details['tolerance'] == 0.3
    assert 'boundary within 0.3 of the diagonal' in log.text
    metrics = evaluate(ParsingMetric(boundary=0.1, per_class_keys=True), make_sample(**fields))
    assert metrics['boundary@0.1/mF1'] == metrics['boundary@0.1/F1.Hat'] == 0


def test_details_hold_the_labelled_samples_and_their_confusion():
    metric = ParsingMetric()
    evaluate(metric, make_sample('1'), make_sample('2', annotated=False), make_sample('3'))
    assert metric.details['ids'].tolist() == ['1', '3']
    assert metric.details['classes'][[0, 19]].tolist() == ['Background', 'RightShoe']
    assert metric.details['counts'].dtype == metric.details['confusion'].dtype == np.int64
    assert metric.details['counts'].shape == (2, 3, 20)
    assert metric.details['counts'][1, :, :3].tolist() == [[2, 1, 0], [2, 2, 0], [3, 1, 1]]
    assert metric.details['confusion'].sum() == 10
    assert metric.details['confusion'][[0, 0, 1, 2], [0, 1, 1, 13]].tolist() == [4, 2, 2, 2]


def test_confusions_are_logged(log):
    evaluate(ParsingMetric(full_confusion=True), make_sample())
    assert '| Hair -> Face        |             1.0000 |      1 |' in log.text
    assert '| Background -> Hat   |             0.3333 |      1 |' in log.text
    assert re.search(r'\| 0 Background +\| +66\.7 \| +33\.3 \|', log.text)
    log.clear()
    evaluate(ParsingMetric(per_class=False), make_sample())
    assert 'Hair -> Face' not in log.text


def test_intervals_of_every_mean(log):
    samples = [make_sample(str(n)) for n in range(3)]
    samples += [make_sample('3', pred_sem_seg=pixels([[0, 1, 0], [0, 0, 2]]))]
    metrics = evaluate(ParsingMetric(intervals=200, boundary=0.3), *samples)
    names = [name for name in metrics if not name.endswith(('_low', '_high'))]
    assert len(metrics) == 3 * len(names) == 3 * (12 + 2 + 3)
    for name in names:
        assert metrics[f'{name}_low'] <= metrics[name] <= metrics[f'{name}_high'], name
    # The one perfect image of four is drawn never with chance 0.32, three times or more with 0.05, always with 0.004.
    assert metrics['dataset/aAcc_low'] == pytest.approx(3 / 5)
    assert metrics['dataset/aAcc_high'] == pytest.approx((3 * 5 + 3) / 20)
    assert '95 % intervals of 200 resamples of 4 images' in log.text
    with_classes = evaluate(ParsingMetric(intervals=20, per_class_keys=True), *samples)
    assert with_classes['dataset/IoU.Hat_low'] <= with_classes['dataset/IoU.Hat']
    assert 'no image was drawn that these can be measured on' not in log.text


def test_intervals_of_one_image_are_nan_and_say_so(log):
    metrics = evaluate(ParsingMetric(intervals=10), make_sample())
    assert np.isnan([metrics['dataset/mIoU_low'], metrics['image/mF1_high']]).all()
    assert metrics['dataset/mIoU'] > 0
    assert 'intervals are NaN, as resampling needs at least two images, got 1' in log.text


def test_resamples_without_a_class_are_counted(log):
    samples = [make_sample('1'), make_sample('2', pred_sem_seg=pixels([[0] * 3] * 2), gt_sem_seg=pixels([[0] * 3] * 2))]
    metrics = evaluate(ParsingMetric(intervals=100, per_class_keys=True), *samples)
    # The second image has background alone, and a quarter of the resamples draws nothing else.
    (line,) = (r.getMessage() for r in log.records if 'no image was drawn' in r.getMessage())
    missing = int(line.split('dataset/IoU.Hat ')[1].split(',')[0])
    assert 10 < missing < 45
    assert metrics['dataset/IoU.Hat_low'] == metrics['dataset/IoU.Hat_high'] == 1 / 2
    assert f'dataset/fgAcc {missing}' in line


def test_causes_of_nan_are_logged(log):
    nothing = {'pred_sem_seg': pixels([[0] * 3] * 2), 'gt_sem_seg': pixels([[0] * 3] * 2)}
    metrics = evaluate(ParsingMetric(boundary=0.01), make_sample(**nothing))
    assert np.isnan([metrics['dataset/fgAcc'], metrics['boundary@0.01/mF1']]).all()
    assert 'dataset/fgAcc is NaN, as no pixel is labelled as anything but Background' in log.text
    assert 'boundary scores are NaN, as no label and no prediction has a boundary' in log.text
    assert 'in no label and no prediction, so without scores and left out of all means: Hat, Hair' in log.text
    log.clear()
    filled = {'pred_sem_seg': pixels([[1] * 3] * 2), 'gt_sem_seg': pixels([[1] * 3] * 2)}
    evaluate(ParsingMetric(boundary=0.01), make_sample(**filled), make_sample())
    assert 'NaN' not in log.text
