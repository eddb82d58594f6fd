import math
from dataclasses import replace

import numpy as np
import pytest

from mmspd.evaluation import KeypointMetric, ParsingMetric
from mmspd.evaluation.comparison import compare_records, share_better
from mmspd.evaluation.functional.keypoints import compare_keypoints, correct_keypoints, masked_mean
from mmspd.evaluation.functional.parsing import ParsingCounts, score_parsing
from mmspd.evaluation.record import EvaluationRecord, collect_details, read_record, write_record
from mmspd.evaluation.record_scores import section_scores
from tests.evaluation.test_metric_classes import evaluate, make_sample, pixels

NAN = float('nan')
CLASSES = ('Background', 'Hat', 'Hair')


def parsing_section(quality, ids=range(20), seed=0, **changed):
    """Labels that depend on the seed alone, predicted right in about this share of the pixels."""
    rng = np.random.default_rng(seed)
    labelled = rng.integers(20, 200, (len(ids), 3))
    labelled[rng.random(labelled.shape) < 0.3] = 0
    correct = rng.binomial(labelled, quality)
    predicted = correct.copy()
    predicted[:, 0] += (labelled - correct).sum(axis=1)
    counts = np.stack([correct, predicted, labelled], axis=1)
    arrays = {'ids': np.array([str(each) for each in ids]), 'counts': counts, 'classes': np.array(CLASSES)}
    return {f'parsing/{name}': array for name, array in (arrays | changed).items()}


def pose_section(noise, ids=range(12), seed=0):
    """Persons of which some joints are missing; the predictions have noise of so many pixels."""
    rng = np.random.default_rng(seed)
    truth = rng.random((len(ids), 16, 2)) * 100
    annotated = rng.random((len(ids), 16)) < 0.8
    prediction = truth + noise * rng.normal(size=truth.shape)
    errors = compare_keypoints(prediction, truth, annotated, np.zeros_like(annotated))
    return {'pose/ids': np.array([str(each) for each in ids]), **{f'pose/{k}': v for k, v in vars(errors).items()}}


def gps_section(values, ids, **more):
    return {'gps/ids': np.array(ids), 'gps/gps': np.array(values), **{f'gps/{k}': np.array(v) for k, v in more.items()}}


def record(*sections, **about):
    return EvaluationRecord(about, {}, {key: array for section in sections for key, array in section.items()})


def test_scores_are_those_of_the_metrics():
    parsing, pose = parsing_section(0.7), pose_section(3)
    found = section_scores(record(parsing, pose, gps_section([0.2, 0.6], ['1', '2'], gpsm=[0.1, 0.3])))
    counts = ParsingCounts.stack(parsing['parsing/counts'], 3)
    values = found['parsing'].scores.values()
    for protocol in ('dataset', 'image', 'image_both'):
        expected = score_parsing(counts, protocol)
        assert values[f'{protocol}/mIoU'] == pytest.approx(expected.means()['mIoU'])
        assert values[f'{protocol}/Recall.Hat'] == pytest.approx(expected.recall[1])
    errors = compare_keypoints(*(np.zeros((0, 16, 2)),) * 2, *(np.zeros((0, 16), bool),) * 2)
    errors = replace(errors, **{name: pose[f'pose/{name}'] for name in vars(errors)})
    values = found['pose'].scores.values()
    assert values['pose/mED'] == pytest.approx(masked_mean(errors.errors, errors.annotated))
    correct, counted, _ = correct_keypoints(errors, errors.head, 0.5)
    assert values['pose/PCKh@0.5'] == pytest.approx(masked_mean(correct, counted))
    assert 0 < values['pose/PCKh@0.5'] < 1
    assert found['gps'].scores.values() == pytest.approx({'gps/GPS': 0.4, 'gpsm/GPSm': 0.2})


def test_a_written_record_has_the_metrics_scores(tmp_path):
    metrics = [ParsingMetric(boundary=0.3, per_class_keys=True), KeypointMetric()]
    wrong = make_sample('2', pred_sem_seg=pixels([[0, 2, 2], [0, 1, 2]]))
    values = {}
    for metric in metrics:
        values |= evaluate(metric, make_sample('1'), make_sample('3', annotated=False), wrong)
    write_record(tmp_path, EvaluationRecord({}, values, collect_details(metrics)))
    found = section_scores(read_record(tmp_path))
    assert found['parsing'].ids.tolist() == ['1', '2']
    scores = found['parsing'].scores.values() | found['pose'].scores.values()
    assert len(scores) == 3 * 4 * 21 + 2 + 3 * 21 + 3
    assert scores == pytest.approx({name: values[name] for name in scores}, nan_ok=True)


