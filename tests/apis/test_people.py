"""A picture's people as files, entries of COCO and pictures, with values worked out by hand."""

import base64
import io
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from mmspd.anatomy import JOINT_SIDES, JOINTS, LABEL_SETS, NUM_JOINTS, SURFACE_PARTS
from mmspd.apis import People
from mmspd.datasets.files.densepose_results import unpack_entry
from tests.apis.made import charts_of, joints_at, made_person, noise

LIP = LABEL_SETS['lip']
SIZE = (10, 12)
LEFT, RIGHT = (1, 2, 5, 8), (6, 0, 11, 9)


def standing(window, label, part, u=0.2, v=0.6, **fields):
    """A person whose class and part fill its window but for the uppermost row, which is background."""
    height, width = window[3] - window[1], window[2] - window[0]
    parsing = np.full((height, width), label, np.uint8)
    parsing[0] = 0
    charts = charts_of(np.full((4, 4), part), u, v, (window[0], window[1] + 1, window[2], window[3]))
    options = joints_at(window[0] + 1.5, window[1] + 2) | dict(window_parsing=parsing, charts=charts, box=window)
    return made_person(SIZE, window, **options | fields)


@pytest.fixture
def two():
    persons = [standing(LEFT, 5, 2), standing(RIGHT, 9, 24, u=1.0, v=0.0)]
    return People(noise(*SIZE), 'photos/two.jpg', persons, LIP)


@pytest.fixture
def nobody():
    return People(noise(*SIZE), 'photos/empty.jpg', [], LIP)


def test_people_are_a_sequence(two, nobody):
    assert len(two) == 2
    assert two[0] is two.persons[0]
    assert two[-1] is two.persons[1]
    assert two[:1] == two.persons[:1]
    assert list(two) == list(two.persons)
    assert repr(two) == 'People(2 in photos/two.jpg, 12 x 10)'
    assert len(nobody) == 0
    assert list(nobody) == []


def test_the_maps_of_all_persons_lie_in_one_picture(two):
    parsing, parts, numbers = np.zeros(SIZE, int), np.zeros(SIZE, int), np.zeros(SIZE, int)
    parsing[3:8, 1:5], parts[3:8, 1:5], numbers[3:8, 1:5] = 5, 2, 1
    parsing[1:9, 6:11], parts[1:9, 6:11], numbers[1:9, 6:11] = 9, 24, 2
    np.testing.assert_array_equal(two.parsing, parsing)
    np.testing.assert_array_equal(two.iuv[0], parts)
    np.testing.assert_allclose(two.iuv[1], (parts == 2) * 0.2 + (parts == 24) * 1.0)
    np.testing.assert_allclose(two.iuv[2], (parts == 2) * 0.6)
    np.testing.assert_array_equal(two.person_map, numbers)
    assert (two.parsing.dtype, two.iuv.dtype, two.person_map.dtype) == (np.uint8, np.float32, np.int32)
    assert [person.areas for person in two] == [{'UpperClothes': 20}, {'Pants': 40}]
    assert [person.part_areas for person in two] == [{SURFACE_PARTS[2]: 20}, {SURFACE_PARTS[24]: 40}]


def test_where_two_surfaces_show_the_firsts_is_taken():
    # Without the parsing's claims the surfaces of both are kept.
    persons = [standing((0, 0, 8, 10), 5, 2), standing((4, 0, 12, 10), 9, 24)]
    people = People(noise(*SIZE), 'a', persons, LIP)
    assert people.iuv[0, 5].tolist() == [2] * 8 + [24] * 4
    assert people.person_map[5].tolist() == [1] * 8 + [2] * 4


def test_a_person_of_whom_nothing_is_predicted():
    person = made_person(SIZE)
    assert person.parsing is None
    assert person.iuv is None
    assert person.areas == person.part_areas == {}
    assert not person.mask.any()
    assert person.mask.shape == SIZE
    assert person.to_dict() == dict(box=[0, 0, 12, 10], score=0.75, areas={}, part_areas={}, joints=[])
    assert person.to_coco(4) == dict(image_id=4, category_id=1, bbox=[0, 0, 12, 10], score=0.75)


