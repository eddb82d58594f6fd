from itertools import product

import cv2
import numpy as np
import pytest

from mmspd.anatomy import JOINT_MIRROR
from mmspd.datasets.files.image_files import read_parsing_label
from mmspd.datasets.transforms import PersonAffine
from mmspd.datasets.transforms.geometry import mirror_label, person_matrix, points_inside
from mmspd.geometry import apply_to_points

HEIGHT, WIDTH = 60, 41


def blob(centre, height=200, width=150):
    """A smooth bright spot whose centre of mass is ``centre``."""
    y, x = np.mgrid[:height, :width]
    spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * 5.0**2))
    return np.repeat(np.rint(255 * spot).astype(np.uint8)[..., None], 3, axis=2)


def centre_of_mass(image):
    grey = image[..., 0].astype(float)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    return np.array([(x * grey).sum(), (y * grey).sum()]) / grey.sum()


@pytest.mark.parametrize(
    'options',
    [
        {'test_mode': True},
        {'test_mode': True, 'flip': True},
        {'test_mode': True, 'flip': True, 'scale': 0.75},
        {'flip_prob': 1.0, 'scale_range': (1.25, 1.25)},
        {'flip_prob': 0.0, 'scale_range': (0.75, 0.75)},
        {'flip_prob': 1.0, 'scale_range': (0.6, 0.9), 'max_rotation': 40.0},
        {'flip_prob': 0.0, 'scale_range': (0.9, 1.3), 'max_rotation': 40.0},
    ],
)
def test_colour_lands_where_the_matrix_sends_the_joint(make_results, options):
    spot = np.array([70.0, 110.0])
    for seed in range(4):
        results = make_results(seed, 200, 150)
        results['img'] = blob(spot)
        results['keypoints'][:] = spot
        results['gt_seg_map'] = np.where(results['img'][..., 0] > 50, 5, 0).astype(np.uint8)
        out = PersonAffine((257, 191), pad_colour=(0, 0, 0), **options)(results)
        joint = out['transformed_keypoints'][0, 0]
        np.testing.assert_allclose(joint, apply_to_points(out['warp_matrix'], spot), rtol=1e-6)
        assert np.abs(centre_of_mass(out['img']) - joint).max() < 0.1
        region = (out['gt_seg_map'] == 5).astype(np.uint8)[..., None]
        # whole pixels: coarser, yet half an original pixel would show
        assert np.abs(centre_of_mass(region) - joint).max() < 0.4


def test_plain_stretch_is_opencv_resize(make_results):
    for shape, size in product([(60, 41), (200, 150)], [(64, 96), (257, 191)]):
        results = make_results(height=shape[0], width=shape[1])
        image = cv2.GaussianBlur(results['img'], (0, 0), 3)
        results['img'] = image
        out = PersonAffine(size, test_mode=True)(results)
        expected = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        assert np.abs(out['img'].astype(int) - expected).max() <= 2
        assert out['img_shape'] == (size[1], size[0])


@pytest.mark.parametrize(('scale', 'expected'), [(0.75, (72, 48)), (1.0, (96, 64)), (1.25, (120, 80))])
def test_scale_of_test_mode_changes_the_size(make_results, scale, expected):
    out = PersonAffine((64, 96), test_mode=True, scale=scale)(make_results())
    assert out['img'].shape[:2] == out['img_shape'] == expected


def test_nothing_is_random_in_test_mode(make_results):
    results = make_results()
    del results['rng']  # there is nothing to draw from
    out = PersonAffine((64, 96), test_mode=True)(results)
    assert out['flip'] is False
    np.testing.assert_allclose(out['warp_matrix'], person_matrix(results['ori_shape'], (64, 96)))


def test_stretch_by_hand():
    # 3 x: centre 0 -> 1, as pixel edges stay on pixel edges
    matrix = person_matrix((20, 10), (30, 40), offset=(4, 5))
    np.testing.assert_allclose(apply_to_points(matrix, np.array([[0.0, 0.0]])), [[1 - 4, 0.5 - 5]])
    mirrored = person_matrix((20, 10), (30, 40), offset=(4, 5), flip=True)
    np.testing.assert_allclose(apply_to_points(mirrored, np.array([[0.0, 0.0]])), [[29 - 1 - 4, 0.5 - 5]])


def test_rotation_is_clockwise_and_rigid_in_the_original_image():
    matrix = person_matrix((21, 11), (22, 84), degrees=90)
    # ten pixels right of the centre (5, 10) turn to ten below it, and then y is stretched fourfold
    centre = apply_to_points(matrix, np.array([5.0, 10.0]))
    np.testing.assert_allclose(apply_to_points(matrix, np.array([15.0, 10.0])) - centre, [0, 40], atol=1e-9)


