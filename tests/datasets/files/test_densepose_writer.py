"""Files of surface annotation: written, read back, never over another."""

import json

import pytest

from mmspd.datasets.files.densepose_file import read_densepose
from mmspd.datasets.files.densepose_writer import write_densepose

IMAGES = [{'id': 7, 'file_name': '3_7.jpg', 'height': 20, 'width': 10, 'coco_image_id': 3}]
ANNOTATIONS = [
    {
        'id': 7,
        'image_id': 7,
        'category_id': 1,
        'bbox': [0.5, 1.25, 8.0, 16.0],
        'dp_x': [0.1, 255.0],
        'dp_y': [1.0, 2.0],
        'dp_I': [1.0, 24.0],
        'dp_U': [0.1, 0.2],
        'dp_V': [0.3, 0.4],
        'dp_masks': [[]] * 14,
    }
]
INFO = {'description': 'test', 'sources': []}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / 'new' / 'densepose.json'
    write_densepose(path, IMAGES, ANNOTATIONS, INFO)
    content = json.loads(path.read_text())
    assert content['images'] == IMAGES
    assert content['annotations'] == ANNOTATIONS
    assert content['info'] == INFO
    surface = read_densepose(path)['3_7']
    assert surface['dp_x'].tolist() == pytest.approx([0.1, 255.0])
    assert surface['image_size'] == (20, 10)
    assert not surface['predicted']
    assert [entry.name for entry in path.parent.iterdir()] == ['densepose.json']


def test_no_entries(tmp_path):
    write_densepose(tmp_path / 'a.json', [], [], INFO)
    assert json.loads((tmp_path / 'a.json').read_text())['annotations'] == []


def test_the_same_bytes_again_and_nothing_is_touched(tmp_path):
    paths = [tmp_path / 'a.json', tmp_path / 'b.json']
    for path in paths:
        write_densepose(path, IMAGES, ANNOTATIONS, INFO)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    before = paths[0].stat()
    write_densepose(paths[0], IMAGES, ANNOTATIONS, INFO)
    assert (paths[0].stat().st_mtime_ns, paths[0].stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize('other', [b'', b'x', None])
def test_another_file_is_refused(tmp_path, other):
    """One that is empty, one that differs, and one that only goes on longer."""
    path = tmp_path / 'a.json'
    write_densepose(path, IMAGES, ANNOTATIONS, INFO)
    whole = path.read_bytes()
    other = whole + b' ' if other is None else other
    path.write_bytes(other)
    with pytest.raises(FileExistsError, match=r'a\.json exists with other content'):
        write_densepose(path, IMAGES, ANNOTATIONS, INFO)
    assert path.read_bytes() == other
    write_densepose(path, IMAGES, ANNOTATIONS, INFO, overwrite=True)
    assert path.read_bytes() == whole


def test_an_error_in_the_middle_leaves_nothing(tmp_path):
    broken = [*ANNOTATIONS, {**ANNOTATIONS[0], 'area': float('nan')}]
    with pytest.raises(ValueError, match='JSON compliant'):
        write_densepose(tmp_path / 'a.json', IMAGES, broken, INFO)
    assert list(tmp_path.iterdir()) == []
