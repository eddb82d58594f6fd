"""The join's parts: names, leaks, moving, sources, person by person."""

import copy
import re

import numpy as np
import pytest
from joining_tree import BOXES, CROPS, JoiningTree, annotation_of

from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.files.lip_files import read_id_list
from mmspd.datasets.files.lip_names import LIPName, parse_name
from mmspd.datasets.joining.join import Conflict, join_split, without_conflicts
from mmspd.datasets.joining.leaks import find_leaks
from mmspd.datasets.joining.moving import check_person, count_outside, move_person
from mmspd.datasets.joining.sources import read_sources

IDS = {101, 102, 103, 104}


def test_names_by_hand():
    assert parse_name('36_453991') == LIPName('36_453991', 36, 453991)
    assert not parse_name('36_453991').is_crowd
    assert parse_name('100723_900100100723').is_crowd
    assert not parse_name('100724_900100100723').is_crowd
    for name in ('36', '36_', '_5', '36_5_1', '36_x', '-1_5', '36_5.jpg', '036_5', '36_٣', '36_5\n', '1' * 30 + '_1'):
        assert parse_name(name) is None, name


def test_leaks_by_hand():
    train = [LIPName('1_10', 1, 10), LIPName('2_20', 2, 20), LIPName('2_21', 2, 21), LIPName('5_50', 5, 50)]
    val = [LIPName('2_22', 2, 22), LIPName('3_30', 3, 30), LIPName('5_50', 5, 50)]
    leaks = find_leaks(train, val)
    assert leaks.images == [2, 5]
    assert leaks.train == ['2_20', '2_21', '5_50']
    assert leaks.val == ['2_22', '5_50']
    assert leaks.names == ['5_50']
    assert find_leaks(train, []).images == []


def test_real_names(real_data):
    persons = {}
    for split in ('train', 'val'):
        names = [parse_name(name) for name in read_id_list(real_data / 'lip' / f'{split}_id.txt')]
        assert None not in names
        persons[split] = names
    assert sum(person.is_crowd for names in persons.values() for person in names) == 846
    leaks = find_leaks(persons['train'], persons['val'])
    assert (len(leaks.images), len(leaks.val), leaks.names) == (2135, 2234, [])


def test_moving_by_hand():
    crop = Crop(x0=20, y0=10, width=61, height=81)
    annotation = annotation_of('36_101', [20.58, 10.5, 60.2, 80.49]) | {'unknown': 1}
    before = copy.deepcopy(annotation)
    moved = move_person(annotation, crop)
    assert annotation == before
    assert moved == {
        'id': 101,
        'image_id': 101,
        'category_id': 1,
        'bbox': [0.58, 0.5, 60.2, 80.49],
        'area': 1234.5,
        'iscrowd': 0,
        'num_keypoints': 1,
        'keypoints': [80, 40, 2, 0, 0, 0],
        'segmentation': [[10.25, 10.5, 20.0, 10.5, 20.0, 50.75]],
        **{name: value for name, value in before.items() if name.startswith('dp_')},
    }
    assert 'segmentation' not in move_person({**annotation, 'segmentation': {'size': [2, 2], 'counts': [4]}}, crop)
    assert 'keypoints' not in move_person({'id': 1, 'bbox': [1, 2, 3, 4]}, crop)


def test_points_outside_by_hand():
    """A box of 100 pixels from column 1 in a crop of 51: the pixel centres end at 50, a pixel more is allowed."""
    moved = {'bbox': [1.0, 0.0, 100.0, 10.0], 'dp_y': [0.0] * 4, 'dp_x': [0.0, 51.5 * 2.55 - 2.6, 129.0, 255.0]}
    assert (1 + np.array(moved['dp_x']) / 2.55).round(2).tolist() == [1.0, 51.48, 51.59, 101.0]
    assert count_outside(moved, Crop(0, 0, 51, 10)) == 2
    assert count_outside(moved, Crop(0, 0, 101, 10)) == 0
    assert count_outside({**moved, 'dp_x': [], 'dp_y': []}, Crop(0, 0, 51, 10)) == 0


