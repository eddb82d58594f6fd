"""``SaveResults`` where samples, models and folders are not as they should be."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from mmspd.results import SaveResults
from mmspd.results.image_ids import to_json_id


def make_sample(img_id='7', persons=1, **changes):
    """Two rows of three pixels, joints at (1, 2), a body in a box of 3x2 pixels."""
    part_logits = torch.zeros(persons, 25, 2, 2)
    part_logits[:, 3] = 1.0
    return {
        'img_id': img_id,
        'pred_sem_seg': {'data': torch.tensor([[[0, 1, 2], [19, 4, 5]]])},
        'pred_instances': {
            'keypoints': np.full((persons, 16, 2), (1, 2), dtype=np.float32),
            'keypoint_scores': np.full((persons, 16), 0.25, dtype=np.float32),
        },
        'pred_surface': {
            'bboxes': torch.tensor([[0.5, 1, 3.5, 3]]).repeat(persons, 1),
            'part_logits': part_logits,
            'uv': torch.full((persons, 2, 24, 2, 2), 0.5),
            'scores': torch.full((persons,), 0.75),
        },
    } | changes


def write(folder, *samples, **settings):
    metric = SaveResults(str(folder), **settings)
    metric.process({}, list(samples))
    assert metric.evaluate(len(samples)) == {}
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_by_hand(tmp_path):
    assert write(tmp_path, make_sample()) == ['densepose.json', 'keypoints.json', 'parsing/7.png', 'pose.csv']
    with Image.open(tmp_path / 'parsing' / '7.png') as png:
        assert np.array(png).tolist() == [[0, 1, 2], [19, 4, 5]]
    assert (tmp_path / 'pose.csv').read_text() == '7.jpg' + ',2,3' * 16 + '\n'
    assert json.loads((tmp_path / 'keypoints.json').read_text()) == [
        {'image_id': 7, 'category_id': 1, 'keypoints': [1.0, 2.0, 0.25] * 16, 'score': 0.25}
    ]
    (entry,) = json.loads((tmp_path / 'densepose.json').read_text())
    assert (entry['image_id'], entry['bbox'], entry['score']) == (7, [0.5, 1.0, 3.0, 2.0], 0.75)
    assert entry['uv_shape'] == [3, 2, 3]


def test_ids():
    assert [to_json_id(name) for name in ('36', '0', '036', '36_453991', '-3', '1' * 19)] == [
        36, 0, '036', '36_453991', '-3', '1' * 19,
    ]  # fmt: skip


def test_a_missing_branch_and_nobody(tmp_path):
    sample = make_sample(pred_surface=None)
    del sample['pred_sem_seg']
    sample['pred_instances'] = {'keypoints': np.zeros((0, 16, 2)), 'keypoint_scores': np.zeros((0, 16))}
    assert write(tmp_path, sample) == ['keypoints.json', 'pose.csv']
    assert (tmp_path / 'pose.csv').read_text() == ''
    assert json.loads((tmp_path / 'keypoints.json').read_text()) == []


def test_several_persons(tmp_path):
    sample = make_sample(persons=2)
    write(tmp_path, sample, formats=('keypoints', 'densepose'))
    for name in ('keypoints', 'densepose'):
        assert [entry['image_id'] for entry in json.loads((tmp_path / f'{name}.json').read_text())] == [7, 7]
    with pytest.raises(ValueError, match="one person a picture, but 2 are predicted: leave out 'pose'"):
        write(tmp_path, sample)


def test_a_repeated_sample_is_written_once(tmp_path):
    again = make_sample('b')
    again['pred_instances']['keypoints'] += 5
    write(tmp_path, make_sample('b'), make_sample('a'), again, formats=['pose'])
    assert (tmp_path / 'pose.csv').read_text() == 'b.jpg' + ',2,3' * 16 + '\na.jpg' + ',2,3' * 16 + '\n'


def test_twice_with_one_object(tmp_path):
    metric = SaveResults(str(tmp_path), formats=['pose'])
    for name in ('a', 'b'):
        metric.process({}, [make_sample(name)])
        metric.evaluate(1)
        assert (tmp_path / 'pose.csv').read_text().startswith(f'{name}.jpg')
        assert [path.name for path in tmp_path.iterdir()] == ['pose.csv']


def test_the_own_file_is_gone_after_an_evaluation(tmp_path):
    metric = SaveResults(str(tmp_path), formats=['pose'])
    metric.process({}, [make_sample('a')])
    part = metric._part  # which alone would keep it
    assert part.path.exists()
    metric.evaluate(1)
    assert not part.path.exists()


@pytest.mark.parametrize(
    ('sample', 'message'),
    [
        (make_sample(img_id='../a'), r'\.\./a'),
        (make_sample(img_id=''), 'a sample needs img_id'),
        (make_sample(pred_instances={'keypoints': np.full((1, 16, 2), np.inf)}), 'finite joints'),
        (make_sample(pred_sem_seg={'data': torch.full((1, 2, 3), 300)}), 'above 255'),
    ],
)
def test_refused(tmp_path, sample, message):
    with pytest.raises(ValueError, match=message):
        write(tmp_path, sample, formats=('parsing', 'pose'))


@pytest.mark.parametrize(
    ('field', 'value', 'message'),
    [
        ('uv', np.nan, 'NaN or infinity'),
        ('part_logits', np.inf, 'NaN or infinity'),
        ('scores', np.nan, 'finite score'),
        ('bboxes', np.nan, 'expected a box'),
        ('bboxes', 0.0, 'expected a box'),
    ],
)
def test_refused_surfaces(tmp_path, field, value, message):
    sample = make_sample()
    sample['pred_surface'][field] = torch.full_like(sample['pred_surface'][field], value)
    with pytest.raises(ValueError, match=message):
        write(tmp_path, sample, formats=['densepose'])


def test_a_run_that_fails_leaves_older_files_and_nothing_else(tmp_path):
    write(tmp_path, make_sample('a'), formats=['pose', 'keypoints'])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    metric = SaveResults(str(tmp_path), formats=['pose', 'keypoints'])
    metric.process({}, [make_sample('b')])
    with pytest.raises(ValueError, match='finite joints'):
        metric.process({}, [make_sample(pred_instances={'keypoints': np.full((1, 16, 2), np.nan)})])
    del metric
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_formats_are_known(tmp_path):
    for formats in (['png'], []):
        with pytest.raises(ValueError, match='formats are some of parsing, pose, keypoints, densepose'):
            SaveResults(str(tmp_path), formats=formats)
