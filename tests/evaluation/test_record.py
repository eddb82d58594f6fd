"""Records of evaluations, which travel between tools: what is written is read again, and nothing else is believed."""

import math
import zipfile

import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric

from mmspd.evaluation import KeypointMetric, ParsingMetric, SurfacePointMetric
from mmspd.evaluation.record import (
    DETAILS_FILE,
    RECORD_FILE,
    EvaluationRecord,
    collect_details,
    read_record,
    write_record,
)


def parsed(img_id, label, prediction):
    """A sample of a data set without joints: four pixels."""
    return {
        'img_id': img_id,
        'pred_sem_seg': {'data': torch.tensor([[prediction]])},
        'gt_sem_seg': {'data': torch.tensor([[label]])},
    }


def test_a_record_is_read_as_it_was_written(tmp_path):
    details = {'parsing/ids': np.array(['a', 'ä']), 'parsing/counts': np.arange(12).reshape(2, 3, 2)}
    record = EvaluationRecord({'model': 'SPD', 'seed': 3, 'data': {'type': 'X'}}, {'b': 0.5, 'a': math.nan}, details)
    write_record(tmp_path / 'deep' / 'record', record)
    read = read_record(tmp_path / 'deep' / 'record')
    assert read.about == record.about
    assert read.metrics['b'] == 0.5
    assert math.isnan(read.metrics['a'])
    assert read.details.keys() == details.keys()
    assert all((read.details[name] == array).all() for name, array in details.items())
    assert sorted(path.name for path in (tmp_path / 'deep' / 'record').iterdir()) == [RECORD_FILE, DETAILS_FILE]
    assert 'NaN' not in (tmp_path / 'deep' / 'record' / RECORD_FILE).read_text()  # which JSON does not have


def test_sections_have_their_arrays_by_plain_names():
    record = EvaluationRecord({}, {}, {'gps/gps': np.ones(2), 'gpsm/x': np.zeros(1)})
    assert record.section('gps').keys() == {'gps'}
    assert record.section('pose') == {}


def test_metrics_leave_what_their_scores_were_made_of():
    metric = ParsingMetric(per_class=False)
    metric.dataset_meta = {'classes': ('background', 'hat')}
    metric.process({}, [parsed('one', [0, 0, 1, 1], [0, 0, 1, 0]), parsed('two', [0, 1, 1, 255], [1, 1, 1, 1])])
    metric.evaluate(2)
    details = collect_details([BaseMetricOfAnother(), metric])
    assert details['parsing/ids'].tolist() == ['one', 'two']
    assert details['parsing/classes'].tolist() == ['background', 'hat']
    # Correct, predicted, labelled pixels of each class.
    assert details['parsing/counts'].tolist() == [[[2, 1], [3, 1], [2, 2]], [[0, 2], [0, 3], [1, 2]]]
    assert details['parsing/confusion'].tolist() == [[2, 1], [1, 3]]


class BaseMetricOfAnother(BaseMetric):
    """Of another package: it has no details."""

    def process(self, data_batch, data_samples):
        raise NotImplementedError

    def compute_metrics(self, results):
        raise NotImplementedError


def test_a_model_without_a_branch_leaves_no_section():
    metric = KeypointMetric()
    metric.process({}, [{'img_id': 'one'}])
    metric.evaluate(1)
    assert collect_details([metric]) == {}


def test_of_several_metrics_of_a_section_the_first_counts():
    metrics = [SurfacePointMetric(), SurfacePointMetric()]
    for number, metric in enumerate(metrics):
        metric.details = {'ids': np.array([str(number)])}
    assert collect_details(metrics) == {'surface/ids': np.array(['0'])}


def test_a_folder_without_a_record_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=rf'{tmp_path.name}: no {RECORD_FILE} here; tools/test\.py'):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('[]', 'not an evaluation record'),
        ('{"format": 2}', 'of format 1'),
        ('{"format": 1, "about": 3, "metrics": {}}', 'expected objects'),
        (
            '{"format": 1, "about": {}, "metrics": {"a": "0.5", "b": true, "c": 1e999, "d": NaN, "e": 1%s}}'
            % ('0' * 400),
            'finite numbers or null, but these are not: a, b, c, d, e',
        ),
        ('{', 'not a JSON file'),
    ],
)
def test_damaged_records_are_refused(tmp_path, content, message):
    (tmp_path / RECORD_FILE).write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_record(tmp_path)
    assert RECORD_FILE in str(caught.value)