def test_a_dict_is_what_json_holds(two):
    content = json.loads(json.dumps(two.to_dict()))
    assert (content['source'], content['width'], content['height']) == ('photos/two.jpg', 12, 10)
    assert content['classes'] == list(LIP.classes)
    assert content['parts'] == list(SURFACE_PARTS)
    first, second = content['persons']
    assert first['box'] == [1, 2, 5, 8]
    assert first['score'] == 0.75
    assert second['areas'] == {'Pants': 40}
    assert first['part_areas'] == {'Torso2': 20}
    assert [joint['name'] for joint in first['joints']] == list(JOINTS)
    assert [joint['side'] for joint in first['joints']] == list(JOINT_SIDES)
    assert first['joints'][0] == dict(name='right_ankle', side='right', x=2.5, y=4.0, score=0.5)


def test_nobody_is_an_empty_result(nobody, tmp_path):
    assert not nobody.parsing.any()
    assert not nobody.iuv.any()
    assert not nobody.person_map.any()
    assert nobody.to_dict()['persons'] == []
    assert nobody.to_coco(1) == []
    for view in ('sheet', 'parsing', 'pose', 'surface', 'contours'):
        assert nobody.plot(view).shape[2] == 3
    files = nobody.save(tmp_path, ('sheet', 'png', 'json', 'iuv', 'tryon'))
    assert [file.name for file in files] == [
        'empty_parsing.png', 'empty_IUV.png', 'empty_INDS.png', 'empty_sheet.png', 'empty.json',
    ]  # fmt: skip


def test_cocos_reader_takes_the_entries(two, tmp_path):
    truth = COCO()
    truth.dataset = dict(
        images=[dict(id=7, width=12, height=10)], annotations=[], categories=[dict(id=1, name='person')]
    )
    truth.createIndex()
    file = tmp_path / 'results.json'
    file.write_text(json.dumps(two.to_coco(7)))
    found = truth.loadRes(str(file))
    entries = found.loadAnns(found.getAnnIds(7))
    assert len(entries) == 2
    for entry, person in zip(entries, two, strict=True):
        np.testing.assert_array_equal(coco_mask.decode(entry['segmentation']), person.mask)
        np.testing.assert_array_equal(found.annToMask(entry), person.mask)
    assert [entry['bbox'] for entry in entries] == [[1, 2, 4, 6], [6, 0, 5, 9]]
    assert [entry['category_id'] for entry in entries] == [1, 1]
    assert [entry['score'] for entry in entries] == [0.75, 0.75]
    np.testing.assert_allclose(np.reshape(entries[1]['keypoints'], (NUM_JOINTS, 3)), [[7.5, 2, 0.5]] * NUM_JOINTS)


def test_the_surface_of_an_entry_is_a_png_over_the_box(two):
    entry = two[0].to_coco('two')
    assert entry['image_id'] == 'two'
    assert entry['uv_shape'] == [3, 6, 4]
    iuv = np.array(Image.open(io.BytesIO(base64.b64decode(entry['uv_data']))))
    want = np.zeros((6, 4, 3), int)
    want[1:] = 2, 51, 153  # 0.2 * 255, 0.6 * 255
    np.testing.assert_array_equal(iuv, want)
    # The project's own reader of DensePose's results agrees.
    bbox, score, read = unpack_entry(entry, 'here')
    assert (bbox, score) == ((1, 2, 4, 6), 0.75)
    np.testing.assert_array_equal(read, want)


