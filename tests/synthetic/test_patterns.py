import dataclasses

import numpy as np
import pytest

from mmspd.synthetic.paint.cloth import PATTERN_SHARES, sample_pattern
from mmspd.synthetic.paint.colours import (
    from_hsv,
    from_srgb,
    sample_cloth_colour,
    sample_hair_colour,
    sample_leather_colour,
    sample_skin_colour,
)
from mmspd.synthetic.paint.noise import noise_field, value_noise
from mmspd.synthetic.paint.patterns import (
    Bands,
    Blotches,
    Checks,
    Dots,
    Flowers,
    Gradient,
    Plain,
    Print,
    Stripes,
    Weave,
)

RED, GREEN, BLUE = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)  # B, G, R


def at(*points):
    return np.array(points, np.float32)


def test_vertical_stripes_by_hand():
    # A period of 0.4 m: red up to 0.1 m, then green.
    stripes = Stripes(Bands((RED, GREEN), (0.25,), 0.4), angle=0.0)
    colours = stripes(at((0.05, 7.0), (0.15, -3.0), (0.39, 0.0), (0.41, 0.0), (-0.05, 0.0), (-0.35, 0.0)))
    assert colours.dtype == np.float32
    np.testing.assert_array_equal(colours, [RED, GREEN, GREEN, RED, GREEN, RED])


def test_horizontal_stripes_follow_the_second_axis():
    stripes = Stripes(Bands((RED, GREEN, BLUE), (0.25, 0.5), 0.4), angle=np.pi / 2)
    np.testing.assert_array_equal(stripes(at((0.3, 0.05), (0.0, 0.15), (9.0, 0.3))), [RED, GREEN, BLUE])


def test_checks_mix_warp_and_weft():
    bands = Bands((RED, GREEN), (0.5,), 0.2)
    checks = Checks(bands, bands, angle=0.0)
    np.testing.assert_array_equal(checks(at((0.05, 0.05), (0.05, 0.15), (0.15, 0.15))), [RED, (0, 0.5, 0.5), GREEN])


def test_dots_are_staggered():
    dots = Dots(RED, GREEN, period=0.1, radius=0.02)
    # Row 0 has dots at (0.05, 0.05); row 1 at (0, 0.15), half a period aside.
    points = at((0.05, 0.05), (0.05, 0.065), (0.05, 0.08), (0.05, 0.15), (0.0, 0.15), (0.1, 0.15), (0.1, -0.05))
    np.testing.assert_array_equal(dots(points), [GREEN, GREEN, RED, RED, GREEN, GREEN, GREEN])


def test_gradient_by_hand():
    gradient = Gradient((RED, BLUE), start=0.1, end=0.3, angle=np.pi / 2)
    colours = gradient(at((5.0, 0.0), (0.0, 0.15), (0.0, 0.2), (0.0, 0.9)))
    np.testing.assert_allclose(colours, [RED, (0.25, 0, 0.75), (0.5, 0, 0.5), BLUE], atol=1e-5)


@pytest.mark.parametrize(
    ('motif', 'inked'),
    [('disc', [True, True, False, False]), ('ring', [False, True, False, False]), ('box', [True, True, True, False])],
)
def test_prints_by_hand(motif, inked):
    # Half size 0.1 about (1, 2): the middle, 0.08 beside it, near the box's corner, outside.
    printed = Print(Plain(RED), BLUE, motif, (1.0, 2.0), (0.1, 0.1))
    colours = printed(at((1.0, 2.0), (1.08, 2.0), (1.09, 2.09), (1.11, 2.0)))
    np.testing.assert_array_equal(colours, [BLUE if ink else RED for ink in inked])


def test_text_prints_letters_with_gaps():
    text = Print(Plain(RED), BLUE, 'text', (0.0, 0.0), (0.1, 0.02))
    x = (np.arange(24) + 0.5) / 24 * 0.2 - 0.1
    y = (np.arange(6) + 0.5) / 6 * 0.04 - 0.02
    ink = text(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32))[:, 0].reshape(6, 24) > 0.5
    assert not ink[:, 3::4].any(), 'a gap between letters'
    assert not ink[5].any(), 'a gap below the line'
    assert ink[:5, 0::4].all(), 'the letters have uprights'
    assert 0 < ink[:5, 1::4].mean() < 1


def test_blotches_at_their_limits():
    points = np.random.default_rng(0).uniform(-1, 1, (500, 2)).astype(np.float32)
    everywhere = Blotches((RED, GREEN), (0.1, 0.1), threshold=-1.0, softness=0.1, offset=(3.0, 4.0))
    np.testing.assert_array_equal(everywhere(points), np.tile(np.float32(GREEN), (500, 1)))
    half = Blotches((RED, GREEN), (0.1, 0.1), threshold=0.5, softness=1e-4, offset=(3.0, 4.0))(points)
    assert 0.3 < half[:, 1].mean() < 0.7


def test_flowers_cover_some_of_the_ground():
    points = np.random.default_rng(0).uniform(-1, 1, (4000, 2)).astype(np.float32)
    colours = Flowers(RED, (GREEN, BLUE), period=0.1, count=5, offset=(1, 2))(points)
    ground = (colours == np.float32(RED)).all(axis=1)
    assert 0.5 < ground.mean() < 0.95
    assert (colours[:, 0] > 0).any(), 'blue flowers'
    assert (colours[:, 1] > 0).any(), 'green flowers'


