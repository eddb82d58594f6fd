"""What is refused before anything is written."""

import json

import pytest

from mmspd.synthetic.files import people_tree
from mmspd.synthetic.files.people_tree import is_complete
from mmspd.synthetic.files.tree_plan import Marker
from mmspd.synthetic.settings import PeopleSettings
from tests.synthetic import flat_person
from tests.synthetic.flat_trees import PLAN, contents, make, other, stop_after


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


OTHER_THINGS = [
    '.unfinished/thesis.txt',
    '.unfinished/lock/thesis.txt',
    '.unfinished/drafts/thesis.txt',
    '.unfinished/drafts/1-0/thesis.txt',
    '.unfinished/notes/1-0',
]


@pytest.mark.parametrize('entry', [*OTHER_THINGS, '.unfinished/records/1.json', '.unfinished'])
def test_a_folder_of_the_users_that_is_named_as_ours_is_left_alone(tmp_path, entry):
    path = tmp_path / 'out' / entry
    path.parent.mkdir(parents=True)
    path.write_text('mine')
    with pytest.raises(FileExistsError, match=r'out holds \.unfinished\S* and no people that were started here'):
        make(tmp_path / 'out')
    assert contents(tmp_path / 'out') == {entry: b'mine'}


@pytest.mark.parametrize('link', ['.unfinished', '.unfinished/drafts', '.unfinished/lock', '.unfinished/drafts/1-0'])
@pytest.mark.parametrize('target', ['folder', 'folder/drafts/1-0', 'nothing'])
def test_links_lead_to_nothing_that_is_touched(tmp_path, link, target):
    (tmp_path / 'folder/drafts').mkdir(parents=True)
    (tmp_path / 'folder/drafts/1-0').write_text('mine')
    (tmp_path / 'out' / link).parent.mkdir(parents=True)
    (tmp_path / 'out' / link).symlink_to(tmp_path / target)
    with pytest.raises(FileExistsError, match=f'out holds {link} and no people'):
        make(tmp_path / 'out')
    assert contents(tmp_path / 'folder') == {'drafts/1-0': b'mine'}
    assert (tmp_path / 'out' / link).is_symlink()
    assert not (tmp_path / 'nothing').exists()


@pytest.mark.parametrize('link', ['.unfinished', '.unfinished/drafts', '.unfinished/records', 'TrainVal_images'])
def test_links_in_a_half_made_tree_are_refused(half, tmp_path, link):
    (half / link).rename(tmp_path / 'elsewhere')
    (half / link).symlink_to(tmp_path / 'elsewhere')
    before = contents(tmp_path / 'elsewhere')
    with pytest.raises(FileExistsError, match=f'half holds {link}, which is none of its people'):
        make(half)
    assert contents(tmp_path / 'elsewhere') == before


@pytest.mark.parametrize('entry', ['thesis.txt', 'drafts/thesis.txt', 'notes/1-0'])
def test_a_finished_tree_keeps_what_the_user_put_there(tmp_path, entry):
    make(tmp_path / 'people')
    path = tmp_path / 'people/.unfinished' / entry
    path.parent.mkdir(parents=True)
    path.write_text('mine')
    (tmp_path / 'people/.a').touch()
    make(tmp_path / 'people')
    assert path.read_text() == 'mine'


@pytest.mark.parametrize(
    'entry',
    [
        'notes.txt',
        '.unfinished/thesis.txt',
        '.unfinished/drafts/thesis.txt',
        '.unfinished/records/thesis.txt',
        '.unfinished/notes/1-0',
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


HUGE = json.dumps(json.loads(Marker(PLAN).to_bytes()) | {'settings': {'p_hat': 10**400}})
DENSE = json.dumps(json.loads(Marker(PLAN).to_bytes()) | {'dense': 'x'})


@pytest.mark.parametrize(
    'text', ['', '{', '[]', 'null', '{"num": 7}', '{"num": "7", "num_val": 0, "seed": 0}', '\xff', HUGE, DENSE]
)
def test_a_damaged_marker_is_refused(tmp_path, text):
    (tmp_path / 'people.json').write_bytes(text.encode('latin-1'))
    with pytest.raises(FileExistsError, match=r'people.json does not say what the folder holds'):
        make(tmp_path)


def test_a_folder_named_as_the_marker_is_refused(tmp_path):
    (tmp_path / 'people.json').mkdir()
    with pytest.raises(FileExistsError, match=r'people\.json is a folder: name a folder that is new or empty'):
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
        ({'seed': 10**5000}, 'seed: expected a whole number of .*, got int of too many digits'),
        ({'dense': 'x'}, "dense: expected True or False, got 'x'"),
        ({'dense': 1}, 'dense: expected True or False, got 1'),
        ({'settings': {}}, 'settings: expected PeopleSettings, got {}'),
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


@pytest.mark.parametrize('change', ['grown', 'renamed', 'more', 'fewer'])
def test_people_before_other_photographs_are_refused(tmp_path, change):
    photos, root = tmp_path / 'photos', tmp_path / 'people'
    photos.mkdir()
    for name in ('a.jpg', 'b.jpg'):
        (photos / name).write_text('photograph')
    plan = other(settings=PeopleSettings(size=(64, 48), background_folder=str(photos)))
    with pytest.raises(KeyboardInterrupt):
        make(root, plan, progress=stop_after(3))
    (photos / 'notes.txt').write_text('no photograph')
    before = contents(root)
    if change == 'grown':
        (photos / 'a.jpg').write_text('photograph!')
    elif change == 'renamed':
        (photos / 'a.jpg').rename(photos / 'c.jpg')
    elif change == 'more':
        (photos / 'c.jpg').touch()
    else:
        (photos / 'b.jpg').unlink()
    with pytest.raises(FileExistsError, match=rf'started with other.*sizes of the photographs in {photos} were others'):
        make(root, plan)
    assert contents(root) == before
    for path in photos.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r'^background_folder: .*holds no photograph'):
        make(root, plan)
    for name in ('a.jpg', 'b.jpg'):
        (photos / name).write_text('photograph')
    make(root, plan)
    (photos / 'a.jpg').unlink()
    make(root, plan, renderer='failing')  # it is complete: nothing depends on them any more


def test_a_picture_of_another_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        flat_person,
        'slow',
        lambda seed, index, settings: flat_person.render(seed, index, PeopleSettings(size=(40, 40))),
    )
    with pytest.raises(RuntimeError, match=r'person 0 .*expected a picture of \(64, 48\).*got \(40, 40\)'):
        make(tmp_path / 'people', renderer='slow')
