import numpy as np
import pytest

from mmspd.synthetic.photography import motion_kernel, sample_jpeg_quality, take_photograph

EFFECTS = ('p_colour_cast', 'p_vignette', 'p_blur', 'p_motion_blur', 'p_low_resolution', 'p_noise', 'p_speckle')
NONE = dict.fromkeys(EFFECTS, 0.0)
SOME = dict.fromkeys(EFFECTS, 0.5)


def scene(height=48, width=36, seed=0):
    return np.random.default_rng(seed).uniform(0.05, 0.8, (height, width, 3)).astype(np.float32)


def spot(height=41, width=41):
    image = np.full((height, width, 3), 0.02, np.float32)
    image[height // 2 - 2 : height // 2 + 3, width // 2 - 2 : width // 2 + 3] = 0.9
    return image


@pytest.mark.parametrize('size', [(48, 36), (16, 16), (1, 1), (1, 30)])
def test_a_photograph_is_8_bit_and_the_same_from_the_same_seed(size):
    for seed in range(12):
        picture = take_photograph(np.random.default_rng(seed), scene(*size), **SOME)
        assert picture.dtype == np.uint8
        assert picture.shape == (*size, 3)
        np.testing.assert_array_equal(picture, take_photograph(np.random.default_rng(seed), scene(*size), **SOME))


@pytest.mark.parametrize('size', [(48, 36), (1, 1)])
def test_all_effects_at_once_leave_the_input_alone(size):
    image = scene(*size)
    kept = image.copy()
    picture = take_photograph(np.random.default_rng(3), image, **dict.fromkeys(EFFECTS, 1.0))
    assert picture.shape == (*size, 3)
    np.testing.assert_array_equal(image, kept)


@pytest.mark.parametrize('effect', EFFECTS)
def test_each_effect_changes_the_picture_and_moves_nothing(effect):
    changed = 0
    for seed in range(5):
        plain = take_photograph(np.random.default_rng(seed), spot(), **NONE).astype(float)
        other = take_photograph(np.random.default_rng(seed), spot(), **NONE | {effect: 1.0}).astype(float)
        changed += (plain != other).any()
        light = (other - np.median(other, axis=(0, 1)))[10:31, 10:31].clip(20).sum(axis=2)
        light -= light.min()
        rows, columns = np.mgrid[10:31, 10:31]
        centre = (rows * light).sum() / light.sum(), (columns * light).sum() / light.sum()
        assert centre == pytest.approx((20, 20), abs=0.25)
    assert changed == 5


def test_without_effects_the_tone_curve_keeps_the_order_of_light():
    ramp = np.repeat(np.linspace(0, 1, 200, dtype=np.float32)[:, None, None], 3, axis=2)
    for seed in range(10):
        shown = take_photograph(np.random.default_rng(seed), ramp, **NONE)[:, 0].astype(int)
        assert (np.diff(shown, axis=0) >= 0).all()
        assert shown[0].max() == 0
        assert shown[-1].min() > 120
        assert (shown == shown[:, :1]).all(), 'grey stays grey'


def test_exposure_brings_dark_and_bright_scenes_together():
    means = [
        np.mean([take_photograph(np.random.default_rng(seed), level * scene(), **NONE).mean() for seed in range(20)])
        for level in (0.4, 1.0)
    ]
    assert means[1] - means[0] < 25


def test_noise_grows_with_the_light():
    image = np.full((200, 100, 3), 0.03, np.float32)
    image[100:] = 0.5
    variance = []
    for seed in range(10):
        # Linear light again, so that the tone curve's slope does not hide the effect.
        noisy = take_photograph(np.random.default_rng(seed), image, **NONE | {'p_noise': 1.0}) / 255
        light = noisy**2.2
        variance.append((light[:100].var(axis=(0, 1)).mean(), light[100:].var(axis=(0, 1)).mean()))
    dark, bright = np.mean(variance, axis=0)
    assert bright > 2 * dark > 0


def test_vignette_darkens_the_corners():
    image = np.full((60, 60, 3), 0.3, np.float32)
    picture = take_photograph(np.random.default_rng(1), image, **NONE | {'p_vignette': 1.0}).astype(int)
    assert picture[[0, 0, -1, -1], [0, -1, 0, -1]].max() < picture[30, 30].min() - 5


def test_cast_tints_grey():
    image = np.full((8, 8, 3), 0.3, np.float32)
    tints = [
        np.ptp(take_photograph(np.random.default_rng(seed), image, **NONE | {'p_colour_cast': 1.0})[0, 0].astype(int))
        for seed in range(10)
    ]
    assert np.median(tints) > 5


@pytest.mark.parametrize('length', [2.0, 3.4, 9.0])
@pytest.mark.parametrize('angle', [0.0, 0.6, np.pi / 2, 3.0])
def test_motion_kernel_is_balanced(length, angle):
    kernel = motion_kernel(length, angle)
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)


def test_motion_kernel_by_hand():
    # Three pixels long, level: half weights beyond it are 0, so a third each.
    kernel = motion_kernel(3.0, 0.0)
    np.testing.assert_allclose(kernel[2], [0, 1 / 3, 1 / 3, 1 / 3, 0], atol=1e-6)
    assert kernel.sum() == pytest.approx(kernel[2].sum())


@pytest.mark.parametrize('effect', EFFECTS)
@pytest.mark.parametrize('value', [-0.01, 1.01, np.nan, np.inf])
def test_probabilities_are_checked(effect, value):
    with pytest.raises(ValueError, match=rf'^{effect} .*got {value}'):
        take_photograph(np.random.default_rng(0), scene(), **NONE | {effect: value})


@pytest.mark.parametrize(
    'image', [np.zeros((4, 4, 3)), np.zeros((4, 4), np.float32), np.zeros((4, 4, 4), np.float32), scene(0, 4)]
)
def test_other_images_are_refused(image):
    with pytest.raises(ValueError, match=r'float32 \(H, W, 3\)'):
        take_photograph(np.random.default_rng(0), image, **NONE)


def test_jpeg_quality_reaches_both_ends():
    qualities = [sample_jpeg_quality(np.random.default_rng(seed), 60, 63) for seed in range(80)]
    assert set(qualities) == {60, 61, 62, 63}
    assert all(type(quality) is int for quality in qualities)
    assert sample_jpeg_quality(np.random.default_rng(0), 90, 90) == 90


@pytest.mark.parametrize('limits', [(0, 50), (50, 101), (80, 70)])
def test_jpeg_quality_limits(limits):
    with pytest.raises(ValueError, match='1 <= low <= high <= 100'):
        sample_jpeg_quality(np.random.default_rng(0), *limits)
