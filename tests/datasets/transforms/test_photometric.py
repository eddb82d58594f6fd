import colorsys

import numpy as np
import pytest

from mmspd.datasets.transforms import PersonPhotometric
from mmspd.datasets.transforms.photometric import brightness_contrast_table, hue_saturation_table


def image():
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def run(seed, **options):
    return PersonPhotometric(**options)({'img': image(), 'rng': np.random.default_rng(seed)})['img']


@pytest.mark.parametrize(
    ('contrast_first', 'expected'), [(True, [20, 1.5 * 100 + 20, 255]), (False, [1.5 * 20, 1.5 * 120, 255])]
)
def test_brightness_and_contrast_by_hand(contrast_first, expected):
    assert brightness_contrast_table(20, 1.5, contrast_first)[[0, 100, 250]].tolist() == expected


def test_values_are_clipped_between_the_two_steps():
    assert brightness_contrast_table(-30, 1.4, contrast_first=True)[255] == 225
    assert brightness_contrast_table(30, 0.5, contrast_first=False)[255] == 128


def test_hue_turns_around_and_saturation_is_clipped():
    table = hue_saturation_table(-18, 1.5)
    assert table.shape == (256, 1, 3)
    assert table[5, 0].tolist() == [167, 8, 5]
    assert table[179, 0].tolist() == [161, 255, 179]


def test_hue_and_saturation_agree_with_colorsys():
    options = {'brightness': 0, 'contrast': (1, 1), 'saturation': (0.6, 0.6), 'hue': 0}
    changed = next(out for out in (run(seed, **options) for seed in range(50)) if not np.array_equal(out, image()))
    for before, after in zip(image().reshape(-1, 3)[:100] / 255, changed.reshape(-1, 3)[:100] / 255, strict=True):
        h, s, v = colorsys.rgb_to_hsv(*before[::-1])
        np.testing.assert_allclose(after[::-1], colorsys.hsv_to_rgb(h, 0.6 * s, v), atol=0.03)


def test_nothing_to_change_changes_nothing():
    for seed in range(20):
        np.testing.assert_allclose(
            run(seed, brightness=0, contrast=(1, 1), saturation=(1, 1), hue=0).astype(int), image(), atol=4
        )


def test_each_change_happens_to_half_of_the_images():
    means = np.array([run(seed, contrast=(1, 1), saturation=(1, 1), hue=0).mean() for seed in range(200)])
    unchanged = np.mean(np.abs(means - image().mean()) < 0.6)
    assert 0.4 < unchanged < 0.65
    assert means.max() > image().mean() + 15
    assert means.min() < image().mean() - 15


def test_same_generator_same_image_and_the_original_is_untouched():
    original = image()
    results = {'img': original, 'rng': np.random.default_rng(7)}
    out = PersonPhotometric()(results)['img']
    np.testing.assert_array_equal(original, image())
    np.testing.assert_array_equal(out, run(7))
    assert not np.array_equal(out, run(8))
    assert out.dtype == np.uint8