def test_a_box_of_broken_pixels_is_widened_to_whole_ones():
    entry = standing(LEFT, 5, 2, box=(1.4, 2.6, 4.2, 7.5)).to_coco(1)
    assert entry['bbox'] == [1, 2, 4, 6]
    assert entry['uv_shape'] == [3, 6, 4]
    unpack_entry(entry, 'here')
    # Without a surface the box stays as it is.
    np.testing.assert_allclose(made_person(SIZE, box=(1.5, 2.5, 4.5, 7.5)).to_coco(1)['bbox'], [1.5, 2.5, 3, 5])


def test_files_hold_what_their_names_say(two, tmp_path):
    files = two.save(tmp_path, ('sheet', 'png', 'json', 'iuv'))
    assert [file.name for file in files] == [
        'two_parsing.png',
        'two_IUV.png',
        'two_INDS.png',
        'two_sheet.png',
        'two.json',
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(file.name for file in files)
    parsing = Image.open(tmp_path / 'two_parsing.png')
    assert parsing.mode == 'P'
    np.testing.assert_array_equal(np.array(parsing), two.parsing)
    assert tuple(parsing.getpalette()[15:18]) == LIP.palette[5]
    np.testing.assert_array_equal(np.array(parsing.convert('RGB'))[5, 7], LIP.palette[9])
    assert json.loads((tmp_path / 'two.json').read_text()) == json.loads(json.dumps(two.to_dict()))
    # OpenCV gives channel 0 the part, as it does with the files of DensePose's tools.
    iuv = cv2.imread(str(tmp_path / 'two_IUV.png'))
    np.testing.assert_array_equal(iuv[5, 2], [2, 51, 153])
    np.testing.assert_array_equal(iuv[5, 7], [24, 255, 0])
    np.testing.assert_array_equal(iuv[..., 0], two.iuv[0])
    inds = cv2.imread(str(tmp_path / 'two_INDS.png'), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(inds, two.person_map)
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / 'two_sheet.png')), two.plot('sheet'))


def test_one_person_is_drawn_and_written_alone(two, tmp_path):
    second = replace(two[1], image=two.image, source=two.source, number=2)
    alone = People(two.image, two.source, [two[1]], LIP)
    np.testing.assert_array_equal(second.plot('parsing'), alone.plot('parsing'))
    assert not np.array_equal(second.plot('parsing'), two.plot('parsing'))
    assert [file.name for file in second.save(tmp_path, ('png', 'json'))] == [
        'two_person2_parsing.png', 'two_person2.json',
    ]  # fmt: skip
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / 'two_person2_parsing.png')), second.parsing)
    with pytest.raises(ValueError, match='made without its picture'):
        two[0].plot()
    # A branch that the model does not have is left out.
    without = replace(second, window_parsing=None, joints=None, joint_scores=None)
    assert without.save(tmp_path / 'other', ('png', 'json'))[0].name == 'two_person2.json'
    with pytest.raises(ValueError, match='the pose view needs a pose branch; this model has surface'):
        without.plot('pose')


def test_the_palette_is_the_one_that_is_asked_for(two, tmp_path):
    two.save(tmp_path, ('png',), palette='colour_blind')
    parsing = Image.open(tmp_path / 'two_parsing.png')
    assert tuple(parsing.getpalette()[15:18]) == LIP.safe_palette[5]
    assert (two.plot('parsing') != two.plot('parsing', palette='colour_blind')).any()
    assert (two.plot('pose', keypoint_threshold=0) != two.plot('pose', palette='colour_blind')).any()


def test_a_model_with_fewer_branches_writes_fewer_files(tmp_path):
    person = made_person(SIZE, **joints_at(3, 4))
    people = People(noise(*SIZE), 'a.jpg', [person], LIP, ('pose',))
    assert people.parsing is None
    assert people.iuv is None
    files = people.save(tmp_path, ('sheet', 'png', 'json', 'iuv', 'tryon'))
    assert [file.name for file in files] == ['a_sheet.png', 'a.json']
    with pytest.raises(ValueError, match='the parsing view needs a parsing branch; this model has pose'):
        people.plot('parsing')


