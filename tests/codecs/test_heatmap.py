import numpy as np
import pytest
from mmpose.codecs import UDPHeatmap
from mmpose.registry import KEYPOINT_CODECS

from mmspd.codecs.heatmap import SPDHeatmap, decode_heatmaps, draw_gaussians, heatmap_size_of, locate_peaks

SIZES = [((384, 384), (48, 48)), ((257, 383), (33, 48)), ((64, 96), (8, 12))]


def random_joints(input_size, number=400, seed=0):
    """Joints anywhere in the input, a third of them within two cells of a border."""
    rng = np.random.default_rng(seed)
    size = np.array(input_size)
    joints = rng.uniform(-0.5, size - 0.5, (number, 16, 2))
    joints[::6, :, 0] = rng.uniform(-0.5, 16, joints[::6, :, 0].shape)
    joints[1::6, :, 1] = size[1] - 0.5 - rng.uniform(0, 16, joints[1::6, :, 1].shape)
    return joints


@pytest.mark.parametrize(('input_size', 'heatmap_size'), SIZES)
@pytest.mark.parametrize('sigma', [1, 2, 3])
def test_round_trip_stays_below_a_tenth_of_a_pixel_up_to_the_borders(input_size, heatmap_size, sigma):
    joints = random_joints(input_size)
    codec = SPDHeatmap(input_size, heatmap_size, sigma)
    heatmaps = np.stack([codec.encode(person[None])['heatmaps'] for person in joints])
    decoded, scores = decode_heatmaps(heatmaps, input_size, sigma)
    assert heatmaps.shape == (400, 16, heatmap_size[1], heatmap_size[0])
    assert np.abs(decoded - joints).max() < 0.1
    # half a cell in x and y from the nearest cell at most
    assert scores.min() > np.exp(-0.26 / sigma**2)


def test_mmpose_decoding_has_the_errors_that_this_codec_mends():
    udp = UDPHeatmap((384, 384), (48, 48), sigma=2)
    inner = np.full((1, 16, 2), 300.0)
    decoded, _ = udp.decode(udp.encode(inner)['heatmaps'])
    assert decoded[0, 0, 0] == pytest.approx(300 * 384 / 383, abs=0.01)
    border = np.full((1, 16, 2), 5.0)
    decoded, _ = udp.decode(udp.encode(border)['heatmaps'])
    assert np.abs(decoded - border).max() > 3


def test_encoding_is_that_of_mmpose():
    joints = random_joints((384, 384), number=50, seed=3)
    visible = np.random.default_rng(4).integers(0, 2, (50, 1, 16)).astype(np.float32)
    ours, theirs = SPDHeatmap((384, 384)), UDPHeatmap((384, 384), (48, 48), sigma=2)
    for person, shown in zip(joints, visible, strict=True):
        got, expected = ours.encode(person[None], shown), theirs.encode(person[None], shown)
        np.testing.assert_allclose(got['heatmaps'], expected['heatmaps'], atol=1e-6)
        np.testing.assert_array_equal(got['keypoint_weights'], expected['keypoint_weights'])


def test_joint_far_outside_has_no_weight_and_missing_ones_no_gaussian():
    joints = np.array([[[-60.0, 100.0], [100.0, 100.0], [100.0, 100.0], [np.nan, 100.0]]])
    encoded = SPDHeatmap((384, 384)).encode(joints, np.array([[1.0, 0.0, 1.0, 1.0]]))
    np.testing.assert_array_equal(encoded['keypoint_weights'], [[0, 0, 1, 0]])
    np.testing.assert_array_equal(encoded['heatmaps'].any(axis=(1, 2)), [False, False, True, False])


@pytest.mark.parametrize(('input_size', 'heatmap_size'), SIZES)
@pytest.mark.parametrize('noise', [0.0, 0.1])
def test_mirrored_heatmap_gives_mirrored_joints(input_size, heatmap_size, noise):
    rng = np.random.default_rng(1)
    centres = rng.uniform(0, np.array(heatmap_size) - 1, (64, 2))
    # exactly between two cells: the two largest cells are equal
    centres[:16, 0] = rng.integers(1, heatmap_size[0] - 2, 16) + 0.5
    heatmaps = draw_gaussians(centres, heatmap_size, 2) + noise * rng.normal(size=(64, *heatmap_size[::-1]))
    joints, scores = decode_heatmaps(heatmaps, input_size, 2)
    mirrored, mirrored_scores = decode_heatmaps(heatmaps[:, :, ::-1], input_size, 2)
    np.testing.assert_allclose(mirrored[:, 0], input_size[0] - 1 - joints[:, 0], atol=1e-3)
    np.testing.assert_allclose(mirrored[:, 1], joints[:, 1], atol=1e-3)
    np.testing.assert_array_equal(mirrored_scores, scores)


