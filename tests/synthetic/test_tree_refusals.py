"""What is refused before anything is written."""

import pytest

from mmspd.synthetic.files import people_tree
from mmspd.synthetic.files.people_tree import is_complete
from mmspd.synthetic.settings import PeopleSettings
from tests.synthetic import flat_person
from tests.synthetic.flat_trees import PLAN, contents, make, other


@pytest.mark.parametrize(
    ('plan', 'message'),
    [
        (other(seed=6), r'\(seed is 5, not 6\)'),
        (other(dense=False), r'\(dense is True, not False\)'),
        (other(num=8), r'\(num is 7, not 8\).*not extended: its last people are the validation split'),
        (other(num_val=1), r'\(num_val is 2, not 1\).*not extended'),
        (
            other(settings=PeopleSettings(size=(48, 64), p_hat=1.0, surface_points=12)),
            r'\(size is \[64, 48\], not \[48, 64\]; p_hat is 0.2, not 1.0\)',
        ),
    ],
)
def test_other_people_are_refused(tree, half, plan, message):
    for root, state in ((tree, 'made'), (half, 'started')):
        before = contents(root)
        with pytest.raises(FileExistsError, match=f'{root} was {state} with other settings {message}'):
            make(root, plan)
        assert contents(root) == before


def test_a_half_made_tree_of_another_version_is_refused(half, tree, tmp_path, monkeypatch):
    monkeypatch.setattr(people_tree, '__version__', '99.0')
    with pytest.raises(FileExistsError, match=r'the version of mmspd is \d\S*, not 99.0'):
        make(half)
    assert is_complete(tree, PLAN)


@pytest.mark.parametrize(
    'entry', ['notes.txt', 'train_id.txt', 'TrainVal_images/train_images/1_100001.jpg', '.hidden', 'people/people.json']
)
def test_a_folder_of_another_kind_is_refused(tmp_path, entry):
    """Also LIP itself, whose names are the same."""
    path = tmp_path / 'out' / entry
    path.parent.mkdir(parents=True)
    path.write_text('mine')
    with pytest.raises(FileExistsError, match=f'holds {entry.split("/")[0]} and no people that were started here'):
        make(tmp_path / 'out')
    assert contents(tmp_path / 'out') == {entry: b'mine'}


@pytest.mark.parametrize(
    'entry',
    [
        'notes.txt',
        'TrainVal_images/train_images/cat.jpg',
        'TrainVal_images/train_images/8_100008.jpg',  # there are 7
        'TrainVal_images/train_images/6_100006.jpg',  # of the other split
        'TrainVal_images/train_images/1_100001.png',
        'TrainVal_images/test_images/1_100001.jpg',
        'TrainVal_pose_annotations/notes.csv',
    ],
)
def test_a_half_made_tree_with_something_else_is_refused(half, entry):
    path = half / entry
    path.parent.mkdir(exist_ok=True)
    path.write_text('mine')
    before = contents(half)
    with pytest.raises(FileExistsError, match=r'which is none of its people: move it elsewhere') as caught:
        make(half)
    assert entry in str(caught.value) or entry.rpartition('/')[0] in str(caught.value)
    assert contents(half) == before


@pytest.mark.parametrize('text', ['', '{', '[]', 'null', '{"num": 7}', '{"num": "7", "num_val": 0, "seed": 0}', '\xff'])
def test_a_damaged_marker_is_refused(tmp_path, text):
    (tmp_path / 'people.json').write_bytes(text.encode('latin-1'))
    with pytest.raises(FileExistsError, match=r'people.json does not say what the folder holds'):
        make(tmp_path)


def test_an_empty_folder_and_one_killed_at_the_very_start_are_filled(tmp_path, tree):
    (tmp_path / 'out/.unfinished/drafts').mkdir(parents=True)
    (tmp_path / 'out/.unfinished/drafts/1-0').write_text('half a marker')
    make(tmp_path / 'out')
    assert contents(tmp_path / 'out') == contents(tree)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / 'file').write_text('mine')
    with pytest.raises(FileExistsError, match='is not a folder'):
        make(tmp_path / 'file')


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'num': 0}, 'num: expected a whole number of 1..1,000,000, got 0'),
        ({'num': 1_000_001}, 'num: expected'),
        ({'num': 2.0}, 'num: expected'),
        ({'num': True}, 'num: expected'),
        ({'num_val': -1}, 'num_val: expected a whole number of 0..7, got -1'),
        ({'num_val': 8}, 'num_val: expected a whole number of 0..7, got 8'),
        ({'seed': -1}, 'seed: expected'),
        ({'seed': 2**32}, 'seed: expected'),
    ],
)
def test_numbers_out_of_range_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        other(**changes)


@pytest.mark.parametrize('count', [-1, 257, 1.0, None])
def test_senseless_numbers_of_processes_are_refused(tmp_path, count):
    with pytest.raises(ValueError, match=r'workers: expected a whole number of 0\.\.256'):
        make(tmp_path / 'people', workers=count)
    assert not (tmp_path / 'people').exists()


def test_a_background_folder_must_hold_photographs(tmp_path):
    (tmp_path / 'photos').mkdir()
    for folder, message in (
        ('gone', 'gone does not exist'),
        ('photos', 'photos holds no photograph'),
    ):
        settings = PeopleSettings(size=(64, 48), background_folder=str(tmp_path / folder))
        with pytest.raises(ValueError, match=f'^background_folder: .*{message}'):
            make(tmp_path / 'people', other(settings=settings))
    assert not (tmp_path / 'people').exists()
    (tmp_path / 'photos/A.JPG').touch()
    make(tmp_path / 'people', other(settings=settings))


def test_a_picture_of_another_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        flat_person,
        'slow',
        lambda seed, index, settings: flat_person.render(seed, index, PeopleSettings(size=(40, 40))),
    )
    with pytest.raises(RuntimeError, match=r'person 0 .*expected a picture of \(64, 48\).*got \(40, 40\)'):
        make(tmp_path / 'people', renderer='slow')
