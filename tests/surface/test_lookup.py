"""From chart coordinates to the surface and back."""

import numpy as np
import pytest

from mmspd.surface import lookup
from mmspd.surface.charts import Surface
from mmspd.surface.lookup import charts_to_points, charts_to_vertices, interpolate, vertices_to_charts
from tests.surface.spheres import chart_sphere
from tests.surface.test_charts import small


@pytest.fixture(scope='module')
def sphere():
    return chart_sphere()


def random_charts(surface, rng, shape):
    """Chart coordinates of random points on faces, with those faces and barycentric coordinates."""
    faces, weights = rng.integers(0, len(surface.faces), shape), rng.dirichlet([1, 1, 1], shape)
    corners = surface.faces[faces]
    return surface.part_of[corners[..., 0]], (weights[..., None] * surface.uv[corners]).sum(-2), faces, weights


def test_nearest_vertex_by_hand():
    # Part 5's chart vertices (0, 0), (1, 0), (0, 1) are the mesh vertices 1, 2, 3.
    vertices = charts_to_vertices(
        small(), np.array([5, 5, 5, 2, 0]), np.array([[0.1, 0.2], [0.6, 0.3], [-0.5, 1.5], [0.9, 0.9], [np.nan, 7]])
    )
    assert vertices.tolist() == [1, 2, 3, 3, -1]


def test_nearest_vertex_as_by_trying_all(sphere):
    surface, _ = sphere
    parts, uv, *_ = random_charts(surface, np.random.default_rng(0), (40, 5))
    apart = np.linalg.norm(surface.uv - uv[..., None, :], axis=-1)
    apart[surface.part_of != parts[..., None]] = np.inf
    np.testing.assert_array_equal(charts_to_vertices(surface, parts, uv), surface.vertex_of[apart.argmin(-1)])


def test_of_equally_near_vertices_the_first_counts(monkeypatch):
    # A square of 30 x 30 vertices, each there twice, in random order; asked for at corners and centres of its cells.
    rng = np.random.default_rng(0)
    uv = np.stack(np.meshgrid(*2 * [np.arange(30) / 32]), axis=-1).reshape(-1, 2).repeat(2, axis=0)
    uv = rng.permutation(uv)
    surface = Surface(np.arange(1800), np.full(1800, 7), uv, np.zeros((0, 3), int), 1800)
    wanted = np.concatenate([uv[:500], uv[:500] + 1 / 64])
    expected = [np.hypot(*(surface.uv - point).T).argmin() for point in wanted]
    monkeypatch.setattr(lookup, '_TIES_AT_ONCE', 300)
    found = charts_to_vertices(surface, np.full(1000, 7), wanted)
    np.testing.assert_array_equal(found, expected)
    alone = Surface(np.zeros(1, int), np.ones(1, int), np.zeros((1, 2)), np.zeros((0, 3), int), 1)
    assert charts_to_vertices(alone, np.array([1, 0]), np.full((2, 2), 0.5)).tolist() == [0, -1]


def test_points_on_faces_are_found_again(sphere):
    surface, positions = sphere
    parts, uv, faces, weights = random_charts(surface, np.random.default_rng(1), (50, 4))
    points = charts_to_points(surface, parts, uv)
    np.testing.assert_array_equal(points.faces, faces)
    np.testing.assert_allclose(points.weights, weights, atol=1e-6)
    assert (points.distance == 0).all()
    expected = (weights[..., None] * positions[surface.vertex_of[surface.faces[faces]]]).sum(-2)
    np.testing.assert_allclose(interpolate(surface, points, positions), expected, atol=1e-6)