def test_noise_does_not_throw_joints_farther_than_mmpose_decoding_does():
    joints = random_joints((384, 384), number=60, seed=5)
    codec, udp = SPDHeatmap((384, 384)), UDPHeatmap((384, 384), (48, 48), sigma=2)
    heatmaps = np.stack([codec.encode(person[None])['heatmaps'] for person in joints])
    heatmaps += np.random.default_rng(6).normal(0, 0.05, heatmaps.shape).astype(np.float32)
    ours = np.linalg.norm(decode_heatmaps(heatmaps, (384, 384), 2)[0] - joints, axis=-1)
    theirs = np.stack([udp.decode(maps)[0][0] for maps in heatmaps]) * 383 / 384
    inner = ((joints > 50) & (joints < 333)).all(axis=-1)
    errors = np.linalg.norm(theirs - joints, axis=-1)
    assert ours[inner].mean() < 1.3 * errors[inner].mean()
    assert ours.mean() < 0.6 * errors.mean()


@pytest.mark.parametrize('value', [0.0, -3.0, np.nan])
def test_map_without_a_peak_gives_the_centre_and_no_confidence(value):
    joints, scores = SPDHeatmap((257, 383)).decode(np.full((16, 48, 33), value, dtype=np.float32))
    assert joints.shape == (1, 16, 2)
    np.testing.assert_allclose(joints, np.broadcast_to([128.0, 191.0], (1, 16, 2)))
    assert (scores <= 0).all()


def test_all_negative_map_gives_its_largest_cell():
    heatmap = -np.random.default_rng(0).uniform(1, 2, (1, 48, 48))
    heatmap[0, 47, 3] = -0.5
    joints, scores = decode_heatmaps(heatmap, (384, 384), 2)
    np.testing.assert_allclose(joints, [[3 * 383 / 47, 383]], rtol=1e-6)
    assert scores.item() == -0.5


def test_single_positive_cell_is_its_own_place():
    heatmap = np.zeros((1, 12, 8))
    heatmap[0, 11, 7] = 0.3
    places, scores = locate_peaks(heatmap, 2)
    np.testing.assert_allclose(places, [[7, 11]], atol=1e-6)
    assert scores.item() == 0.3


def test_saddles_ridges_and_ramps_stay_near_the_largest_cell():
    y, x = np.mgrid[:20, :20].astype(float)
    maps = np.stack([np.exp(x / 5), np.exp(x * y / 90), 1 + (x == 7), np.ones((20, 20))])
    places, _ = locate_peaks(maps, 2)
    expected = [[19, 9.5], [19, 19], [7, 9.5], [9.5, 9.5]]
    assert np.abs(places - expected).max() <= 1


def test_gaussian_values_by_hand():
    heatmap = draw_gaussians(np.array([2.25, 1.0]), (5, 3), 1)
    assert heatmap.dtype == np.float32
    assert heatmap.shape == (3, 5)
    assert heatmap[1, 2] == pytest.approx(np.exp(-(0.25**2) / 2))
    assert heatmap[0, 3] == pytest.approx(np.exp(-(0.75**2 + 1) / 2))


@pytest.mark.parametrize('sigma', [1.5, 0, 0.5, -1])
def test_broken_sigma_is_refused(sigma):
    with pytest.raises(ValueError, match='whole number'):
        SPDHeatmap((384, 384), (48, 48), sigma)


def test_one_cell_is_refused():
    with pytest.raises(ValueError, match='at least 2 x 2'):
        SPDHeatmap((8, 384))


def test_two_persons_are_refused():
    with pytest.raises(ValueError, match='2 persons'):
        SPDHeatmap((64, 64)).encode(np.zeros((2, 16, 2)))


def test_size_is_rounded_up():
    assert heatmap_size_of((257, 384)) == (33, 48)
    assert heatmap_size_of((257, 383), stride=4) == (65, 96)


def test_mmpose_builds_it_by_name():
    codec = KEYPOINT_CODECS.build({'type': 'SPDHeatmap', 'input_size': (384, 384), 'heatmap_size': (48, 48)})
    assert type(codec) is SPDHeatmap
