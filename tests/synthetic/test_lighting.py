"""Light and shadow, by hand."""

import numpy as np
import pytest

from mmspd.synthetic.camera import Camera
from mmspd.synthetic.lighting import Light, ShadowMap, ground_points, sample_light, shade, shadow_on_ground

SLANTED = Light(np.array([0.0, -0.6, 0.8]), 0.6, 0.4, np.ones(3), casts_shadow=True)
CAMERA = Camera.look(np.array([0.0, -4.0, 1.0]), np.array([0.0, 0.0, 1.0]), 0.0, 100.0, (50.0, 50.0))


def lit(normal, light=SLANTED, shadows=None, gloss=0.0):
    """Grey of one white point at the origin."""
    arrays = np.ones((1, 3)), np.array([normal]), np.zeros((1, 3)), np.array([gloss])
    return shade(*(array.astype(np.float32) for array in arrays), light, CAMERA, shadows)[0, 0]


def test_lambert():
    """Facing the lamp, all of it arrives; the same surface turned by 60 degrees gets half, one edge on nothing."""
    direction = SLANTED.direction
    sideways = np.array([1.0, 0.0, 0.0])
    turned = np.cos(np.pi / 3) * direction + np.sin(np.pi / 3) * sideways
    dark = Light(direction, 0.6, 0.0, np.ones(3), casts_shadow=False)
    assert lit(direction, dark) == pytest.approx(0.6, abs=1e-5)
    assert lit(turned, dark) == pytest.approx(0.3, abs=1e-5)
    assert lit(sideways, dark) == pytest.approx(0, abs=1e-5)
    assert lit(direction * 7, dark) == pytest.approx(0.6, abs=1e-5), 'the length of the normal does not matter'


def test_both_sides_and_gloss():
    assert lit(-SLANTED.direction) == pytest.approx(lit(SLANTED.direction)), 'the inside of a skirt is lit, too'
    view = CAMERA.position / np.linalg.norm(CAMERA.position)
    half = view + SLANTED.direction
    assert lit(half, gloss=1.0) == pytest.approx(lit(half) + SLANTED.strength, abs=1e-4)


def test_a_plate_casts_its_shadow_straight_down():
    plate = np.array([[-1.0, -1, 2], [1, -1, 2], [1, 1, 2], [-1, 1, 2]])
    light = Light(np.array([0.0, -1e-6, 1.0]), 0.6, 0.4, np.ones(3), casts_shadow=True)
    shadows = ShadowMap(light, plate, np.array([[0, 1, 2], [0, 2, 3]]), np.ones(4))
    below, beside, above = np.array([[0.0, 0, 0], [0.5, 0.5, 1]]), np.array([[3.0, 0, 0], [0, -1.5, 0]]), [[0.0, 0, 3]]
    assert shadows.reaches(below).tolist() == [0, 0]
    assert shadows.reaches(beside).tolist() == [1, 1]
    assert shadows.reaches(np.array(above)).tolist() == [1]
    assert shadows.reaches(np.array([[0.0, 0, 2]])).tolist() == [1], 'it does not shade itself'


def test_ground():
    """From 1 m above the ground and 45 degrees down, the ground is 1 m ahead."""
    points, falls = ground_points(CAMERA, np.array([150, 40]), np.array([50, 50]))
    assert falls.tolist() == [True, False]
    assert np.allclose(points[0], [0, -3, 0])


def test_the_ground_is_darker_in_the_shadow_only():
    plate = np.array([[-0.6, -1.5, 0.2], [0.6, -1.5, 0.2], [0.6, 1.5, 0.2], [-0.6, 1.5, 0.2]])
    light = Light(np.array([0.0, -1e-6, 1.0]), 0.6, 0.4, np.ones(3), casts_shadow=True)
    shadows = ShadowMap(light, plate, np.array([[0, 1, 2], [0, 2, 3]]), np.ones(4))
    floor = np.zeros((100, 100), bool)
    floor[60:] = True
    factor = shadow_on_ground(shadows, CAMERA, floor, light)
    assert factor.shape == (100, 100, 1)
    row, column = 77, 50  # 1 / 0.27 = 3.7 m ahead of the camera
    # The lamp gives the ground half its strength, 0.3, beside 0.4 from all around.
    assert factor[row, column, 0] == pytest.approx(0.4 / 0.7, abs=0.05)
    assert factor[row, 5, 0] == pytest.approx(1, abs=0.01)
    assert (factor[:50] > 0.999).all()


def test_random_light_comes_from_above():
    lights = [sample_light(np.random.default_rng(seed), 0.5) for seed in range(40)]
    assert all(light.direction[2] > 0.3 for light in lights)
    assert np.allclose([np.linalg.norm(light.direction) for light in lights], 1)
    assert all(light.ambient > 0.3 for light in lights)
    assert 8 < sum(light.casts_shadow for light in lights) < 32
    again = sample_light(np.random.default_rng(3), 0.5)
    assert (again.direction == lights[3].direction).all()
    assert not sample_light(np.random.default_rng(3), 0.0).casts_shadow
