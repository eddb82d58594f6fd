import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmspd.datasets.files.densepose_file import read_densepose
from mmspd.datasets.files.run_length import union_of_masks


def annotation(**changes):
    whole = {
        'id': 7,
        'image_id': 1,
        'bbox': [2.5, 3.0, 100.0, 200.0],
        'dp_x': [0.0, 255.0],
        'dp_y': [127.5, 3],
        'dp_I': [2.0, 24],
        'dp_U': [0.25, 1.0],
        'dp_V': [0.5, 0.0],
        'dp_masks': [[] for _ in range(14)],
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not None}


def write(tmp_path, annotations, images=({'id': 1, 'file_name': 'train_images/36_453991.jpg'},), **more):
    path = tmp_path / 'surface.json'
    path.write_text(json.dumps({'images': list(images), 'annotations': annotations, **more}))
    return path


def test_annotation_is_joined_by_file_name(tmp_path):
    surfaces = read_densepose(write(tmp_path, [annotation()]))
    surface = surfaces['36_453991']
    assert list(surfaces) == ['36_453991']
    assert surface['id'] == 7
    np.testing.assert_array_equal(surface['bbox'], np.array([2.5, 3, 100, 200], dtype=np.float32))
    np.testing.assert_array_equal(surface['dp_I'], [2, 24])
    assert surface['dp_I'].dtype == np.int64
    np.testing.assert_allclose(surface['dp_y'], [127.5, 3])


def test_the_pictures_size_comes_along_where_the_file_has_it(tmp_path):
    assert read_densepose(write(tmp_path, [annotation()]))['36_453991']['image_size'] is None
    images = ({'id': 1, 'file_name': '36_453991.jpg', 'height': 466, 'width': 311},)
    assert read_densepose(write(tmp_path, [annotation()], images))['36_453991']['image_size'] == (466, 311)


def test_the_persons_pixels_come_along_where_the_file_has_them(tmp_path):
    assert read_densepose(write(tmp_path, [annotation()]))['36_453991']['area'] is None
    surface = read_densepose(write(tmp_path, [annotation(area=2014)]))['36_453991']
    assert (surface['area'], type(surface['area'])) == (2014.0, float)


@pytest.mark.parametrize(
    ('info', 'name'),
    [
        ({'surface': 'mmspd_body', 'year': 2018, 'contributor': ['x']}, 'mmspd_body'),
        ({'surface': None}, None),
        ({'description': 'COCO'}, None),
        ('of another kind', None),
    ],
)
def test_the_surface_is_named_once_for_the_file(tmp_path, info, name):
    path = write(tmp_path, [annotation()], info=info)
    assert read_densepose(path)['36_453991']['surface_name'] == name


def test_without_info_the_surface_has_no_name(tmp_path):
    assert read_densepose(write(tmp_path, [annotation()]))['36_453991']['surface_name'] is None


@pytest.mark.parametrize('name', ['', 7, ['mmspd_body'], {}, True, 'x' * 101])
def test_a_surface_name_that_is_none_is_refused(tmp_path, name):
    path = write(tmp_path, [annotation()], info={'surface': name})
    with pytest.raises(ValueError, match=r'surface.json, field info.surface: expected a surface'):
        read_densepose(path)