def test_boundaries_of_the_same_tolerance_are_compared():
    # Matched and all boundary pixels of the prediction, then of the label: all of them, and half of them.
    def section(matched, tolerance):
        outlines = np.tile([[matched], [2], [matched], [2]], (20, 1, 3))
        return record(parsing_section(0.7, boundary=outlines, tolerance=np.array(tolerance)))

    found = compare_records([section(2, 0.01)], [section(1, 0.01)], 20)
    assert found.differences['boundary@0.01/mF1'].difference.value == pytest.approx(0.5)
    assert found.problems == ()
    found = compare_records([section(2, 0.01)], [section(1, 0.02)], 20)
    assert not any(name.startswith('boundary') for name in found.differences)
    assert 'boundary@0.02/F1.Background' in found.problems[0]
    assert 'not measured in A, so not compared' in found.problems[0]


def test_the_better_one_is_found_in_every_section():
    first = record(parsing_section(0.8), pose_section(2), gps_section([0.5, 0.7, 0.8], ['a', 'b', 'c']))
    second = record(parsing_section(0.5), pose_section(40), gps_section([0.4, 0.5, 0.7], ['a', 'b', 'c']))
    found = compare_records([first], [second], resamples=300)
    assert found.samples == {'parsing': 20, 'pose': 12, 'gps': 3}
    assert found.problems == ()
    for name in ('dataset/mIoU', 'image_both/mF1', 'dataset/fgAcc', 'pose/mED', 'pose/PCKh@0.5', 'gps/GPS'):
        assert share_better(name, found.differences[name]) == (True, 1), name
    turned = compare_records([second], [first], resamples=300)
    for name in found.differences:
        there, back = found.differences[name].difference, turned.differences[name].difference
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low), nan_ok=True)
    assert share_better('pose/mED', turned.differences['pose/mED']) == (False, 1)


def test_samples_are_matched_by_id():
    ids = [str(number) for number in range(20)]
    part = parsing_section(0.6)
    order = np.random.default_rng(0).permutation(20)
    shuffled = part | {'parsing/ids': np.array(ids)[order], 'parsing/counts': part['parsing/counts'][order]}
    found = compare_records([record(part)], [record(shuffled)], 50)
    assert found.problems == ()
    assert all(
        each.difference.low == each.difference.high == 0
        for each in found.differences.values()
        if not math.isnan(each.difference.low)
    )


def first_rows(section, count):
    return {key: value if key.endswith('classes') else value[:count] for key, value in section.items()}


def test_samples_that_do_not_match_are_named_and_left_out():
    one, other = parsing_section(0.8), first_rows(parsing_section(0.5), 17)
    other['parsing/ids'] = np.where(other['parsing/ids'] == '3', '77', other['parsing/ids'])
    other['parsing/counts'] = other['parsing/counts'].copy()
    other['parsing/counts'][5, 2] += 1
    found = compare_records([record(one)], [record(other)], 20)
    assert found.samples == {'parsing': 15}
    assert found.problems == (
        'parsing: 1 sample (77) not in A, left out',
        'parsing: 4 samples (17, 18, 19, 3) not in B, left out',
        'parsing: 1 sample (5) annotated differently in the records, left out',
    )
    kept = [number for number in range(17) if number not in (3, 5)]
    expected = score_parsing(ParsingCounts.stack(one['parsing/counts'][kept], 3), 'image').means()['mIoU']
    assert found.differences['image/mIoU'].first == pytest.approx(expected)
    with pytest.raises(ValueError, match=r'do not match: .*77.*not in A.*17, 18, 19, 3.*annotated differently'):
        compare_records([record(one)], [record(other)], 20, strict=True)


def test_ids_that_stand_twice_count_once():
    one = parsing_section(0.8)
    twice = one | {'parsing/ids': np.append(one['parsing/ids'][:19], '4')}
    found = compare_records([record(twice)], [record(one)], 20)
    assert 'parsing: 1 sample (4) more than once in A, the first counts' in found.problems
    assert found.samples == {'parsing': 19}
    assert found.differences['dataset/mIoU'].difference.value == 0
    with pytest.raises(ValueError, match='more than once in A'):
        compare_records([record(twice)], [record(one)], 20, strict=True)


def test_persons_of_a_picture_are_one_sample():
    # Picture b has two persons, one picture more than the mean over pictures would say.
    first = gps_section([0.9, 0.5, 0.1, 0.5], ['b', 'a', 'b', 'c'])
    second = gps_section([0.0, 0.5, 0.0, 0.5], ['b', 'a', 'b', 'c'])
    found = compare_records([record(first)], [record(second)], 400)
    assert found.samples == {'gps': 3}
    assert found.differences['gps/GPS'].difference.value == pytest.approx(1.0 / 4)
    # All three draws are picture b: 6 persons, the most there can be.
    assert found.differences['gps/GPS'].difference.high <= 0.5
    fewer = gps_section([0.0, 0.5, 0.5], ['b', 'a', 'c'])
    assert compare_records([record(first)], [record(fewer)], 20).problems == (
        'gps: 1 sample (b) annotated differently in the records, left out',
    )


def test_other_joints_are_another_annotation():
    one, other = pose_section(2), pose_section(2)
    other['pose/annotated'] = other['pose/annotated'].copy()
    other['pose/annotated'][0] = ~other['pose/annotated'][0]
    assert 'pose: 1 sample (0) annotated differently' in compare_records([record(one)], [record(other)], 20).problems[0]