@pytest.mark.parametrize(
    ('field', 'value', 'message'),
    [
        ('category_id', 2, 'field category_id: expected 1, a person, got 2'),
        ('bbox', None, 'field bbox: expected a list of numbers, got None'),
        ('bbox', [1, 2, 3], r'field bbox: expected x, y, width, height .* got \[1, 2, 3\]'),
        ('bbox', [1, 2, 0, 3], r'field bbox: .* positive size, got \[1, 2, 0, 3\]'),
        ('bbox', [1, 2, float('nan'), 3], 'field bbox: expected finite numbers .* got nan'),
        ('bbox', [float('inf'), float('-inf'), 5, 3], 'field bbox: expected finite numbers .* got inf'),
        ('bbox', [1, 2, True, 3], 'field bbox: expected a list of numbers, got .True'),
        ('bbox', [10**400, 2, 4, 3], 'field bbox: expected finite numbers .* got 1000'),
        ('area', 'large', 'field area: expected a list of numbers, got .large'),
        ('keypoints', [1, 2], 'field keypoints: expected x, y, v of each joint, got 2 numbers'),
        ('keypoints', [1, 2, None], 'field keypoints: expected a list of numbers, got .None'),
        ('segmentation', 'x', 'field segmentation: expected outlines or runs, got x'),
        ('segmentation', [[1, 2, 3, 4, 5]], r'field segmentation\[0\]: expected x, y of .* got 5 numbers'),
        ('segmentation', [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4]], r'segmentation\[1\]: .* 3 corners, got 4 numbers'),
    ],
)
def test_what_cannot_be_moved_is_refused(field, value, message):
    with pytest.raises(ValueError, match=f'^here, {message}' if field != 'segmentation' else message):
        check_person({**annotation_of('36_101', [1, 2, 3, 4]), field: value}, 'here')


@pytest.fixture
def tree(tmp_path):
    return JoiningTree(tmp_path)


def join_val(tree, sources, names=tuple(BOXES['val']), without_image=()):
    return join_split(names, without_image, tree.picture('77_104').parent, sources)


def test_join_by_hand(tree):
    content = tree.content()
    content['annotations'][-1]['nested'] = {'id': 101}  # at a glance like one that is wanted
    tree.write_annotations(content)
    sources = read_sources([tree.file], IDS)
    assert sources.num_annotations == 5
    assert set(sources.found) == IDS
    split = join_val(tree, sources, ['77_104', '5_6', 'someone', '100723_900100100723', '36_103'], ['36_103'])
    [person] = split.joined
    assert (person.crop.x0, person.crop.y0, person.crop.width, person.crop.height) == CROPS['77_104']
    assert person.image == {
        'id': 104, 'file_name': '77_104.jpg', 'height': 120, 'width': 70, 'coco_image_id': 77
    }  # fmt: skip
    assert person.annotation['bbox'] == [0.0, 0.2, 70.3, 119.9]
    assert (person.coco_size, person.outside, person.lost_outline) == ((120, 160), 0, False)
    assert split.not_found == ['5_6']
    assert split.other_names == ['someone']
    assert split.crowds == ['100723_900100100723']
    assert split.no_image == ['36_103']
    assert split.conflicts == split.no_surface == split.malformed == []


def test_persons_without_surface_are_counted(tree):
    content = tree.content()
    for annotation in content['annotations']:
        for field in [name for name in annotation if name.startswith('dp_')]:
            del annotation[field]
    tree.write_annotations(content)
    split = join_val(tree, read_sources([tree.file], IDS))
    assert split.no_surface == ['36_103', '77_104']
    assert split.joined == []


def test_outlines_in_runs_are_left_out(tree):
    content = tree.content()
    content['annotations'][3]['segmentation'] = {'size': [120, 160], 'counts': [19200]}
    tree.write_annotations(content)
    split = join_val(tree, read_sources([tree.file], IDS))
    assert [person.lost_outline for person in split.joined] == [False, True]


def damage_image_id(content, tree):
    content['annotations'][2]['image_id'] = 41


def damage_size(content, tree):
    content['annotations'][2]['bbox'][2] += 1


def damage_box(content, tree):
    content['annotations'][2]['bbox'][0] = 500.0


def damage_picture(content, tree):
    tree.picture('36_103').write_bytes(b'no picture')


@pytest.mark.parametrize(
    ('damage', 'kind', 'message'),
    [
        (damage_image_id, 'image id', 'annotation 103, field image_id: expected 36 as in 36_103, got 41'),
        (damage_size, 'crop size', '36_103.jpg: expected 42 x 61 pixels .* got 41 x 61'),
        (damage_box, 'crop size', 'annotation 103, field bbox: no pixel of'),
        (damage_picture, 'crop image', '36_103.jpg: cannot be read as JPEG or PNG'),
    ],
)
def test_conflicts(tree, damage, kind, message):
    content = tree.content()
    damage(content, tree)
    tree.write_annotations(content)
    split = join_val(tree, read_sources([tree.file], IDS))
    assert [person.person.name for person in split.joined] == ['77_104']
    [conflict] = split.conflicts
    assert (conflict.name, conflict.kind) == ('36_103', kind)
    assert re.search(message, conflict.message), conflict.message


