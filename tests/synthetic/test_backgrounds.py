from itertools import pairwise

import numpy as np
import pytest

from mmspd.synthetic.scenery import backgrounds
from mmspd.synthetic.scenery.backgrounds import SCENE_SHARES, draw_background
from mmspd.synthetic.scenery.canvas import Canvas
from mmspd.synthetic.scenery.floors import slab_floor, soft_floor
from mmspd.synthetic.scenery.views import View


def view_of(height, width, horizon=20.0, focal=100.0, eye_height=1.5):
    canvas = Canvas(np.random.default_rng(0), height, width)
    return View(canvas, horizon, focal, eye_height, centre=(width - 1) / 2, distance=3.0)


def only(monkeypatch, scene):
    monkeypatch.setattr(backgrounds, 'SCENE_SHARES', {scene: 1.0})


@pytest.mark.parametrize('scene', list(SCENE_SHARES))
@pytest.mark.parametrize(('height', 'width'), [(64, 48), (16, 16), (1, 1), (5, 90)])
@pytest.mark.parametrize('horizon', [0.3, -2.0, 3.0])
def test_every_scene_at_every_size(monkeypatch, scene, height, width, horizon):
    only(monkeypatch, scene)
    for seed in range(2):
        drawn = draw_background(np.random.default_rng(seed), height, width, horizon * height)
        assert drawn.image.shape == (height, width, 3)
        assert drawn.image.dtype == np.float32
        assert np.isfinite(drawn.image).all()
        assert drawn.image.min() >= 0.004 - 1e-6
        assert drawn.image.max() <= 0.97 + 1e-6
        assert drawn.floor.shape == (height, width)
        assert drawn.floor.dtype == bool
        again = draw_background(np.random.default_rng(seed), height, width, horizon * height)
        np.testing.assert_array_equal(again.image, drawn.image)
        np.testing.assert_array_equal(again.floor, drawn.floor)


@pytest.mark.parametrize('scene', ['room', 'street', 'facade', 'park', 'studio'])
def test_the_floor_is_below_the_horizon(monkeypatch, scene):
    only(monkeypatch, scene)
    shares = []
    for seed in range(6):
        floor = draw_background(np.random.default_rng(seed), 96, 72, horizon=30.0).floor
        assert not floor[:31].any()
        shares.append(floor[31:].mean())
        assert not draw_background(np.random.default_rng(seed), 96, 72, horizon=96.0).floor.any()
    assert max(shares) > 0.3


def test_scenes_have_structure_and_differ():
    pictures = [draw_background(np.random.default_rng(seed), 64, 48, 20.0).image for seed in range(12)]
    contrasts = [picture.std() for picture in pictures]
    assert np.median(contrasts) > 0.05
    for first, second in pairwise(pictures):
        assert np.abs(first - second).mean() > 0.02


def test_shares_of_scenes_add_up():
    assert sum(SCENE_SHARES.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ('changes', 'names'),
    [
        ({'height': 0}, '48x0'),
        ({'width': -3}, '-3x64'),
        ({'horizon': np.nan}, 'horizon nan'),
        ({'horizon': np.inf}, 'horizon inf'),
        ({'focal': 0.0}, 'focal 0.0'),
        ({'focal': 6.3}, 'at least 6.4'),
        ({'eye_height': 0.0}, 'eye_height 0.0'),
        ({'distance': -1.0}, 'distance -1.0'),
        ({'distance': 51.0}, 'distance 51.0'),
        ({'distance': np.nan}, 'distance nan'),
    ],
)
def test_impossible_backgrounds(changes, names):
    arguments = {'height': 64, 'width': 48, 'horizon': 20.0} | changes
    with pytest.raises(ValueError, match=names):
        draw_background(np.random.default_rng(0), **arguments)


def test_projection_by_hand():
    view = view_of(60, 41)
    # At eye level straight ahead: the horizon's middle. One metre to the right and 1.5 m down, at 5 m: 20 px, 30 px.
    np.testing.assert_allclose(view.project(np.array([(0, 1.5, 7), (1, 0, 5)])), [(20, 20), (40, 50)])
    assert view.visible_x(5.0) == pytest.approx((-1.0, 1.05))


def test_floor_coordinates_by_hand():
    view = view_of(60, 41)
    seen = {}

    def remember(coords, footprint):
        seen['coords'], seen['footprint'] = coords.reshape(-1, 41, 2), footprint.reshape(-1, 41)
        return np.full((len(coords), 3), 0.25, np.float32)

    view.floor(remember, farthest=15.0)
    # Depth 15 m is row 20 + 100 * 1.5 / 15 = 30; row 50 is 5 m away, and column 40 there 1 m to the right.
    assert seen['coords'].shape == (30, 41, 2)
    np.testing.assert_allclose(seen['coords'][0, 20], (0, 15), atol=1e-5)
    np.testing.assert_allclose(seen['coords'][20, 40], (1, 5), atol=1e-5)
    assert seen['footprint'][20, 0] == pytest.approx(25 / 150)
    assert view.canvas.floor[30:].all()
    assert not view.canvas.floor[:30].any()


