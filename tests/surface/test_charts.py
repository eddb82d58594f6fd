"""The charted mesh and its checks."""

import itertools

import numpy as np
import pytest

from mmspd.surface.charts import Surface
from tests.surface.spheres import chart_sphere

# Two triangles of part 2 beside one of part 5; mesh vertices 1 and 2 lie on the seam, 4 in no chart.
WHOLE = {
    'vertex_of': np.array([0, 1, 2, 3, 1, 2, 3]),
    'part_of': np.array([2, 2, 2, 2, 5, 5, 5]),
    'uv': np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [0, 1]], dtype=np.float64),
    'faces': np.array([[0, 1, 2], [1, 3, 2], [4, 6, 5]]),
    'num_vertices': 5,
    'name': 'small',
}


def small(**changes):
    return Surface(**(WHOLE | changes))


def test_arrays_are_kept_as_read_only_copies_of_fixed_types():
    uv = WHOLE['uv'].copy()
    surface = small(uv=uv)
    uv[0] = 0.5
    assert surface.uv[0].tolist() == [0, 0]
    kept = (surface.vertex_of, surface.part_of, surface.uv, surface.faces)
    assert [array.dtype.name for array in kept] == ['int32', 'uint8', 'float32', 'int32']
    assert not any(array.flags.writeable for array in kept)


def test_parts_have_their_own_vertices_and_faces():
    surface = small()
    assert sorted(surface.parts) == [2, 5]
    assert surface.parts[2].chart_vertices.tolist() == [0, 1, 2, 3]
    assert surface.parts[2].faces.tolist() == [0, 1]
    assert surface.parts[5].faces.tolist() == [2]
    np.testing.assert_array_equal(surface.parts[5].corners, [[[0, 0], [0, 1], [1, 0]]])
    assert surface.mesh_faces.tolist() == [[0, 1, 2], [1, 3, 2], [1, 3, 2]]
    assert surface.parts is surface.parts


def test_every_chart_vertex_of_a_mesh_vertex():
    starts, chart_vertices = small().charts_of_vertex
    packed = [chart_vertices[a:b].tolist() for a, b in itertools.pairwise(starts)]
    assert packed == [[0], [1, 4], [2, 5], [3, 6], []]


def test_a_surface_may_have_no_faces():
    assert small(faces=np.zeros((0, 3), int)).parts[5].faces.shape == (0,)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'vertex_of': np.zeros(0, int)}, r"surface 'small': expected vertex_of \(C,\) with C > 0"),
        ({'vertex_of': np.zeros((7, 1), int)}, 'expected vertex_of'),
        ({'vertex_of': WHOLE['vertex_of'] + 0.0}, 'vertex_of .* of whole numbers, got .* float64'),
        ({'vertex_of': WHOLE['vertex_of'] - 1}, r'vertex_of of 0..4, got -1..2'),
        ({'num_vertices': 3}, r'vertex_of of 0..2, got 0..3'),
        ({'part_of': WHOLE['part_of'][:-1]}, r'part_of \(7,\)'),
        ({'part_of': WHOLE['part_of'] * 0}, 'part_of of 1..24, got 0..0'),
        ({'part_of': WHOLE['part_of'] * 5}, 'part_of of 1..24, got 10..25'),
        ({'part_of': WHOLE['part_of'] + 256}, 'part_of of 1..24'),
        ({'uv': WHOLE['uv'][:, :1]}, r'uv \(7, 2\) of floats'),
        ({'uv': WHOLE['uv'].astype(int)}, r'uv \(7, 2\) of floats'),
        ({'uv': WHOLE['uv'] * 1.01}, 'uv of 0..1, got 0..1.01'),
        ({'uv': WHOLE['uv'] * np.nan}, 'uv of 0..1, got nan'),
        ({'faces': WHOLE['faces'][:, :2]}, r'faces \(-1, 3\)'),
        ({'faces': np.array([[0, 1, 7]])}, 'faces of 0..6, got 0..7'),
        ({'faces': np.array([[0, 1, 2], [2, 3, 4]])}, r'face 1 has corners in the parts \[2, 2, 5\]'),
    ],
)
def test_wrong_arrays_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_the_sphere_is_closed():
    surface, positions = chart_sphere()
    np.testing.assert_allclose(np.linalg.norm(positions, axis=1), 1)
    sides = np.sort(surface.mesh_faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, times = np.unique(sides, axis=0, return_counts=True)
    assert (times == 2).all()
    assert len(positions) - len(times) + len(surface.faces) == 2  # Euler
