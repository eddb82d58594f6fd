"""The embedded body's file, whole and damaged."""

import io
import zipfile

import numpy as np
import pytest

from mmspd.surface.archives import LARGEST_ARCHIVE, ArraySpec, read_arrays
from mmspd.surface.body_file import BODY_FILE, body_surface, read_body
from mmspd.surface.lookup import charts_to_points, charts_to_vertices, interpolate

SPECS = {'a': ArraySpec('float32', ('N', 3)), 'b': ArraySpec('uint16', ('N',))}


@pytest.fixture(scope='module')
def arrays():
    return dict(read_body())


def save(tmp_path, arrays, **changes):
    path = tmp_path / 'body.npz'
    np.savez(path, **{name: value for name, value in (arrays | changes).items() if value is not None})
    return path


def packed(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def write_members(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, 'w', method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


GOOD = {'a.npy': packed(np.ones((2, 3), np.float32)), 'b.npy': packed(np.array([5, 6], np.uint16))}


def test_the_body_is_read_once_and_cannot_be_changed(arrays):
    assert read_body() is read_body()
    np.testing.assert_array_equal(read_body(BODY_FILE)['template'], arrays['template'])
    assert not any(array.flags.writeable for array in arrays.values())
    with pytest.raises(TypeError):
        read_body()['template'] = None
    assert body_surface() is body_surface()


def test_the_body_stands_as_agreed(arrays):
    template, surface = arrays['template'], body_surface()
    skin = template[np.unique(surface.mesh_faces)]
    assert 1.4 < np.ptp(skin[:, 2]) < 2.0  # height in metres, z up
    assert sorted(surface.parts) == list(range(1, 25))
    middle = {
        part: template[surface.mesh_faces[chart.faces]].mean(axis=(0, 1)) for part, chart in surface.parts.items()
    }
    left = (4, 5, 8, 10, 12, 14, 15, 17, 19, 21, 24)
    assert all(middle[part][0] > 0.01 for part in left)  # the body's left is +x
    assert all(middle[part][0] < -0.01 for part in (3, 6, 7, 9, 11, 13, 16, 18, 20, 22, 23))
    # Faces -y: fronts lie before backs. Feet are low, the head is high.
    assert all(
        middle[f][1] < middle[b][1] for f, b in ((2, 1), (9, 7), (10, 8), (13, 11), (14, 12), (15, 17), (16, 18))
    )
    assert middle[5][2] < middle[14][2] < middle[10][2] < middle[2][2] < middle[24][2]
    mirrored = template[arrays['mirror_vertex']] * [-1, 1, 1]
    assert abs(mirrored - template).max() < 2e-3


def test_coordinates_in_bytes_find_the_place_again(arrays):
    """U, V as whole 255ths, as pictures hold them: the round trip errs by less than 5 mm in the mean."""
    surface, template = body_surface(), arrays['template'].astype(np.float64)
    rng = np.random.default_rng(0)
    corners = template[surface.mesh_faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    faces = rng.choice(len(area), 3000, p=area / area.sum())
    weights = rng.dirichlet([1, 1, 1], 3000)
    uv = (weights[..., None] * surface.uv[surface.faces[faces]]).sum(1)
    parts, places = surface.part_of[surface.faces[faces, 0]], (weights[..., None] * corners[faces]).sum(1)
    exact = charts_to_points(surface, parts, uv)
    assert (exact.faces == faces).mean() > 0.999
    coarse = charts_to_points(surface, parts, np.rint(uv * 255) / 255)
    assert np.linalg.norm(interpolate(surface, coarse, template) - places, axis=1).mean() < 0.005
    nearest = template[charts_to_vertices(surface, parts, uv)]
    assert np.linalg.norm(nearest - places, axis=1).mean() < 0.02


@pytest.mark.parametrize('name', sorted(read_body()))
def test_every_array_is_needed_in_its_type_and_number_of_axes(tmp_path, arrays, name):
    with pytest.raises(ValueError, match=rf"body\.npz: the array '{name}' is missing"):
        read_body(save(tmp_path, arrays, **{name: None}))
    other = np.array(['0']) if arrays[name].dtype.kind != 'U' else np.zeros(len(arrays[name]))
    with pytest.raises(ValueError, match=rf"body\.npz, array '{name}': expected \w+, got "):
        read_body(save(tmp_path, arrays, **{name: other}))
    with pytest.raises(ValueError, match=rf"body\.npz, array '{name}': expected shape"):
        read_body(save(tmp_path, arrays, **{name: arrays[name][None]}))


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ('name', 'index', 'value', 'message'),
    [
        ('template', (3, 1), np.nan, "array 'template': expected finite metres of at most 10"),
        ('template', (3, 1), 11, "array 'template': expected finite metres"),
        ('bone_heads', (0, 0), np.inf, "array 'bone_heads': expected finite metres"),
        ('shapes', (0, 0), np.nan, "array 'shapes': expected numbers of at most 20"),
        ('basis_scale', (), 0, "array 'basis_scale'"),
        ('basis_scale', (), np.nan, "array 'basis_scale'"),
        ('mirror_vertex', 0, 65535, "array 'mirror_vertex': expected numbers of 0..16917, rows of 'template'"),
        ('mirror_vertex', 0, 9, "array 'mirror_vertex': expected each vertex to be the mirror image"),
        ('chart_vertex', 0, 60000, "array 'chart_vertex': expected numbers"),
        ('chart_faces', (0, 0), 60000, "array 'chart_faces': expected numbers .* rows of 'chart_vertex'"),
        ('chart_part', 0, 25, r'arrays chart_\*: .* part_of of 1..24'),
        ('chart_part', 0, 0, r'arrays chart_\*: .* part_of of 1..24'),
        ('bone_parents', 2, 2, "array 'bone_parents': expected each parent before"),
        ('bone_parents', 2, -2, "array 'bone_parents'"),
        ('bone_parents', 2, -1, "array 'bone_parents': expected one root"),
        ('bone_names', 2, 'root', "array 'bone_names': expected names that differ"),
        ('shapes', (0, 0), 60000, "array 'shapes': expected numbers of at most 20"),
        ('weight_bones', (0, 0), 255, "array 'weight_bones': expected numbers"),
        ('weights', 0, 0, "array 'weights': expected weights that sum to 65535"),
        ('skirt_faces', (0, 0), 60000, "array 'skirt_faces': expected numbers"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(tmp_path, arrays, name, index, value, message):
    path = save(tmp_path, arrays)
    assert read_body(path)['weights'].dtype == np.uint16
    with pytest.raises(ValueError, match=r'body\.npz.*' + message):
        read_body(save(tmp_path, arrays, **{name: changed(arrays[name], index, value)}))


def test_an_empty_body_is_refused(tmp_path, arrays):
    nothing = {name: arrays[name][:0] for name in ('chart_vertex', 'chart_part', 'chart_uv')}
    with pytest.raises(ValueError, match="array 'chart_vertex': expected at least one row"):
        read_body(save(tmp_path, arrays, **nothing))


def test_columns_first_are_read_too(tmp_path):
    array = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    path = write_members(tmp_path / 'x.npz', GOOD | {'a.npy': packed(array), 'unknown.npy': b'never read'})
    found = read_arrays(path, SPECS)
    np.testing.assert_array_equal(found['a'], array)
    assert list(found) == ['a', 'b']


def wrong_header(shape, descr="'<f4'"):
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b'\n'
    return b'\x93NUMPY\x01\x00' + len(header).to_bytes(2, 'little') + header


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'damaged'),
        (b'text', 'damaged'),
        (GOOD['a.npy'][:-1], r'damaged: 23 bytes where its shape \(2, 3\)'),
        (GOOD['a.npy'] + b'0', 'damaged: 25 bytes'),
        (packed(np.array([[{}, 1, 2]], dtype=object)), 'expected float32, got object'),
        (packed(np.ones((2, 3))), 'expected float32, got float64'),
        (packed(np.ones((2, 4), np.float32)), r'expected shape \(N, 3\), got \(2, 4\)'),
        (packed(np.ones((3, 3), np.float32)), r"array 'b': expected shape \(3\), got \(2,\)"),
        (wrong_header('(1000000000000, 3)'), r'damaged: 0 bytes where its shape'),
        (wrong_header('(-1, 3)'), r'expected shape'),
        (wrong_header('(2, 3)', "[('x', '<f4')]"), 'expected float32, got'),
        (wrong_header('(2, 3)', "'|O'"), 'expected float32, got object'),
        (wrong_header('(2, 3'), 'damaged'),
        (b'\x93NUMPY\x09\x00' + GOOD['a.npy'][8:], r'version \(9, 0\)'),
    ],
)
def test_hostile_members_are_refused(tmp_path, content, message):
    path = write_members(tmp_path / 'x.npz', GOOD | {'a.npy': content})
    with pytest.raises(ValueError, match=rf"x\.npz, array '[ab]': .*{message}|x\.npz, {message}"):
        read_arrays(path, SPECS)


def test_bombs_are_not_unpacked(tmp_path):
    path = write_members(tmp_path / 'x.npz', GOOD | {'c.npy': bytes(LARGEST_ARCHIVE)})
    assert path.stat().st_size < 2e5
    with pytest.raises(ValueError, match=r'x\.npz: expected at most 67108864 bytes of arrays, but it claims 67109'):
        read_arrays(path, SPECS)
    # One that lies about its size unpacks to no more than it claims, which then does not fit its checksum.
    whole = write_members(path, GOOD | {'a.npy': bytes(10**6)}).read_bytes()
    path.write_bytes(whole.replace((10**6).to_bytes(4, 'little'), (152).to_bytes(4, 'little')))
    with pytest.raises(ValueError, match=r"x\.npz, array 'a': damaged: Bad CRC"):
        read_arrays(path, SPECS)


@pytest.mark.parametrize('method', [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_without_a_limit_is_refused(tmp_path, method):
    with pytest.raises(ValueError, match=r"x\.npz, array 'a': packed by method 1[24]"):
        read_arrays(write_members(tmp_path / 'x.npz', GOOD, method), SPECS)


def test_damaged_files_are_refused(tmp_path):
    path = write_members(tmp_path / 'x.npz', GOOD)
    whole = path.read_bytes()
    for keep in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:keep])
        with pytest.raises(ValueError, match=r'x\.npz: not an \.npz file, or damaged'):
            read_arrays(path, SPECS)
    rng, messages = np.random.default_rng(0), []
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= int(rng.integers(1, 256))
        path.write_bytes(bytes(damaged))
        try:
            found = read_arrays(path, SPECS)
        except ValueError as error:
            messages.append(str(error))
        else:  # a date or an attribute
            assert found['b'].tolist() == [5, 6]
            assert (found['a'] == 1).all()
    assert len(messages) > len(whole) / 2
    assert all('x.npz' in message for message in messages)


def test_missing_files_say_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'none\.npz'):
        read_body(tmp_path / 'none.npz')
    with pytest.raises(IsADirectoryError):
        read_body(tmp_path)