def test_what_stands_on_the_floor_hides_it_and_a_shadow_does_not():
    view = view_of(60, 41)
    view.floor(soft_floor(np.full(3, 0.5, np.float32), 0.05, 0.0))
    before = view.canvas.planes[0, 48:53, 15:26].mean()
    view.shadow(-0.2, 0.2, 5.0)
    assert view.canvas.planes[0, 48:53, 15:26].mean() < 0.8 * before
    assert view.canvas.floor[50, 20]
    view.box(np.array([-0.2, 0, 5]), np.array([0.2, 1, 5.5]), np.full(3, 0.3, np.float32))
    assert not view.canvas.floor[40, 20]
    assert view.canvas.floor[40, 5]


def test_box_shows_its_front_its_side_and_its_top():
    view = view_of(60, 41)
    # To the right of the middle and below the eye: front at columns 30..40, the left side beside it, the top above.
    view.box(np.array([0.5, 0, 5]), np.array([1, 1, 10]), np.full(3, 0.4, np.float32), texture=0.0)
    front, side, top, nothing = (
        view.canvas.planes[0, row, column] for row, column in ((40, 35), (38, 28), (28, 30), (40, 15))
    )
    assert (front, side, top, nothing) == pytest.approx((0.4, 0.4 * 0.6, 0.4 * 1.25, 0))


def test_slabs_by_hand():
    floor = slab_floor(np.full(3, 0.5, np.float32), (1.0, 1.0), joint=0.1, angle=0.0, contrast=0.0)
    near = np.full(3, 1e-3, np.float32)
    middle, joint, far = floor(np.array([(0.5, 0.5), (0.5, 1.0), (2.5, 3.5)], np.float32), near)[:, 0]
    assert (middle, joint, far) == pytest.approx((0.5, 0.25, 0.5), abs=1e-4)
    # Where a pixel covers a slab, all are the mean: 1 - 0.9 * 0.9 = 0.19 of the area is joint, half as bright.
    blurred = floor(np.array([(0.5, 0.5), (0.5, 1.0)], np.float32), np.full(2, 1.0, np.float32))[:, 0]
    np.testing.assert_allclose(blurred, 0.5 * (1 - 0.5 * 0.19), rtol=1e-4)


def test_canvas_covers_what_it_should():
    canvas = Canvas(np.random.default_rng(0), 40, 30)
    white = np.ones(3, np.float32)
    canvas.rectangle((10, 5), (20, 25), white, texture=0.0)
    assert canvas.alpha[6:25, 11:20].min() == 1
    assert canvas.alpha[:4].max() == 0
    assert canvas.alpha[:, 22:].max() == 0
    canvas.fill([np.array([(-50, -50), (-40, -50), (-40, -40)])], white)  # outside: nothing
    canvas.fill([np.array([(-1e9, 30), (1e9, 30), (1e9, 1e9), (-1e9, 1e9)])], 0.5 * white, texture=0.0)
    assert canvas.alpha[32:].min() == 1
    np.testing.assert_allclose(canvas.planes[:, 32:], 0.5)
    half = Canvas(np.random.default_rng(0), 8, 8)
    half.fill([np.array([(-2, -2), (10, -2), (10, 10), (-2, 10)])], white, opacity=0.5, texture=0.0)
    np.testing.assert_allclose(half.planes, 0.5, atol=1e-6)  # premultiplied
    np.testing.assert_allclose(half.alpha, 0.5, atol=1e-6)


def test_limbs_and_balls_have_their_size():
    canvas = Canvas(np.random.default_rng(0), 60, 60)
    canvas.limb((np.array([20.0, 10.0]), np.array([20.0, 40.0])), (5.0, 5.0), np.ones(3, np.float32))
    assert canvas.alpha[25, 15:26].min() >= 0.5
    assert canvas.alpha[25, [14, 26]].max() == 0
    # A capsule of 30 x 10 pixels and two half discs.
    assert canvas.alpha.sum() == pytest.approx(300 + np.pi * 25, rel=0.02)
    ball = Canvas(np.random.default_rng(0), 60, 60)
    ball.ellipse((30.0, 30.0), (10.0, 10.0), np.ones(3, np.float32), ball=0.7)
    assert ball.alpha.sum() == pytest.approx(np.pi * 100, rel=0.02)
    assert ball.planes[0, 24:28, 30].mean() > ball.planes[0, 33:37, 30].mean(), 'lit from above'
