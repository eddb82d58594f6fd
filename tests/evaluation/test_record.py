"""Records of evaluations, which travel between tools: what is written is read again, and nothing else is believed."""

import json
import math

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
        ('{"format": 1, "about": {}, "metrics": {"a": "0.5", "b": true}}', 'these are not: a, b'),
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
    write_record(tmp_path, EvaluationRecord({}, {}, {'small': np.zeros(4), 'huge': np.zeros(10_000)}))
    monkeypatch.setattr('mmspd.evaluation.record._LARGEST', 1000)
    with pytest.raises(ValueError, match=r'huge\.npy would take more than'):
        read_record(tmp_path)


def test_damaged_arrays_are_named(tmp_path):
    write_record(tmp_path, EvaluationRecord({}, {}))
    (tmp_path / DETAILS_FILE).write_bytes(b'PK')
    with pytest.raises(ValueError, match=f'{DETAILS_FILE}: damaged'):
        read_record(tmp_path)
    (tmp_path / DETAILS_FILE).unlink()
    assert read_record(tmp_path).details == {}


def test_an_error_while_writing_leaves_the_older_record(tmp_path):
    write_record(tmp_path, EvaluationRecord({'model': 'old'}, {}))
    with pytest.raises(TypeError):
        write_record(tmp_path, EvaluationRecord({'model': object()}, {}))
    assert json.loads((tmp_path / RECORD_FILE).read_text())['about'] == {'model': 'old'}
    assert sorted(path.name for path in tmp_path.iterdir()) == [RECORD_FILE, DETAILS_FILE]