def test_beside_the_part_the_nearest_triangle_counts():
    # Part 5 is the triangle (0, 0), (1, 0), (0, 1), with its corners in the order 0, 2, 1.
    points = charts_to_points(small(), np.full(3, 5), np.array([[0.25, -0.5], [1.0, 1.0], [-0.3, -0.4]]))
    assert points.faces.tolist() == [2, 2, 2]
    np.testing.assert_allclose(points.weights, [[0.75, 0, 0.25], [0, 0.5, 0.5], [1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(points.distance, [0.5, 0.5**0.5, 0.5], atol=1e-12)


def test_background_has_no_point(sphere):
    surface, positions = sphere
    points = charts_to_points(surface, np.array([0, 3]), np.array([[np.nan, np.inf], [0.5, 0.5]]))
    assert points.faces[0] == -1
    assert points.weights[0].tolist() == [0, 0, 0]
    assert points.distance.tolist() == [0, 0]
    found = interpolate(surface, points, positions)
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(np.linalg.norm(found[1]), 1, atol=0.05)


def test_triangles_without_area_count_as_their_edges():
    uv = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    points = charts_to_points(small(uv=uv), np.array([5]), np.array([[0.5, 0.75]]))
    assert points.distance.tolist() == [0.25]
    np.testing.assert_allclose(points.weights.sum(axis=1), 1)


def test_vertices_and_back():
    parts, uv = vertices_to_charts(small(), np.array([[0, 1], [3, 4], [-1, 2]]))
    # Vertices 1, 2 and 3 are in both parts: the first chart vertex, that in part 2, is chosen. 4 is in none.
    assert parts.tolist() == [[2, 2], [2, 0], [0, 2]]
    assert parts.dtype == np.uint8
    assert uv.tolist() == [[[0, 0], [1, 0]], [[1, 1], [0, 0]], [[0, 0], [0, 1]]]
    assert charts_to_vertices(small(), parts, uv).tolist() == [[0, 1], [3, -1], [-1, 2]]


def test_nobody(sphere):
    surface, _ = sphere
    none, no_uv = np.zeros(0, np.uint8), np.zeros((0, 2))
    assert charts_to_vertices(surface, none, no_uv).shape == (0,)
    assert charts_to_points(surface, none, no_uv).weights.shape == (0, 3)
    assert vertices_to_charts(surface, np.zeros(0, int))[1].shape == (0, 2)


@pytest.mark.parametrize('look_up', [charts_to_vertices, charts_to_points])
@pytest.mark.parametrize(
    ('parts', 'uv', 'message'),
    [
        ([2, 25], [[0, 0], [0, 0]], r'parts of 0..24, got 2..25'),
        ([-1], [[0, 0]], r'parts of 0..24, got -1..-1'),
        ([2, 5], [[0, 0], [np.nan, 0]], r'finite U, V .* got \[nan, 0.0\] at point \(1,\)'),
        ([2], [[0, np.inf]], 'finite U, V'),
        ([2], [[1e308, 1]], 'finite U, V of about 0..1'),
        ([3], [[0, 0]], r"surface 'small' has no part 3; it has \[2, 5\]"),
        ([2.0], [[0, 0]], 'whole numbers'),
        ([2, 5], [[0, 0]], r'got \(2,\) of int64 and \(1, 2\)'),
    ],
)
def test_wrong_coordinates_are_refused(look_up, parts, uv, message):
    with pytest.raises(ValueError, match=message):
        look_up(small(), np.array(parts), np.array(uv, dtype=float))


def test_wrong_vertices_and_values_are_refused():
    with pytest.raises(ValueError, match=r'vertices of -1..4, got 0..5'):
        vertices_to_charts(small(), np.array([0, 5]))
    with pytest.raises(ValueError, match='whole numbers'):
        vertices_to_charts(small(), np.array([0.0]))
    with pytest.raises(ValueError, match='part 5 has no faces'):
        charts_to_points(small(faces=np.array([[0, 1, 2]])), np.array([5]), np.zeros((1, 2)))
    points = charts_to_points(small(), np.array([5]), np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r'values \(5, K\), got shape \(4, 3\)'):
        interpolate(small(), points, np.zeros((4, 3)))
