import numpy as np
import pytest
from PIL import Image

from mmspd.datasets.transforms import LoadParsingLabel, LoadPersonImage, LoadSurfacePoints

SQUARE = 256


def block(x1, y1, x2, y2):
    """Run lengths of a mask that covers columns x1..x2-1 and rows y1..y2-1."""
    mask = np.zeros((SQUARE, SQUARE), dtype=int)
    mask[y1:y2, x1:x2] = 1
    flat = mask.T.ravel()
    changes = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()
    return {'size': [SQUARE, SQUARE], 'counts': runs if not flat[0] else [0, *runs]}


def surface(masks=(), number=6):
    rng = np.random.default_rng(0)
    return {
        'id': 5,
        'bbox': np.array([10, 20, 100, 200], dtype=np.float32),
        'dp_x': np.linspace(0, 255, number, dtype=np.float32),
        'dp_y': np.linspace(255, 0, number, dtype=np.float32),
        'dp_I': np.arange(1, number + 1),
        'dp_U': rng.random(number).astype(np.float32),
        'dp_V': rng.random(number).astype(np.float32),
        'dp_masks': [*masks, *[[]] * (14 - len(masks))],
    }


def load(annotation, **options):
    return LoadSurfacePoints(**options)(
        {'surface': annotation, 'ori_shape': (300, 200), 'rng': np.random.default_rng(0)}
    )


def test_image_sets_shapes_and_a_box_where_none_is_known(tmp_path):
    path = tmp_path / 'a.png'
    Image.new('RGB', (30, 40)).save(path)
    out = LoadPersonImage()({'img_path': str(path), 'bbox': None})
    assert out['ori_shape'] == out['img_shape'] == (40, 30)
    np.testing.assert_array_equal(out['bbox'], [[0, 0, 30, 40]])
    assert out['bbox'].dtype == np.float32
    known = np.array([[1, 2, 3, 4]], dtype=np.float32)
    np.testing.assert_array_equal(LoadPersonImage()({'img_path': str(path), 'bbox': known})['bbox'], known)


def test_label_is_compared_with_the_original_size(tmp_path):
    path = tmp_path / 'a.png'
    Image.new('L', (30, 40), 3).save(path)
    out = LoadParsingLabel()({'seg_map_path': str(path), 'ori_shape': (40, 30), 'img_shape': (96, 64)})
    assert out['gt_seg_map'].shape == (40, 30)
    with pytest.raises(ValueError, match='its image 41 x 30'):
        LoadParsingLabel()({'seg_map_path': str(path), 'ori_shape': (41, 30)})


def test_no_label_adds_nothing():
    assert LoadParsingLabel()({'seg_map_path': None, 'ori_shape': (1, 1)}).keys() == {'seg_map_path', 'ori_shape'}