def test_padding_is_ignored_and_coloured(make_results):
    results = make_results()
    out = PersonAffine((100, 100), scale_range=(0.5, 0.5), flip_prob=0, pad_colour=(1, 2, 3))(results)
    ys, xs = np.nonzero(out['gt_seg_map'] != 255)
    assert ys.max() - ys.min() == xs.max() - xs.min() == 49
    outside = np.ones((100, 100), dtype=bool)
    outside[ys.min() - 1 : ys.max() + 2, xs.min() - 1 : xs.max() + 2] = False
    assert (out['img'][outside] == (1, 2, 3)).all()
    assert (out['gt_seg_map'][outside] == 255).all()


def test_crops_and_pads_reach_every_place(make_results):
    places = set()
    for seed in range(60):
        out = PersonAffine((8, 8), scale_range=(1.25, 1.25), flip_prob=0)(make_results(seed))
        places.add(round(out['warp_matrix'][0, 2] - person_matrix((HEIGHT, WIDTH), (10, 10))[0, 2]))
    assert places == {0, -1, -2}
    places = set()
    for seed in range(60):
        out = PersonAffine((8, 8), scale_range=(0.75, 0.75), flip_prob=0)(make_results(seed))
        places.add(round(out['warp_matrix'][1, 2] - person_matrix((HEIGHT, WIDTH), (6, 6))[1, 2]))
    assert places == {0, 1, 2}


def test_scale_and_flip_follow_their_ranges(make_results):
    transform = PersonAffine((384, 384), scale_range=(0.75, 1.25), flip_prob=0.25)
    factors, flips = [], []
    for seed in range(300):
        out = transform(make_results(seed, 6, 5))
        factors.append(np.abs(out['warp_matrix'][0, 0]) * 5 / 384)
        flips.append(out['flip'])
        assert (out['warp_matrix'][0, 0] < 0) == out['flip']
    assert min(factors) >= 0.749
    assert max(factors) <= 1.251
    assert np.ptp(factors) > 0.48
    assert 0.17 < np.mean(flips) < 0.33


def test_each_array_is_resampled_once(make_results, monkeypatch):
    calls = []
    original = cv2.warpAffine
    monkeypatch.setattr(cv2, 'warpAffine', lambda array, *a, **k: calls.append(array.ndim) or original(array, *a, **k))
    for name in ('resize', 'remap', 'warpPerspective', 'flip'):
        monkeypatch.setattr(cv2, name, lambda *a, **k: pytest.fail('a second resampling'))
    PersonAffine((64, 96), max_rotation=10, flip_prob=1)(make_results())
    assert sorted(calls) == [2, 3]


def test_mirroring_twice_is_the_identity(make_results):
    first = make_results()
    out = PersonAffine((WIDTH, HEIGHT), test_mode=True, flip=True)(make_results())
    again = make_results()
    again.update(
        img=out['img'],
        gt_seg_map=out['gt_seg_map'],
        keypoints=out['transformed_keypoints'],
        keypoints_visible=out['transformed_keypoints_visible'],
        bbox=out['transformed_bbox'],
        dp_points=out['transformed_dp_points'],
        dp_labels=out['transformed_dp_labels'],
    )
    back = PersonAffine((WIDTH, HEIGHT), test_mode=True, flip=True)(again)
    np.testing.assert_array_equal(back['img'], first['img'])
    np.testing.assert_array_equal(back['gt_seg_map'], first['gt_seg_map'])
    np.testing.assert_allclose(back['transformed_keypoints'], first['keypoints'], atol=1e-4)
    np.testing.assert_array_equal(back['transformed_keypoints_visible'], first['keypoints_visible'])
    np.testing.assert_allclose(back['transformed_bbox'], first['bbox'], atol=1e-4)
    np.testing.assert_allclose(back['transformed_dp_points'], first['dp_points'], atol=1e-4)
    np.testing.assert_array_equal(back['transformed_dp_labels'], first['dp_labels'])
    assert not np.array_equal(out['gt_seg_map'], first['gt_seg_map'])


