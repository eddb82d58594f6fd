"""DensePose's own chart table."""

import pickle

import numpy as np
import pytest
from scipy.io import savemat

from mmspd.surface import matlab_files
from mmspd.surface.densepose_files import read_densepose_surface
from mmspd.surface.lookup import charts_to_points, charts_to_vertices, vertices_to_charts

# Two triangles of part 3 and one of part 24.
FIELDS = {
    'All_Faces': np.array([[1, 2, 3], [2, 4, 3], [5, 6, 7]], dtype=np.uint32),
    'All_FaceIndices': np.array([[3], [3], [24]], dtype=np.uint8),
    'All_U_norm': np.array([[0], [1], [0], [1], [0.25], [1], [0.5]]),
    'All_V_norm': np.array([[0], [0], [1], [1], [0.75], [0], [1]]),
    'All_vertices': np.array([[1, 20, 300, 4000, 20, 4000, 6890]], dtype=np.uint32),
}


def write(tmp_path, **changes):
    path = tmp_path / 'UV.mat'
    savemat(path, {name: value for name, value in (FIELDS | changes).items() if value is not None}, do_compression=True)
    return path


def test_numbers_are_counted_from_zero(tmp_path):
    surface = read_densepose_surface(write(tmp_path))
    assert surface.vertex_of.tolist() == [0, 19, 299, 3999, 19, 3999, 6889]
    assert surface.part_of.tolist() == [3, 3, 3, 3, 24, 24, 24]
    assert surface.faces.tolist() == [[0, 1, 2], [1, 3, 2], [4, 5, 6]]
    assert surface.uv[4].tolist() == [0.25, 0.75]
    assert (surface.num_vertices, surface.name) == (6890, 'densepose')


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'All_vertices': None}, 'the field All_vertices is missing'),
        ({'All_Faces': FIELDS['All_Faces'] - 1}, r'All_Faces of 1..7, got 0..6'),
        ({'All_Faces': FIELDS['All_Faces'] + 1}, r'All_Faces of 1..7, got 2..8'),
        ({'All_Faces': FIELDS['All_Faces'][:, :2]}, r'All_Faces \(F, 3\)'),
        ({'All_Faces': FIELDS['All_Faces'] + 0.5}, 'whole numbers in All_Faces'),
        ({'All_FaceIndices': np.array([[3], [3]])}, r'2 numbers'),
        ({'All_FaceIndices': np.array([[3], [3], [25]])}, r'All_FaceIndices of 1..24, got 3..25'),
        ({'All_FaceIndices': np.array([[3], [4], [24]])}, 'face 0 has corners in the parts'),
        ({'All_U_norm': FIELDS['All_U_norm'] * 2}, r'uv of 0..1, got 0..2'),
        ({'All_U_norm': FIELDS['All_U_norm'] * np.nan}, 'finite numbers in All_U_norm'),
        ({'All_V_norm': FIELDS['All_V_norm'][:6]}, 'expected 7 numbers in All_V_norm'),
        ({'All_V_norm': 'text'}, 'finite numbers in All_V_norm'),
        ({'All_V_norm': {'a': 1}}, 'finite numbers in All_V_norm'),
        ({'All_vertices': FIELDS['All_vertices'] + 1}, r'All_vertices of 1..6890, got 2..6891'),
        ({'All_Faces': np.array([[1, 2, 3], [2, 4, 3], [5, 5, 7]])}, 'chart vertex 6 belongs to no face'),
        ({'All_Faces': np.zeros((0, 3)), 'All_FaceIndices': np.zeros((0, 1))}, r'All_Faces \(F, 3\)'),
    ],
)
def test_wrong_fields_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_densepose_surface(write(tmp_path, **changes))
    assert 'UV.mat' in str(caught.value)


def test_too_much_is_refused(tmp_path, monkeypatch):
    path = write(tmp_path)
    monkeypatch.setattr(matlab_files, '_LARGEST_FIELD', 8)
    with pytest.raises(ValueError, match=r'All_Faces claims the shape \(3, 3\)'):
        read_densepose_surface(path)
    monkeypatch.setattr(matlab_files, '_LARGEST_FILE', 100)
    with pytest.raises(ValueError, match='at most 100 bytes'):
        read_densepose_surface(path)


@pytest.mark.parametrize('keep', [0, 1, 100, 200, 400])
def test_truncated_files_are_refused(tmp_path, keep):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r'UV\.mat: not a chart table of DensePose, or damaged'):
        read_densepose_surface(path)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / 'UV.mat'
    path.write_bytes(b'PK\3\4' + bytes(500))
    with pytest.raises(ValueError, match=r'UV\.mat: not a chart table'):
        read_densepose_surface(path)
    with pytest.raises(FileNotFoundError):
        read_densepose_surface(tmp_path / 'none.mat')


def test_scattered_damage_never_gives_another_error(tmp_path):
    path = write(tmp_path)
    whole = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        damaged = whole.copy()
        damaged[rng.integers(0, len(whole), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            read_densepose_surface(path)
        except ValueError as error:
            refused += 'UV.mat' in str(error)
    assert refused > 100


class NumpyOnly(pickle.Unpickler):
    """Reads plain numpy arrays, and calls nothing else that a pickle may name."""

    def find_class(self, module, name):
        reconstruct = np.zeros(0).__reduce__()[0]  # numpy 1 and 2 keep it in different places
        allowed = {'_reconstruct': reconstruct, 'ndarray': np.ndarray, 'dtype': np.dtype}
        if module not in ('numpy', 'numpy.core.multiarray') or name not in allowed:
            raise pickle.UnpicklingError(f'{module}.{name}')
        return allowed[name]


def test_the_real_table_holds_the_real_points(real_data):
    surface = read_densepose_surface(real_data / 'uv' / 'UV_Processed.mat')
    assert (len(surface.vertex_of), len(surface.faces)) == (7829, 13774)
    assert sorted(surface.parts) == list(range(1, 25))
    with (real_data / 'densepose' / 'demo_dp_single_ann.pkl').open('rb') as stream:
        points = NumpyOnly(stream, encoding='latin1').load()
    parts, uv = points['I'].astype(int), np.stack([points['U'], points['V']], axis=1)
    assert len(parts) == 125
    assert (charts_to_points(surface, parts, uv).distance == 0).all()
    # U and V the other way round do not fit: the check above can fail.
    assert (charts_to_points(surface, parts, uv[:, ::-1]).distance > 0).any()
    vertices = charts_to_vertices(surface, surface.part_of, surface.uv)
    # A few chart vertices lie at one place of their part.
    assert (vertices == surface.vertex_of).mean() > 0.99
    assert (vertices_to_charts(surface, np.arange(6890))[0] > 0).all()
