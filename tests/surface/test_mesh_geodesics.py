"""Distances on meshes where they are known."""

import numpy as np
import pytest

from mmspd.surface.mesh_geodesics import MeshGeodesics, farthest_points, mesh_checksum
from tests.surface.spheres import chart_sphere

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
# Two triangles a side; corner number is 4 x + 2 y + z.
CUBE_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


def flat_grid(size):
    """A square of ``size`` x ``size`` unit cells, their diagonals all one way."""
    y, x = (axis.ravel() for axis in np.mgrid[: size + 1, : size + 1])
    corner = (np.arange(size)[:, None] * (size + 1) + np.arange(size)).ravel()
    down = corner + size + 1
    faces = np.concatenate([np.stack([corner, corner + 1, down], 1), np.stack([corner + 1, down + 1, down], 1)])
    return np.stack([x, y, 0 * x], axis=1).astype(float), faces


def test_along_edges_alone():
    # 0-7 share no side: over a diagonal of a side and an edge. 0-6 have their diagonal, 1-4 go around.
    distances = MeshGeodesics.of_mesh(CUBE, CUBE_FACES, points_per_edge=0).distances(np.array([0, 1]))
    np.testing.assert_allclose(distances[0, [0, 1, 6, 7]], [0, 1, 2**0.5, 1 + 2**0.5])
    np.testing.assert_allclose(distances[1, 4], 2)


def test_unfolded_box():
    # Over two sides laid flat, 0-7 are the corners of a rectangle of 1 x 2; 1-4 lie on one side.
    distances = MeshGeodesics.of_mesh(CUBE, CUBE_FACES, points_per_edge=9).distances(np.array([0, 1]))
    assert distances[0, 7] >= 5**0.5 - 1e-12
    np.testing.assert_allclose(distances[0, 7], 5**0.5, rtol=1e-3)
    np.testing.assert_allclose(distances[1, 4], 2**0.5, rtol=1e-12)


def test_middle_of_an_edge_is_hit_exactly():
    # The path 0-7 crosses one diagonal's middle and one edge's middle: with one point on each edge it is exact.
    distances = MeshGeodesics.of_mesh(CUBE, CUBE_FACES, points_per_edge=1).distances(np.array([0]))
    np.testing.assert_allclose(distances[0, 7], 5**0.5, rtol=1e-12)


@pytest.mark.parametrize(('per_edge', 'mean', 'largest'), [(1, 0.042, 0.085), (3, 0.014, 0.03), (7, 0.004, 0.009)])
def test_on_a_plane_distances_are_straight(per_edge, mean, largest):
    positions, faces = flat_grid(12)
    found = MeshGeodesics.of_mesh(positions, faces, per_edge).distances(np.array([0, 90]))
    exact = np.linalg.norm(positions - positions[[0, 90], None], axis=2)
    assert (found >= exact - 1e-9).all()
    excess = (found - exact)[exact > 0] / exact[exact > 0]
    assert excess.mean() < mean
    assert excess.max() < largest


def test_on_a_sphere_distances_are_arcs():
    surface, positions = chart_sphere(cells=8)
    sources = np.array([0, 100, 301])
    found = MeshGeodesics.of_mesh(positions, surface.mesh_faces, 7).distances(sources)
    exact = np.arccos(np.clip(positions[sources] @ positions.T, -1, 1))
    # Chords are shorter than arcs: an edge of about 0.1 by (0.1)^2 / 24; paths in the graph are a little longer.
    relative = (found / np.where(exact > 0, exact, 1) - 1)[exact > 0.2]
    assert relative.min() > -0.0015
    assert relative.max() < 0.012
    assert abs(relative).mean() < 0.002


def test_repeated_faces_and_points_at_one_place_change_nothing():
    twice = np.concatenate([CUBE_FACES, CUBE_FACES[:, ::-1]])
    once = MeshGeodesics.of_mesh(CUBE, CUBE_FACES, 2).distances(np.array([3]))
    np.testing.assert_array_equal(MeshGeodesics.of_mesh(CUBE, twice, 2).distances(np.array([3])), once)
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [3, 0, 0]], dtype=float)
    line = MeshGeodesics.of_mesh(vertices, np.array([[0, 1, 2], [1, 2, 3]]), 1)
    np.testing.assert_allclose(line.distances(np.array([0]))[0], [0, 1, 1, 3])


