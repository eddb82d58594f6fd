"""The rasteriser beside a slow and independent one, and the rules at edges."""

import numpy as np
import pytest

from mmspd.synthetic.rasterizer import interpolate, rasterize

SQUARE = np.array([[1.0, 1.0], [5.0, 1.0], [5.0, 4.0], [1.0, 4.0]])
SQUARE_FACES = np.array([[0, 1, 2], [0, 2, 3]])


def by_rays(pixels, depth, faces, shape, kept):
    """For each sample the nearest triangle, by solving for barycentric coordinates one triangle at a time."""
    rows, columns = np.indices(shape)
    best, seen = np.full(shape, np.inf), np.full(shape, -1)
    for number, face in enumerate(faces):
        corners = np.concatenate([pixels[face].T, np.ones((1, 3))])
        if abs(np.linalg.det(corners)) < 1e-9:
            continue
        places = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)])
        weights = np.linalg.solve(corners, places) / depth[face, None]
        here = 1 / weights.sum(axis=0)
        inside = (weights >= 0).all(axis=0) & (kept[face] @ weights >= 0)
        nearer = (inside & (here < best.ravel())).reshape(shape)
        best[nearer], seen[nearer] = here.reshape(shape)[nearer], number
    return seen, best


@pytest.mark.parametrize('seed', range(5))
def test_like_a_slow_one(seed):
    rng = np.random.default_rng(seed)
    pixels, depth = rng.uniform(-8, 40, (60, 2)), rng.uniform(0.5, 5, 60)
    faces, kept = rng.integers(0, 60, (40, 3)), rng.normal(0.3, 1, 60)
    raster = rasterize(pixels, depth, faces, (30, 33), kept)
    seen, nearest = by_rays(pixels, depth, faces, (30, 33), kept)
    assert (raster.faces == seen).all()
    assert len(np.unique(seen)) > 10
    assert np.allclose(raster.depth, nearest, rtol=1e-5)
    where = np.nonzero(seen >= 0)
    assert np.allclose(raster.weights[where].sum(axis=1), 1, atol=1e-6)
    assert (raster.weights[seen < 0] == 0).all()


def test_every_sample_of_shared_edges_once():
    """A square of 4 x 3 pixels whose edges and diagonal run through samples: 12 samples, none twice, none free."""
    first = rasterize(SQUARE, np.ones(4), SQUARE_FACES[:1], (6, 7)).faces >= 0
    second = rasterize(SQUARE, np.ones(4), SQUARE_FACES[1:], (6, 7)).faces >= 0
    assert not (first & second).any()
    expected = np.zeros((6, 7), bool)
    expected[1:4, 1:5] = True  # left and top edges belong to it, right and bottom ones do not
    assert ((first | second) == expected).all()


def test_both_sides_are_seen():
    front = rasterize(SQUARE, np.ones(4), SQUARE_FACES, (6, 7)).faces >= 0
    back = rasterize(SQUARE, np.ones(4), SQUARE_FACES[:, ::-1], (6, 7)).faces >= 0
    assert (front == back).all()
    assert front.any()


def test_perspective():
    """Halfway across the picture, a plane from depth 1 to depth 3 is at depth 1.5: (1 / 1 + 1 / 3) / 2 = 1 / 1.5."""
    pixels = np.array([[0.0, -1.0], [10.0, -1.0], [10.0, 11.0], [0.0, 11.0]])
    depth = np.array([1.0, 3.0, 3.0, 1.0])
    raster = rasterize(pixels, depth, SQUARE_FACES, (10, 10))
    assert raster.depth[4, 5] == pytest.approx(1.5)
    # A value that runs from 0 to 1 along the plane has reached (1.5 - 1) / (3 - 1) there.
    value = interpolate(raster, (np.array([4]), np.array([5])), SQUARE_FACES, np.array([[0.0], [1.0], [1.0], [0.0]]))
    assert value[0, 0] == pytest.approx(0.25)


def test_cut_border():
    """With ``kept`` falling from 1 at x = 1 to -1 at x = 5, what is right of x = 3 is gone."""
    raster = rasterize(SQUARE, np.ones(4), SQUARE_FACES, (6, 7), kept=np.array([1.0, -1.0, -1.0, 1.0]))
    assert (np.flatnonzero((raster.faces >= 0).any(axis=0)) == [1, 2, 3]).all()


def test_denser_samples_hold_the_pixel_centres():
    rng = np.random.default_rng(1)
    pixels, depth, faces = rng.uniform(0, 20, (30, 2)), rng.uniform(1, 2, 30), rng.integers(0, 30, (25, 3))
    dense = rasterize(pixels, depth, faces, (2 * 20 + 1, 2 * 18 + 1), first=-0.5, step=0.5)
    assert (dense.faces[1::2, 1::2] == rasterize(pixels, depth, faces, (20, 18)).faces).all()
    assert (dense.faces >= 0).any()


def test_degenerate():
    nothing = rasterize(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 3), np.int32), (2, 3))
    assert (nothing.faces == -1).all()
    assert np.isinf(nothing.depth).all()
    line = rasterize(np.array([[0.0, 0.0], [4.0, 4.0], [2.0, 2.0]]), np.ones(3), np.array([[0, 1, 2]]), (5, 5))
    assert (line.faces == -1).all()
    behind = rasterize(SQUARE, np.array([1.0, 1.0, -1.0, 1.0]), SQUARE_FACES, (6, 7))
    assert (behind.faces == -1).all()
    one = rasterize(np.array([[-1.0, -1.0], [3.0, -1.0], [-1.0, 3.0]]), np.ones(3), np.array([[0, 1, 2]]), (1, 1))
    assert one.faces.tolist() == [[0]]