def test_weave_varies_about_its_colour():
    points = np.random.default_rng(0).uniform(-1, 1, (4000, 2)).astype(np.float32)
    albedo = Weave((0.2, 0.3, 0.4), (0.01, 0.01), 0.7, depth=0.2, wash=0.1, offset=(5.0, 6.0))(points)
    np.testing.assert_allclose(albedo.mean(axis=0), (0.2, 0.3, 0.4), rtol=0.05)
    factor = albedo / np.float32((0.2, 0.3, 0.4))
    assert factor.min() >= 0.7 - 1e-4
    assert factor.max() <= 1.3 + 1e-4
    assert factor.std() > 0.03


def test_value_noise_interpolates_its_lattice():
    corner, right, middle = value_noise(at((0, 0), (2, 0), (1, 0)), (2.0, 2.0), offset=(10.0, 20.0))
    assert middle == pytest.approx((corner + right) / 2, abs=1e-6)
    assert corner != right
    # The smooth weight of a quarter is 3/16 - 2/64 = 0.15625.
    quarter = value_noise(at((0.5, 0)), (2.0, 2.0), offset=(10.0, 20.0))[0]
    assert quarter == pytest.approx(corner + 0.15625 * (right - corner), abs=1e-6)


def test_noise_is_within_its_range_and_even():
    points = np.random.default_rng(1).uniform(-50, 50, (20000, 2)).astype(np.float32)
    for octaves in (1, 2, 3):
        noise = value_noise(points, (0.7, 1.3), octaves=octaves)
        assert 0 <= noise.min() < 0.3
        assert 0.7 < noise.max() <= 1
        assert noise.mean() == pytest.approx(0.5, abs=0.03)
    assert value_noise(np.zeros((0, 2), np.float32), (1.0, 1.0)).shape == (0,)


@pytest.mark.parametrize(('height', 'width', 'cell'), [(1, 1, 1.0), (3, 50, 40.0), (64, 48, 2.5), (16, 16, 1000.0)])
def test_noise_field_has_the_pictures_size(height, width, cell):
    field = noise_field(np.random.default_rng(2), height, width, cell)
    assert field.shape == (height, width)
    assert field.dtype == np.float32
    assert np.abs(field).max() <= 1


def test_sampled_patterns():
    points = np.random.default_rng(3).uniform(-0.5, 0.5, (300, 2)).astype(np.float32)
    kinds = set()
    for seed in range(120):
        pattern = sample_pattern(np.random.default_rng(seed), print_centre=(0.0, 0.0))
        kinds.add(type(pattern))
        albedo = pattern(points)
        assert albedo.shape == (300, 3)
        assert albedo.dtype == np.float32
        assert albedo.min() >= 0
        assert albedo.max() <= 1
        again = sample_pattern(np.random.default_rng(seed), print_centre=(0.0, 0.0))
        np.testing.assert_array_equal(again(points), albedo)
        assert pattern(points[:0]).shape == (0, 3)
        np.testing.assert_allclose(pattern(points[:1])[0], albedo[0], atol=1e-6)
    assert {Plain, Stripes, Checks, Weave, Gradient, Flowers, Blotches, Print} <= kinds
    assert sum(PATTERN_SHARES.values()) == pytest.approx(1)


def test_no_print_without_a_centre():
    patterns = [sample_pattern(np.random.default_rng(seed)) for seed in range(60)]
    assert not any(isinstance(pattern, Print) for pattern in patterns)
    with pytest.raises(dataclasses.FrozenInstanceError):
        patterns[0].colour = RED


def test_colours_by_hand():
    np.testing.assert_allclose(from_srgb(255, 0, 0), RED, atol=1e-7)
    np.testing.assert_allclose(from_srgb(0, 0, 127.5), (0.5**2.2, 0, 0), rtol=1e-6)
    for hue, colour in ((0, RED), (120, GREEN), (240, BLUE), (360, RED), (60, (0, 1, 1)), (-120, BLUE)):
        np.testing.assert_allclose(from_hsv(hue, 1, 1), colour, atol=1e-7)
    np.testing.assert_allclose(from_hsv(77, 0, 0.5), [0.5**2.2] * 3, rtol=1e-6)


@pytest.mark.parametrize('sample', [sample_cloth_colour, sample_leather_colour, sample_hair_colour, sample_skin_colour])
def test_sampled_colours(sample):
    colours = np.stack([sample(np.random.default_rng(seed)) for seed in range(300)])
    assert colours.dtype == np.float32
    assert colours.min() > 0
    assert colours.max() < 1
    light = colours.mean(axis=1)
    assert light.max() > 10 * light.min(), 'from dark to light'
    np.testing.assert_array_equal(colours[7], sample(np.random.default_rng(7)))


def test_skin_is_redder_than_green_than_blue():
    skin = np.stack([sample_skin_colour(np.random.default_rng(seed)) for seed in range(300)])
    assert (skin[:, 2] > skin[:, 1]).all()
    assert (skin[:, 1] > skin[:, 0]).all()
