"""The table of distances between mesh vertices."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import squareform

from mmspd.surface import geodesics
from mmspd.surface.body_file import body_surface, read_body
from mmspd.surface.geodesics import GeodesicTable, body_table, build_table, load_table, save_table
from mmspd.surface.mesh_geodesics import MeshGeodesics
from tests.surface.spheres import chart_sphere
from tests.surface.test_mesh_geodesics import CUBE, CUBE_FACES

# Vertices 0..5; landmarks 2, 0, 0, 1, 3 and none.
LANDMARK_OF = np.array([2, 0, 0, 1, 3, -1])
# Pairs 0-1, 0-2, 0-3, 1-2, 1-3, 2-3; 0-3 are not joined.
STORED = np.array([10, 20, 65535, 40, 50, 60], dtype=np.uint16)


@pytest.fixture(scope='module')
def sphere_table():
    surface, positions = chart_sphere()
    mesh = MeshGeodesics.of_mesh(positions, surface.mesh_faces, 1)
    return mesh, build_table(mesh, 40)


def test_distances_by_hand():
    table = GeodesicTable(LANDMARK_OF, STORED, unit=0.01)
    assert table.num_landmarks == 4
    first, second = np.array([0, 1, 1, 3, 0, 1, 5, 5, -1, 4]), np.array([1, 0, 2, 4, 4, 4, 5, 0, 3, 4])
    found = table.between(first, second)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [0.2, 0.2, 0, 0.5, 0.6, np.inf, np.inf, np.inf, np.inf, 0], rtol=1e-6)
    np.testing.assert_array_equal(table.between(second, first), found)


def test_shapes_broadcast():
    table = GeodesicTable(LANDMARK_OF, STORED, unit=0.01)
    whole = table.between(np.arange(6)[:, None], np.arange(6))
    assert whole.shape == (6, 6)
    assert whole[3, 1] == np.float32(0.1)
    assert table.between(np.zeros(0, int), np.zeros(0, int)).shape == (0,)
    assert float(table.between(np.int64(0), np.int64(3))) == pytest.approx(0.4)


def test_every_pair_of_a_larger_table():
    rng = np.random.default_rng(0)
    square = np.triu(rng.random((30, 30)), 1)
    square += square.T
    table = GeodesicTable(np.arange(30), squareform(square).astype(np.float32))
    np.testing.assert_array_equal(table.between(np.arange(30)[:, None], np.arange(30)), square.astype(np.float32))


def test_a_map_of_the_disk_is_not_copied(tmp_path):
    # As large as DensePose's own table, 1.5 GB, of which the disk holds nothing but the zeros' size.
    count = 27554
    pairs = count * (count - 1) // 2
    stored = np.memmap(tmp_path / 'table', dtype=np.float32, mode='w+', shape=(pairs,))
    stored[[0, count - 2, count - 1, pairs - 1]] = [1, 2, 3, 4]
    table = GeodesicTable(np.arange(count), stored)
    assert table.distances is stored
    assert table.num_landmarks == count
    first, second = np.array([0, 0, 1, count - 1]), np.array([1, count - 1, 2, count - 2])
    assert table.between(first, second).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize('value', [-1.0, np.nan])
def test_damaged_entries_are_refused_when_they_are_read(value):
    table = GeodesicTable(np.arange(3), np.array([1.0, value, 2.0]))
    assert table.between(np.array([0]), np.array([1])).tolist() == [1]
    with pytest.raises(ValueError, match='negative distance or NaN'):
        table.between(np.array([0]), np.array([2]))


def test_one_landmark():
    table = GeodesicTable(np.array([0, 0, -1]), np.zeros(0, np.float32))
    assert table.between(np.array([0, 0, 0]), np.array([1, 2, -1])).tolist() == [0, np.inf, np.inf]


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'landmark_of': LANDMARK_OF[None]}, r'landmark_of \(V,\)'),
        ({'landmark_of': LANDMARK_OF / 1}, 'whole numbers'),
        ({'landmark_of': LANDMARK_OF + 1}, r'landmarks of -1..3, got 0..4|got -1..4'),
        ({'landmark_of': LANDMARK_OF - 1}, r'landmarks of -1..3, got -2..2'),
        ({'distances': STORED[None]}, r'distances \(D,\)'),
        ({'distances': STORED.astype(np.int32)}, 'uint16 or floats'),
        ({'distances': STORED[:5], 'landmark_of': LANDMARK_OF.clip(-1, 1)}, 'for each pair of 3 landmarks, 3, got 5'),
        ({'unit': 0.0}, 'unit above 0'),
        ({'unit': np.nan}, 'unit above 0'),
        ({'snap_mean': 2.0, 'snap_max': 1.0}, 'mean snap 2.0, largest 1.0'),
        ({'snap_max': np.inf}, 'largest inf'),
    ],
)
def test_wrong_tables_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        GeodesicTable(**({'landmark_of': LANDMARK_OF, 'distances': STORED} | changes))


@pytest.mark.parametrize('vertex', [-2, 6])
def test_vertices_out_of_range_are_refused(vertex):
    with pytest.raises(ValueError, match=r'mesh vertices of -1\.\.5'):
        GeodesicTable(LANDMARK_OF, STORED).between(np.array([0]), np.array([vertex]))
    with pytest.raises(ValueError, match='whole numbers'):
        GeodesicTable(LANDMARK_OF, STORED).between(np.array([0.0]), np.array([0]))


def test_built_tables_err_by_the_snap_at_most(sphere_table):
    mesh, table = sphere_table
    vertices = np.arange(mesh.num_vertices)
    exact = mesh.distances(vertices)
    error = abs(table.between(vertices[:, None], vertices) - exact)
    assert error.max() <= 2 * table.snap_max + 1e-4
    assert 0 < table.snap_mean < table.snap_max < 0.5
    # 40 caps that cover the unit sphere: each has at least a 40th of its area.
    assert table.snap_max > np.arccos(1 - 2 / 40)


def test_with_every_vertex_a_landmark_only_rounding_is_left():
    mesh = MeshGeodesics.of_mesh(CUBE, CUBE_FACES, 3)
    table = build_table(mesh, 8)
    assert table.snap_max == 0
    found = table.between(np.arange(8)[:, None], np.arange(8))
    np.testing.assert_allclose(found, mesh.distances(np.arange(8)), atol=5.1e-5)


def test_pieces_and_loose_vertices_are_infinitely_far():
    vertices = np.concatenate([CUBE, CUBE + 5, [[9, 9, 9]]])
    table = build_table(MeshGeodesics.of_mesh(vertices, np.concatenate([CUBE_FACES, CUBE_FACES + 8]), 0), 16)
    assert np.isinf(table.between(np.array([0, 8, 16]), np.array([8, 0, 16]))).all()
    assert table.between(np.array([8]), np.array([9])).tolist() == [1]


def test_what_no_table_can_hold_is_refused():
    with pytest.raises(ValueError, match=r'below 6.55 m, got 24\.'):
        build_table(MeshGeodesics.of_mesh(CUBE * 10, CUBE_FACES, 0), 8)
    with pytest.raises(ValueError, match=r'1..32767 landmarks, got 0'):
        build_table(MeshGeodesics.of_mesh(CUBE, CUBE_FACES, 0), 0)


def test_saved_and_read_again(tmp_path, sphere_table):
    _, table = sphere_table
    path = tmp_path / 'table.npz'
    save_table(table, path)
    again = load_table(path)
    np.testing.assert_array_equal(again.landmark_of, table.landmark_of)
    np.testing.assert_array_equal(again.distances, table.distances)
    for name in ('unit', 'snap_mean', 'snap_max', 'mesh'):
        assert getattr(again, name) == getattr(table, name) > 0
    first = path.read_bytes()
    save_table(table, path)
    assert path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ['table.npz']


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path, monkeypatch):
    path = tmp_path / 'table.npz'
    path.write_bytes(b'before')
    table = GeodesicTable(LANDMARK_OF, STORED)

    def full_disk(stream, **arrays):
        stream.write(b'half')
        raise OSError('No space left on device')

    monkeypatch.setattr(geodesics.np, 'savez_compressed', full_disk)
    with pytest.raises(OSError, match='No space left'):
        save_table(table, path)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b'before']
    with pytest.raises(ValueError, match='table of uint16, got float32'):
        save_table(GeodesicTable(np.zeros(1, int), np.zeros(0, np.float32)), path)


@pytest.mark.parametrize(
    'change', [{'snap': np.array([2.0, 1.0])}, {'unit': np.float64(-1)}, {'distances': STORED[:3]}]
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, change):
    arrays = {
        'landmark_of': LANDMARK_OF.astype(np.int16),
        'distances': STORED,
        'unit': np.float64(1),
        'snap': np.zeros(2),
        'mesh': np.uint32(0),
    }
    path = tmp_path / 'table.npz'
    np.savez(path, **arrays)
    assert load_table(path).num_landmarks == 4
    np.savez(path, **(arrays | change))
    with pytest.raises(ValueError, match=r'table\.npz'):
        load_table(path)


def test_the_bodys_table_matches_the_body():
    table, surface, body = body_table(), body_surface(), read_body()
    assert table.num_landmarks == 1500
    assert table.snap_mean < 0.015
    assert table.snap_max < 0.03
    assert geodesics.GEODESICS_FILE.stat().st_size <= 2.3e6
    # A coarse graph gives an upper bound; the straight line through the air a lower one.
    mesh = MeshGeodesics.of_mesh(body['template'], surface.mesh_faces, 1)
    rng = np.random.default_rng(0)
    first = rng.choice(mesh.members, 4, replace=False)
    found = table.between(first[:, None], mesh.members)
    coarse = mesh.distances(first)[:, mesh.members]
    air = np.linalg.norm(body['template'][first][:, None] - body['template'][mesh.members], axis=2)
    slack = 2 * table.snap_max
    assert (found <= coarse + slack).all()
    assert (found >= air - slack).all()
    # Mean error against the coarse graph, which is about 1.6 % too long.
    assert abs(found - coarse).mean() < 0.025
    assert np.isinf(table.between(body['eyes_faces'][:, 0].astype(int), first[0])).all()


def test_a_table_of_another_body_is_refused(tmp_path, monkeypatch):
    path = tmp_path / 'other.npz'
    save_table(replace(body_table(), mesh=1), path)
    monkeypatch.setattr(geodesics, 'GEODESICS_FILE', path)
    with pytest.raises(ValueError, match='made for another body'):
        body_table.__wrapped__()


def test_a_truncated_table_is_refused(tmp_path):
    path = tmp_path / 'cut.npz'
    save_table(GeodesicTable(LANDMARK_OF, STORED), path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r'cut\.npz: not an \.npz file'):
        load_table(path)
    assert not zipfile.is_zipfile(path)