def test_conflicts_that_come_later(tree):
    split = join_val(tree, read_sources([tree.file], IDS))
    later = [Conflict('77_104', 'crop pixels', 'no'), Conflict('1_1', 'crop pixels', 'of another split')]
    checked = without_conflicts(split, later)
    assert [person.person.name for person in checked.joined] == ['36_103']
    assert checked.conflicts == later[:1]
    assert len(split.joined) == 2


def test_files_may_repeat_but_not_contradict(tree, tmp_path):
    other = tmp_path / 'another.json'
    content = tree.content()
    content['annotations'][0]['dp_x'][0] = 1.0
    del content['annotations'][1]['dp_x']
    for field in [name for name in content['annotations'][2] if name.startswith('dp_')]:
        del content['annotations'][2][field]
    tree.write_annotations(content, other)
    with pytest.raises(ValueError, match=r"another\.json: annotation 102: the surface annotation lacks .*'dp_x'"):
        read_sources([tree.file, other], IDS)
    sources = read_sources([other, tree.file], IDS, skip_malformed=True)
    assert [source.name for source in sources.files] == ['another.json', 'densepose_coco.json']
    assert list(sources.conflicts) == [101]
    assert 'another.json: annotation 101 and ' in sources.conflicts[101]
    assert sources.conflicts[101].endswith('differ in dp_x')
    assert list(sources.malformed) == [102]
    assert sources.found[103].has_surface
    split = join_split(list(BOXES['train']), [], tree.picture('36_101').parent, sources)
    assert [(conflict.name, conflict.kind) for conflict in split.conflicts] == [('36_101', 'sources')]
    assert split.malformed == ['41_102']
    assert read_sources([tree.file, tree.file], IDS).files == read_sources([tree.file], IDS).files


@pytest.mark.parametrize(
    ('place', 'value', 'message'),
    [
        (
            ('annotations', 0, 'dp_U'),
            [0.5, 2.0],
            r'annotation 101, field dp_U: expected values of 0\.\.1, got 0.5\.\.2',
        ),
        (('annotations', 0, 'image_id'), 5, 'annotation 101, field image_id: there is no image of id 5 in the file'),
        (('annotations', 0, 'image_id'), '36', 'annotation 101, field image_id: there is no image of id 36'),
        (('annotations', 0, 'id'), '101', r'annotations\[0\]: expected an object with a whole number id'),
        (
            ('images', 0, 'height'),
            None,
            'annotation 101: expected height and width of its image 36 .* .None, 160.',
        ),
        (
            ('images', 0, 'width'),
            0,
            'annotation 101: expected height and width of its image 36 .* .120, 0.',
        ),
    ],
)
def test_malformed_annotations(tree, place, value, message):
    content = tree.content()
    *_, entry, field = place
    content[place[0]][entry][field] = value
    tree.write_annotations(content)
    with pytest.raises(ValueError, match=rf'{message}.*; correct it in the file, or skip .*\(--skip-malformed\)'):
        read_sources([tree.file], IDS)
    sources = read_sources([tree.file], IDS, skip_malformed=True)
    assert 101 not in sources.found
    assert 102 in sources.found
    assert len(sources.malformed) + len(sources.nameless) >= 1


@pytest.mark.parametrize('name', ['../a.jpg', '/etc/a.jpg', 'C:\\a.jpg'])
def test_names_that_lead_out_are_refused_always(tree, name):
    content = tree.content()
    content['images'][1]['file_name'] = name
    tree.write_annotations(content)
    for skip in (False, True):
        with pytest.raises(ValueError, match=r'images\[1\] \(id 41\), field file_name: .* could lead out'):
            read_sources([tree.file], IDS, skip)


@pytest.mark.parametrize('info', [{'predicted': True}, {'surface': 'mmspd_body'}])
def test_files_of_crops_are_refused(tree, info):
    tree.write_annotations({**tree.content(), 'info': info})
    with pytest.raises(ValueError, match=f'field info.{next(iter(info))}: expected annotations of whole COCO images'):
        read_sources([tree.file], IDS)