def test_pieces_do_not_reach_each_other_and_loose_vertices_take_no_part():
    vertices = np.concatenate([CUBE, CUBE + 5, [[9, 9, 9]]])
    mesh = MeshGeodesics.of_mesh(vertices, np.concatenate([CUBE_FACES, CUBE_FACES + 8]), 1)
    distances = mesh.distances(np.array([0]))[0]
    assert np.isfinite(distances[:8]).all()
    assert np.isinf(distances[8:]).all()
    assert mesh.members.tolist() == list(range(16))
    landmarks, nearest, snap = farthest_points(mesh, 2)
    assert landmarks.tolist() == [0, 8]
    assert nearest.tolist() == [0] * 8 + [1] * 8 + [-1]
    assert np.isinf(snap[16])


def test_limit_leaves_out_what_is_farther():
    distances = MeshGeodesics.of_mesh(CUBE, CUBE_FACES, 3).distances(np.array([0]), limit=1.1)[0]
    np.testing.assert_allclose(distances, [0, 1, 1, np.inf, 1, np.inf, np.inf, np.inf])


def test_landmarks_are_the_farthest_each_time():
    positions, faces = flat_grid(6)
    mesh = MeshGeodesics.of_mesh(positions, faces, 2)
    landmarks, nearest, snap = farthest_points(mesh, 9)
    whole = mesh.distances(landmarks)
    assert landmarks[0] == 0
    for count in range(1, 9):
        left = whole[:count].min(axis=0)
        assert left[landmarks[count]] == pytest.approx(left.max(), abs=1e-12)
    np.testing.assert_array_equal(snap, whole.min(axis=0))
    np.testing.assert_array_equal(whole[nearest, np.arange(len(positions))], snap)


def test_no_more_landmarks_than_places():
    landmarks, _, snap = farthest_points(MeshGeodesics.of_mesh(CUBE, CUBE_FACES, 0), 20)
    assert sorted(landmarks.tolist()) == list(range(8))
    assert (snap == 0).all()


@pytest.mark.parametrize(
    ('vertices', 'faces', 'per_edge', 'message'),
    [
        (CUBE[:, :2], CUBE_FACES, 1, r'vertices \(V, 3\)'),
        (CUBE * np.nan, CUBE_FACES, 1, 'finite vertices'),
        (CUBE, CUBE_FACES[:0], 1, 'F > 0'),
        (CUBE, CUBE_FACES + 0.5, 1, 'whole numbers'),
        (CUBE, CUBE_FACES + 1, 1, r'faces of 0..7, got 1..8'),
        (CUBE, CUBE_FACES, -1, 'got -1'),
    ],
)
def test_wrong_meshes_are_refused(vertices, faces, per_edge, message):
    with pytest.raises(ValueError, match=message):
        MeshGeodesics.of_mesh(vertices, faces, per_edge)


def test_checksum_tells_meshes_apart_and_leaves_out_loose_vertices():
    own = MeshGeodesics.of_mesh(CUBE, CUBE_FACES).checksum
    assert own == mesh_checksum(CUBE.astype(np.float32), CUBE_FACES.astype(np.uint16))
    assert own == mesh_checksum(np.concatenate([CUBE, [[9, 9, 9]]]), CUBE_FACES)
    moved = CUBE.copy()
    moved[7, 2] += 1e-4
    assert len({own, mesh_checksum(moved, CUBE_FACES), mesh_checksum(CUBE, CUBE_FACES[:, ::-1])}) == 3


def test_no_landmarks_are_refused():
    with pytest.raises(ValueError, match='at least one landmark, got 0'):
        farthest_points(MeshGeodesics.of_mesh(CUBE, CUBE_FACES), 0)