def test_try_on_files_are_written_for_each_person(two, tmp_path):
    names = {file.name for file in two.save(tmp_path, ('tryon',))}
    ends = ('upper', 'lower', 'full', 'arms', 'legs', 'head', 'agnostic', 'agnostic_mask', 'IUV')
    assert names == {f'two_person{number}_{end}.png' for number in (1, 2) for end in ends}
    upper = np.array(Image.open(tmp_path / 'two_person1_upper.png'))
    np.testing.assert_array_equal(upper, two[0].mask * 255)
    agnostic = np.array(Image.open(tmp_path / 'two_person1_agnostic.png'))
    np.testing.assert_array_equal(agnostic[0, 0], two.image[0, 0, ::-1])
    iuv = cv2.imread(str(tmp_path / 'two_person2_IUV.png'))
    np.testing.assert_array_equal(iuv[5, 7], [24, 255, 0])
    np.testing.assert_array_equal(iuv[5, 2], [0, 0, 0])


def test_files_with_other_content_are_kept_unless_told(two, nobody, tmp_path):
    (path,) = two.save(tmp_path, ('json',), name='a')
    before = path.read_bytes()
    assert two.save(tmp_path, ('json',), name='a') == [path]
    with pytest.raises(FileExistsError, match=r'a\.json exists with other content'):
        nobody.save(tmp_path, ('json',), name='a')
    assert path.read_bytes() == before
    nobody.save(tmp_path, ('json',), name='a', overwrite=True)
    assert json.loads(path.read_text())['persons'] == []


def test_a_file_is_whole_or_not_there(two, tmp_path, monkeypatch):
    def torn(file, *_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('os.fsync', torn)
    with pytest.raises(OSError, match='No space left'):
        two.save(tmp_path / 'new', ('json',))
    assert list((tmp_path / 'new').iterdir()) == []


@pytest.mark.parametrize('name', ['../x', '/x', 'a/../../x', 'a\\b', 'c:x', 'a\0b'])
def test_names_that_lead_out_of_the_folder_are_refused(two, tmp_path, name):
    with pytest.raises(ValueError, match='name of a result'):
        two.save(tmp_path / 'out', ('json',), name=name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_an_error_of_the_system(two, tmp_path):
    with pytest.raises(OSError, match='too long'):
        two.save(tmp_path, ('json',), name='x' * 400)
    assert list(tmp_path.iterdir()) == []


def test_formats_views_and_palettes_that_do_not_exist_are_refused(two, tmp_path):
    for formats in (('jpg',), (), ('png', 'all')):
        with pytest.raises(ValueError, match='formats are some of png, iuv, tryon, sheet, json'):
            two.save(tmp_path, formats)
    with pytest.raises(ValueError, match=r"view is one of sheet, .*, got 'depth'"):
        two.plot('depth')
    with pytest.raises(ValueError, match="palette is one of default, colour_blind, got 'neon'"):
        two.plot(palette='neon')


def test_each_frame_of_a_video_has_files_of_its_own(two, tmp_path):
    for number in (0, 1):
        People(two.image, f'/videos/walk.mp4#{number:06d}', two.persons, LIP).save(tmp_path, ('json',))
    assert sorted(path.name for path in tmp_path.iterdir()) == ['walk_000000.json', 'walk_000001.json']


def test_more_persons_than_a_byte_counts_have_numbers_of_two(tmp_path):
    persons = [standing((0, 0, 2, 2), 5, 1)] * 299 + [standing(RIGHT, 9, 24)]
    people = People(noise(*SIZE), 'crowd.jpg', persons, LIP)
    people.save(tmp_path, ('iuv',))
    inds = cv2.imread(str(tmp_path / 'crowd_INDS.png'), cv2.IMREAD_UNCHANGED)
    assert inds.dtype == np.uint16
    assert inds[5, 7] == 300
    assert inds[1, 1] == 1