def test_a_prediction_that_is_not_a_number_is_named():
    broken = pose_section(2)
    broken['pose/errors'] = np.where(broken['pose/annotated'], NAN, 0)
    found = compare_records([record(broken)], [record(pose_section(2))], 20)
    assert 'with a prediction that is NaN in A' in found.problems[0]
    assert math.isnan(found.differences['pose/mED'].difference.value)
    assert found.differences['pose/PCKh@0.5'].first == 0


def test_several_seeds_are_averaged():
    first = [record(parsing_section(0.8)), record(parsing_section(0.6))]
    found = compare_records(first, [record(parsing_section(0.5))], 100)
    each = [section_scores(run)['parsing'].scores.values()['dataset/mIoU'] for run in first]
    assert found.differences['dataset/mIoU'].first == pytest.approx(np.mean(each))
    missing = [first[0], record(first_rows(parsing_section(0.6), 18))]
    assert 'not in A2' in compare_records(missing, [record(parsing_section(0.5))], 20).problems[0]


def test_sections_of_one_side_only_are_named():
    found = compare_records([record(parsing_section(0.8), pose_section(2))], [record(parsing_section(0.7))], 20)
    assert found.problems == ('pose: not measured in B, so not compared',)
    assert found.samples == {'parsing': 20}


def test_other_data_sets_are_named():
    found = compare_records(
        [record(parsing_section(0.8), dataset='LIP')], [record(parsing_section(0.7), dataset='ATR')], 20
    )
    assert found.problems == ("the records are of different data sets: A 'LIP', B 'ATR'",)


@pytest.mark.parametrize(
    ('first', 'second', 'message'),
    [
        (record(), record(), 'nothing in common'),
        (record(parsing_section(0.8)), record(pose_section(1)), 'nothing in common.*parsing: not measured in B'),
        (record(parsing_section(0.8)), record(parsing_section(0.8, ids=range(30, 50))), 'no sample is in all records'),
        (
            record(parsing_section(0.8)),
            record(parsing_section(0.8, classes=np.array(['Background', 'Hat', 'Shoe']))),
            'other classes',
        ),
        (record(parsing_section(0.8, counts=np.zeros((3, 3, 3)))), record(parsing_section(0.8)), "section 'parsing'"),
        (record(parsing_section(0.8, counts=np.full((20, 3, 3), -1))), record(), 'whole numbers from 0'),
        (record(parsing_section(0.8, counts=np.full((20, 3, 3), 0.5))), record(), 'whole numbers from 0'),
        (record({'gps/ids': np.array(['1'])}), record(), "section 'gps'.*array 'gps' is missing"),
    ],
)
def test_records_that_cannot_be_compared_are_refused(first, second, message):
    with pytest.raises(ValueError, match=message):
        compare_records([first], [second], 20)


def test_a_side_without_records_is_refused():
    with pytest.raises(ValueError, match='records on both sides'):
        compare_records([record(parsing_section(0.8))], [])


def test_gps_of_another_scale_is_another_score():
    parts = [gps_section([0.2, 0.6], ['1', '2'], scale=scale) for scale in (NAN, 0.255, 0.255)]
    found = compare_records([record(parts[1])], [record(parts[2])], 20)
    assert found.differences.keys() == {'gps@0.255/GPS'}
    assert found.problems == ()
    found = compare_records([record(parts[0])], [record(parts[1])], 20)
    assert found.differences == {}
    assert 'gps: gps/GPS not measured in B, so not compared' in found.problems
    assert compare_records([record(parts[0])], [record(gps_section([0.2, 0.6], ['1', '2']))], 20).problems == ()


def test_another_reading_and_other_label_maps_are_named():
    parts = [gps_section([0.2, 0.6], ['1', '2'], reading=reading) for reading in ('charts', 'pixels')]
    found = compare_records([record(parts[0])], [record(parts[1])], 20)
    assert found.differences.keys() == {'gps/GPS'}
    assert found.problems == (
        'gps: predictions were read in different ways, compared all the same: A from charts, B from pixels',
    )
    with pytest.raises(ValueError, match='read in different ways'):
        compare_records([record(parts[0])], [record(parts[1])], 20, strict=True)
    first, second = (record(parsing_section(0.7), label_maps=maps) for maps in ([], [{'type': 'LIPToATR'}]))
    assert 'have different label maps: A' in compare_records([first], [second], 20).problems[0]
    assert compare_records([first], [record(parsing_section(0.7))], 20).problems == ()


@pytest.mark.parametrize('name', ['torso', 'head', 'errors', 'annotated'])
def test_arrays_of_joints_that_do_not_fit_are_named(name):
    section = pose_section(1)
    section[f'pose/{name}'] = section[f'pose/{name}'][:1]
    with pytest.raises(ValueError, match=r"section 'pose' of the record: expected \(12,"):
        section_scores(record(section))


def test_arrays_of_text_are_no_numbers():
    with pytest.raises(ValueError, match='expected numbers, got an array of <U'):
        section_scores(record(gps_section(['high', 'low'], ['1', '2'])))