class Bomb:
    """Would write a file if it were unpickled."""

    def __reduce__(self):
        return (open, ('exploded', 'w'))


def test_arrays_execute_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_record(tmp_path, EvaluationRecord({}, {}))
    bomb = np.empty(1, dtype=object)
    bomb[0] = Bomb()
    np.savez(tmp_path / DETAILS_FILE, **{'parsing/ids': bomb}, allow_pickle=True)
    with pytest.raises(ValueError, match=DETAILS_FILE):
        read_record(tmp_path)
    assert not (tmp_path / 'exploded').exists()


def test_arrays_that_would_fill_the_memory_are_refused(tmp_path, monkeypatch):
    write_record(tmp_path, EvaluationRecord({}, {}, {'one': np.zeros(100), 'other': np.zeros(100)}))
    monkeypatch.setattr('mmspd.evaluation.record._LARGEST', 1500)
    with pytest.raises(ValueError, match=r'its arrays would take 1,\d\d\d bytes, more than 1,500'):
        read_record(tmp_path)


@pytest.mark.parametrize(
    'content',
    [
        b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000000,), }",
        b"\x93NUMPY\x01\x00\x33\x00{'descr': '<f8', 'fortran_order': False, 'shape': ((",
        b'no array at all',
    ],
)
def test_entries_that_are_no_arrays_are_refused(tmp_path, content):
    write_record(tmp_path, EvaluationRecord({}, {}))
    with zipfile.ZipFile(tmp_path / DETAILS_FILE, 'w') as archive:
        archive.writestr('gps/gps.npy', content)
    with pytest.raises(ValueError, match=DETAILS_FILE):
        read_record(tmp_path)


def test_damaged_arrays_are_named(tmp_path):
    write_record(tmp_path, EvaluationRecord({}, {}, {'gps/gps': np.arange(500)}))
    whole = (tmp_path / DETAILS_FILE).read_bytes()
    middle = len(whole) // 2
    for content in (b'PK', whole[:middle], whole[:middle] + b'\xff' * 8 + whole[middle + 8 :]):
        (tmp_path / DETAILS_FILE).write_bytes(content)
        with pytest.raises(ValueError, match=f'{DETAILS_FILE}: damaged'):
            read_record(tmp_path)
    (tmp_path / DETAILS_FILE).unlink()
    assert read_record(tmp_path).details == {}


@pytest.mark.parametrize(
    ('record', 'error'),
    [
        (EvaluationRecord({'model': object()}, {}), TypeError),
        (EvaluationRecord({'limit': math.inf}, {}), ValueError),
        (EvaluationRecord({}, {}, {'gps/ids': np.array(['a'], dtype=object)}), TypeError),
    ],
)
def test_what_cannot_be_written_leaves_the_older_record(tmp_path, record, error):
    write_record(tmp_path, EvaluationRecord({'model': 'old'}, {}, {'gps/gps': np.ones(2)}))
    with pytest.raises(error):
        write_record(tmp_path, record)
    read = read_record(tmp_path)
    assert read.about == {'model': 'old'}
    assert read.details.keys() == {'gps/gps'}
    assert sorted(path.name for path in tmp_path.iterdir()) == [RECORD_FILE, DETAILS_FILE]


def test_a_record_that_was_not_finished_is_none(tmp_path, monkeypatch):
    write_record(tmp_path, EvaluationRecord({'model': 'old'}, {}))
    monkeypatch.setattr('mmspd.evaluation.record.write_whole', lambda *_: pytest.fail('stopped'))
    with pytest.raises(pytest.fail.Exception):
        write_record(tmp_path, EvaluationRecord({'model': 'new'}, {}, {'gps/gps': np.ones(2)}))
    # Not the older one's metrics with the new one's arrays.
    with pytest.raises(FileNotFoundError):
        read_record(tmp_path)


def test_infinity_is_kept_as_unknown(tmp_path):
    write_record(tmp_path, EvaluationRecord({}, {'pose/mED': math.inf}))
    assert math.isnan(read_record(tmp_path).metrics['pose/mED'])