def test_points_by_hand():
    out = load(surface())
    np.testing.assert_allclose(out['dp_points'][[0, 1, 5]], [[10, 220], [30, 180], [110, 20]], rtol=1e-6)
    np.testing.assert_array_equal(out['dp_labels'], [1, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(out['dp_uv'][:, 0], surface()['dp_U'])
    assert out['dp_uv_valid'].all()
    assert [out[key].dtype for key in ('dp_points', 'dp_labels', 'dp_uv', 'dp_uv_valid')] == [
        np.float32, np.int64, np.float32, bool,
    ]  # fmt: skip


def test_the_surfaces_name_comes_along():
    assert load(surface() | {'surface_name': 'mmspd_body'})['dp_surface'] == 'mmspd_body'
    assert load(surface())['dp_surface'] is None
    assert load(None)['dp_surface'] is None


def test_where_the_person_is_comes_along_when_asked_for():
    masks = [block(0, 0, 200, 256), [], block(150, 100, 256, 256)]
    annotation = surface(masks) | {'area': 1234.5}
    assert not load(annotation).keys() & {'dp_body', 'dp_box', 'dp_area'}
    out = load(annotation, with_body=True)
    expected = np.zeros((SQUARE, SQUARE), dtype=bool)
    expected[:, :200] = expected[100:, 150:] = True
    np.testing.assert_array_equal(out['dp_body'], expected)
    np.testing.assert_array_equal(out['dp_box'], [10, 20, 100, 200])
    assert (out['dp_area'], out['dp_body'].dtype) == (1234.5, bool)
    assert 'dp_area' not in load(surface(masks) | {'area': None}, with_body=True)
    empty = {'size': [SQUARE, SQUARE], 'counts': [SQUARE**2]}
    for nothing in (surface(), surface([empty])):
        out = load(nothing | {'area': 7.0}, with_body=True)
        assert not out.keys() & {'dp_body', 'dp_box'}
        assert out['dp_area'] == 7
    assert not load(None, with_body=True).keys() & {'dp_body', 'dp_box', 'dp_area'}
    with pytest.raises(ValueError, match=r'dp_masks\[0\]: the runs do not fill'):
        load(surface([{'size': [256, 256], 'counts': [5]}]), with_body=True)


def test_background_lies_in_the_box_and_outside_the_masks():
    # the masks leave a corner free: the right half of the lower half
    out = load(surface([block(0, 0, 256, 128), [], block(0, 100, 128, 256)]), num_background=500)
    background = out['dp_labels'] == 0
    assert background.sum() == 500
    points = out['dp_points'][background]
    assert points[:, 0].min() >= 60
    assert points[:, 0].max() <= 110
    assert points[:, 1].min() >= 120
    assert points[:, 1].max() <= 220
    np.testing.assert_allclose(points.mean(axis=0), [85, 170], atol=6)
    np.testing.assert_allclose(points.std(axis=0), np.array([50, 100]) / np.sqrt(12), rtol=0.1)
    assert not out['dp_uv_valid'][background].any()
    assert out['dp_uv_valid'][~background].all()


def test_masks_over_the_whole_box_leave_no_background():
    out = load(surface([block(0, 0, 200, 256), block(150, 0, 256, 256)]), num_background=50)
    assert (out['dp_labels'] > 0).all()
    assert len(out['dp_points']) == 6


def test_no_annotation_gives_no_points():
    out = load(None, num_background=50)
    assert out['dp_points'].shape == out['dp_uv'].shape == (0, 2)
    assert len(out['dp_labels']) == len(out['dp_uv_valid']) == 0


def test_masks_that_cover_nothing_tell_nothing_about_background():
    assert load(surface(), num_background=50)['dp_labels'].tolist() == [1, 2, 3, 4, 5, 6]


def test_annotation_without_points_has_background_only():
    out = load(surface([block(0, 0, 9, 9)], number=0), num_background=7)
    assert out['dp_labels'].tolist() == [0] * 7


def test_choice_of_points_keeps_them_together():
    out = load(surface(number=20), max_points=8)
    chosen = out['dp_labels'] - 1
    assert len(set(chosen.tolist())) == 8
    np.testing.assert_array_equal(out['dp_uv'][:, 1], surface(number=20)['dp_V'][chosen])
    assert len(load(surface(number=5), max_points=8)['dp_labels']) == 5


def test_an_annotation_of_another_picture_is_an_error():
    annotation = surface()
    assert len(load(annotation | {'image_size': (300, 200)})['dp_labels']) == 6
    with pytest.raises(ValueError, match=r'picture of 640 x 480 pixels, but this one has 200 x 300.*full picture'):
        load(annotation | {'image_size': (480, 640)})


def test_hostile_mask_is_an_error_when_drawn():
    with pytest.raises(ValueError, match=r'dp_masks\[0\]: the runs do not fill'):
        load(surface([{'size': [256, 256], 'counts': [5]}]), num_background=1)


def test_negative_numbers_are_refused():
    with pytest.raises(ValueError, match='not negative'):
        LoadSurfacePoints(num_background=-1)