def test_mirroring_once_by_hand(make_results):
    results = make_results()
    results['gt_seg_map'][0, :3] = (14, 19, 7)
    results['dp_labels'][:4] = (0, 1, 3, 24)
    joints = results['keypoints'].copy()
    out = PersonAffine((WIDTH, HEIGHT), test_mode=True, flip=True)(results)
    assert out['gt_seg_map'][0, -3:].tolist() == [7, 18, 15]
    assert out['transformed_dp_labels'][:4].tolist() == [0, 1, 4, 23]
    # joint 0 (right ankle) is the mirrored joint 5 (left ankle)
    np.testing.assert_allclose(out['transformed_keypoints'][0, 0], [WIDTH - 1 - joints[0, 5, 0], joints[0, 5, 1]])
    assert np.flatnonzero(out['transformed_keypoints_visible'][0] == 0).tolist() == [2]
    np.testing.assert_allclose(out['transformed_bbox'], [[WIDTH - 30, 6, WIDTH - 5, 50]])
    assert not out['transformed_dp_uv_valid'].any()


def test_uv_follow_the_rule_of_the_surface_by_hand(make_results):
    results = make_results(points=4) | {'dp_surface': 'mmspd_body'}
    results['dp_labels'] = np.array([0, 2, 19, 24])
    results['dp_uv'] = np.array([[0, 0], [0.25, 0.5], [0.25, 0.75], [1, 0]], dtype=np.float32)
    results['dp_uv_valid'] = results['dp_labels'] > 0
    out = PersonAffine((WIDTH, HEIGHT), test_mode=True, flip=True)(results)
    # The torso is its own mirror image, a limb's chart is that of its pair.
    assert out['transformed_dp_labels'].tolist() == [0, 2, 20, 23]
    assert out['transformed_dp_uv'].tolist() == [[0, 0], [0.75, 0.5], [0.25, 0.75], [1, 0]]
    assert out['transformed_dp_uv'].dtype == np.float32
    assert out['transformed_dp_uv_valid'].tolist() == [False, True, True, True]
    assert results['dp_uv'].tolist()[1] == [0.25, 0.5], 'the original was changed'


def test_mirroring_twice_restores_uv(make_results):
    first = make_results(points=200) | {'dp_surface': 'mmspd_body'}
    first['dp_labels'][:25] = np.arange(25)
    first['dp_uv_valid'] = first['dp_labels'] > 0
    first['dp_uv'][~first['dp_uv_valid']] = 0
    transform = PersonAffine((WIDTH, HEIGHT), test_mode=True, flip=True)
    once = transform(dict(first))
    keys = ('dp_points', 'dp_labels', 'dp_uv', 'dp_uv_valid')
    twice = transform(first | {key: once[f'transformed_{key}'] for key in keys})
    for key in keys:
        np.testing.assert_allclose(twice[f'transformed_{key}'], first[key], atol=1e-5)
    assert not np.allclose(once['transformed_dp_uv'], first['dp_uv'])


@pytest.mark.parametrize('surface', [None, 'another'])
def test_without_a_rule_uv_are_lost_and_logged_once(make_results, monkeypatch, surface):
    messages = []
    monkeypatch.setattr(
        'mmspd.datasets.transforms.geometry.print_log', lambda message, *a, **k: messages.append(message)
    )
    transform = PersonAffine((WIDTH, HEIGHT), test_mode=True, flip=True)
    for seed in range(2):
        out = transform(make_results(seed) | {'dp_surface': surface})
        assert not out['transformed_dp_uv_valid'].any()
        assert not out['transformed_dp_uv'].any()
    assert messages == ['mirrored samples keep their surface parts and lose U and V']


def test_without_mirroring_labels_and_uv_stay(make_results):
    results = make_results()
    labels, uv = results['dp_labels'].copy(), results['dp_uv'].copy()
    out = PersonAffine((64, 96), test_mode=True)(results)
    np.testing.assert_array_equal(out['transformed_dp_labels'], labels)
    np.testing.assert_array_equal(out['transformed_dp_uv'], uv)
    assert out['transformed_dp_uv_valid'].all()


def test_original_annotation_stays_as_it_was(make_results):
    first, results = make_results(), make_results()
    PersonAffine((64, 96), flip_prob=1)(results)
    for key in ('keypoints', 'keypoints_visible', 'bbox', 'dp_points', 'dp_labels', 'dp_uv', 'dp_uv_valid'):
        np.testing.assert_array_equal(results[key], first[key])


def test_label_that_is_not_there_yet_is_no_error(make_results):
    results = make_results()
    del results['gt_seg_map']
    assert 'gt_seg_map' not in PersonAffine((64, 96), test_mode=True)(results)