def test_person_without_surface_fields_is_left_out(tmp_path):
    bare = {'id': 8, 'image_id': 1, 'bbox': [0, 0, 1, 1]}
    assert read_densepose(write(tmp_path, [bare])) == {}


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'dp_U': None}, r"lacks the fields \['dp_U'\]"),
        ({'bbox': None}, r"lacks the fields \['bbox'\]"),
        ({'area': -1.0}, 'field area: expected pixels, 0 or more, got -1'),
        ({'area': 'large'}, "field area: expected a finite number of at most .*, got 'large'"),
        ({'area': True}, 'field area: expected a finite number'),
        ({'dp_V': [0.5]}, 'one length'),
        ({'dp_x': [0.0, 300.0]}, 'field dp_x: expected values of 0..256'),
        ({'dp_I': [0, 3]}, 'field dp_I: expected values of 1..24'),
        ({'dp_I': [25, 3]}, 'field dp_I: expected values of 1..24'),
        ({'dp_I': [2.5, 3]}, 'field dp_I: expected whole'),
        ({'dp_U': [0.5, -0.1]}, 'field dp_U'),
        ({'dp_V': [0.5, float('nan')]}, 'field dp_V: expected finite'),
        ({'dp_U': [10**400, 0]}, 'field dp_U: expected finite'),
        ({'bbox': [1e300, 0, 5, 5]}, 'field bbox: expected finite'),
        ({'bbox': [0, 0, 1e-300, 5]}, 'field bbox: expected x, y, width, height with a positive size'),
        ({'dp_x': 'hello'}, 'field dp_x: expected a list of numbers'),
        ({'dp_x': [[0], [1]]}, 'field dp_x: expected a list of numbers'),
        ({'bbox': [0, 0, 0, 5]}, 'field bbox'),
        ({'bbox': [0, 0, 5]}, 'field bbox'),
        ({'dp_masks': [[]] * 13}, 'field dp_masks: expected a list of 14'),
        ({'dp_masks': [{'size': [60000, 60000], 'counts': 'x'}] + [[]] * 13}, r'\[256, 256\] for part 0, got \[60000'),
        ({'dp_masks': [{'size': [256, 256]}] + [[]] * 13}, 'part 0 has no counts'),
        ({'image_id': 99}, 'field image_id: there is no image of id 99'),
    ],
)
def test_malformed_annotation_is_named_by_file_id_and_field(tmp_path, changes, message):
    path = write(tmp_path, [annotation(**changes)])
    with pytest.raises(ValueError, match=message) as caught:
        read_densepose(path)
    assert f'{path}: annotation 7' in str(caught.value)


def test_second_annotation_of_a_crop_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"annotation 9: image '36_453991' has a surface annotation already, 7"):
        read_densepose(write(tmp_path, [annotation(), annotation(id=9)]))


def test_repeated_ids_are_refused(tmp_path):
    with pytest.raises(ValueError, match='annotation 7: this id occurs twice'):
        read_densepose(write(tmp_path, [annotation(), annotation()]))
    with pytest.raises(ValueError, match='image id 1 occurs twice'):
        read_densepose(write(tmp_path, [], [{'id': 1, 'file_name': 'a.jpg'}, {'id': 1, 'file_name': 'b.jpg'}]))


@pytest.mark.parametrize('text', ['{', '[]', '{"images": []}', '{"images": [], "annotations": {}}', '[' * 100000])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / 'surface.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=r'surface.json'):
        read_densepose(path)


def random_masks(seed):
    rng = np.random.default_rng(seed)
    blobs = rng.random((14, 16, 16)) < 0.2
    return np.kron(blobs, np.ones((16, 16))).astype(np.uint8)


@pytest.mark.parametrize('seed', range(5))
def test_masks_are_decoded_as_pycocotools_does(seed):
    masks = random_masks(seed)
    masks[3] = 0
    masks[4] = np.random.default_rng(seed).integers(0, 2, (256, 256))
    coded = coco_mask.encode(np.asfortranarray(masks.transpose(1, 2, 0)))
    entries = [{'size': mask['size'], 'counts': mask['counts'].decode()} for mask in coded]
    np.testing.assert_array_equal(union_of_masks(entries), masks.any(axis=0))
    for entry, mask in zip(entries, masks, strict=True):
        np.testing.assert_array_equal(union_of_masks([[], entry]), mask)


def test_uncompressed_runs_go_down_the_columns():
    union = union_of_masks([{'counts': [256 + 2, 3, 65536 - 261]}])
    assert np.argwhere(union).tolist() == [[2, 1], [3, 1], [4, 1]]


def test_whole_square_and_nothing():
    assert union_of_masks([{'counts': [0, 65536]}]).all()
    assert not union_of_masks([[]] * 14).any()


@pytest.mark.parametrize(
    'counts',
    [
        '', '\x00', 'zzz', 'o' * 12 + '0', [65535], [-1, 65537], [65536, 1], [2**62, 2**62, 2**62, 2**62], [0.5, 2],
        [[1, 2]], ['a'], '04', [2**70], 'P' * 50, '\u20ac',
    ],
)  # fmt: skip
def test_hostile_runs_are_refused(counts):
    with pytest.raises(ValueError, match=r'dp_masks\[1\]'):
        union_of_masks([[], {'counts': counts}])
