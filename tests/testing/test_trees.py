"""Small trees of rendered people: what is asked for arrives in the files."""

import json

import cv2
import numpy as np
import pytest

from mmspd.synthetic.people import render_person
from mmspd.synthetic.settings import PeopleSettings
from mmspd.testing import write_small_tree


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob('*') if path.is_file()}


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('data') / 'people'
    write_small_tree(root, 2, 1, seed=5, size=(64, 48), points=7, p_occluder=0, p_second_person=0)
    return root


def test_it_holds_these_people(tree):
    settings = PeopleSettings(size=(64, 48), surface_points=7, p_occluder=0, p_second_person=0)
    index = 0
    for split, count in (('train', 2), ('val', 1)):
        names = (tree / f'{split}_id.txt').read_text().split()
        surfaces = json.loads((tree / f'densepose_{split}.json').read_text())
        assert len(names) == len(surfaces['annotations']) == count
        for name, annotation in zip(names, surfaces['annotations'], strict=True):
            label = tree / f'TrainVal_parsing_annotations/{split}_segmentations/{name}.png'
            image = cv2.imread(str(tree / f'TrainVal_images/{split}_images/{name}.jpg'))
            person = render_person(5, index, settings)
            np.testing.assert_array_equal(cv2.imread(str(label), cv2.IMREAD_UNCHANGED), person.label)
            assert image.shape == (64, 48, 3)
            assert len(annotation['dp_I']) == 7
            index += 1


def test_the_seed_decides_the_bytes(tree, tmp_path):
    same = dict(size=(64, 48), points=7, p_occluder=0, p_second_person=0)
    write_small_tree(tmp_path / 'again', 2, 1, seed=5, **same)
    write_small_tree(tmp_path / 'other', 2, 1, seed=6, **same)
    assert contents(tmp_path / 'again') == contents(tree)
    assert contents(tmp_path / 'other') != contents(tree)


@pytest.mark.parametrize(('train', 'val', 'says'), [(1, -1, 'num_val=-1'), (-1, 2, 'num_train=-1'), (0, 0, 'num: ')])
def test_wrong_numbers_are_refused(tmp_path, train, val, says):
    with pytest.raises(ValueError, match=says):
        write_small_tree(tmp_path / 'people', train, val)
    assert list(tmp_path.iterdir()) == []


def test_a_split_may_be_empty(tmp_path):
    write_small_tree(tmp_path / 'people', 0, 1, size=(40, 32))
    assert len((tmp_path / 'people' / 'val_id.txt').read_text().splitlines()) == 1
    assert not (tmp_path / 'people' / 'train_id.txt').exists()


def test_a_folder_that_holds_something_is_kept(tmp_path):
    (tmp_path / 'mine.txt').write_text('keep')
    with pytest.raises(FileExistsError, match=r'mine\.txt'):
        write_small_tree(tmp_path, 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ['mine.txt']