def test_joints_cut_off_by_the_crop_are_no_target(make_results):
    for seed in range(20):
        out = PersonAffine((64, 96), scale_range=(1.6, 1.6))(make_results(seed))
        inside = points_inside(out['transformed_keypoints'], 64, 96)
        visible = out['keypoints_visible'][:, JOINT_MIRROR] if out['flip'] else out['keypoints_visible']
        np.testing.assert_array_equal(out['transformed_keypoints_visible'], visible * inside)
        np.testing.assert_array_equal(out['transformed_dp_kept'], points_inside(out['transformed_dp_points'], 64, 96))
        assert 0 < inside.sum() < 16


def test_joint_outside_the_image_is_no_target_even_where_padding_would_show_it(make_results, monkeypatch):
    messages = []
    monkeypatch.setattr(
        'mmspd.datasets.transforms.geometry.print_log', lambda message, *a, **k: messages.append(message)
    )
    transform = PersonAffine((100, 100), scale_range=(0.5, 0.5), flip_prob=0)
    results = make_results()
    results['keypoints'][0, 7] = (WIDTH + 3, 20)
    results['keypoints'][0, 3] = (-50, 20)  # missing, so not reported
    results['dp_points'][4] = (-8, 20)
    out = transform(results)
    assert out['transformed_keypoints_visible'][0, 7] == 0
    assert out['keypoints_visible'][0, 7] == 1
    assert not out['transformed_dp_kept'][4]
    assert len(messages) == 2
    assert 'person.jpg: 1 joint(s) outside' in messages[0]
    assert 'person.jpg: 1 surface point(s) outside' in messages[1]
    again = make_results(1)
    again['keypoints'][0, 7] = (WIDTH + 3, 20)
    transform(again)
    assert len(messages) == 2


def test_inside_is_up_to_the_edges_of_the_outermost_pixels():
    points = np.array([[-0.5, -0.5], [2.5, 4.5], [-0.6, 0], [2.6, 0], [0, -0.6], [0, 4.6]])
    assert points_inside(points, 3, 5).tolist() == [True, True, False, False, False, False]
    assert points_inside(points, 3, 5, margin=0.2).all()


def test_surface_points_may_lie_a_pixel_outside_the_image(make_results):
    results = make_results()
    results['dp_points'][:4] = [(-1.4, 20), (-1.6, 20), (WIDTH + 0.4, 20), (WIDTH + 0.6, 20)]
    out = PersonAffine((100, 100), scale_range=(0.5, 0.5), flip_prob=0)(results)
    assert out['transformed_dp_kept'][:4].tolist() == [True, False, True, False]


def test_evaluation_keeps_surface_points_outside_the_image(make_results):
    results = make_results()
    results['dp_points'][4] = (-8, 20)
    assert PersonAffine((64, 96), test_mode=True)(results)['transformed_dp_kept'].all()


def test_one_pixel_image_and_no_points(make_results):
    results = make_results(height=1, width=1, points=0)
    out = PersonAffine((16, 24), test_mode=True, flip=True)(results)
    assert (out['img'] == results['img'][0, 0]).all()
    assert out['transformed_dp_points'].shape == (0, 2)
    out = PersonAffine((16, 24), scale_range=(1, 1))(make_results(height=1, width=1, points=0))
    assert len(np.unique(out['gt_seg_map'])) == 1


@pytest.mark.parametrize(
    'options',
    [{'size': (0, 5)}, {'size': (5,)}, {'size': (5, 5), 'scale_range': (0, 1)}, {'size': (5, 5), 'scale_range': (2, 1)},
     {'size': (5, 5), 'flip': True}, {'size': (5, 5), 'scale': 0.5}, {'size': (5, 5), 'test_mode': True, 'scale': 0}],
)  # fmt: skip
def test_senseless_options_are_refused(options):
    with pytest.raises(ValueError, match=r'size|scale'):
        PersonAffine(**options)


@pytest.mark.parametrize('name', ['0002190', '0005008'])
def test_mirrored_label_is_that_of_cihp(make_results, real_data, name):
    label = read_parsing_label(real_data / 'cihp' / 'labels' / f'{name}.png')
    expected = read_parsing_label(real_data / 'cihp' / 'labels_rev' / f'{name}.png')
    results = make_results(height=label.shape[0], width=label.shape[1]) | {'gt_seg_map': label}
    out = PersonAffine(label.shape[::-1], test_mode=True, flip=True)(results)
    np.testing.assert_array_equal(out['gt_seg_map'], expected)
    assert not np.array_equal(label[:, ::-1], expected)


def test_mirrored_label_values():
    label = np.arange(256, dtype=np.uint8)[None]
    mirrored = mirror_label(label)[0].tolist()
    assert mirrored[:14] == list(range(14))
    assert mirrored[14:20] == [15, 14, 17, 16, 19, 18]
    assert mirrored[255] == 255
