"""The files of DensePose's evaluation: charts, and distances copied once out of a pickle."""

import json
import pickle
import shutil
import threading

import numpy as np
import pytest

from mmspd.surface import distance_file
from mmspd.surface.densepose_assets import read_densepose_assets
from mmspd.surface.lookup import charts_to_vertices
from mmspd.surface.measured import MeasuredSurface, open_surface
from tests.surface.fake_assets import in_official_order, write_assets
from tests.utils.hostile import live_payloads


def all_pairs(table):
    vertices = np.arange(len(table.landmark_of))
    return table.between(vertices[:, None], vertices)


def test_order_of_distances_by_hand():
    # Pairs 1-0, 2-0, 2-1, 3-0, 3-1, 3-2.
    square = np.array([[0, 1, 2, 4], [1, 0, 3, 5], [2, 3, 0, 6], [4, 5, 6, 0]], dtype=np.float32)
    assert in_official_order(square).tolist() == [[1], [2], [3], [4], [5], [6]]


@pytest.mark.parametrize('protocol', [2, 4])
def test_charts_and_distances(tmp_path, protocol):
    expected, square = write_assets(tmp_path, protocol=protocol)
    surface, table = read_densepose_assets(tmp_path)
    np.testing.assert_array_equal(surface.vertex_of, expected.vertex_of)
    np.testing.assert_array_equal(surface.part_of, expected.part_of)
    np.testing.assert_array_equal(surface.uv, expected.uv)
    assert (surface.num_vertices, surface.name, len(surface.faces)) == (98, 'densepose', 0)
    np.testing.assert_array_equal(all_pairs(table), square)
    assert isinstance(table.distances.base, np.memmap)


def test_double_precision_and_one_axis_are_fine(tmp_path):
    _, square = write_assets(tmp_path)
    write_assets(tmp_path, Pdist_matrix=in_official_order(square.astype(np.float64))[:, 0])
    np.testing.assert_array_equal(all_pairs(read_densepose_assets(tmp_path)[1]), square)


def test_distances_between_points(tmp_path):
    _, square = write_assets(tmp_path)
    measured = open_surface(tmp_path)
    parts, uv = np.array([3, 3, 24, 7]), np.array([[0.1, 0.2], [0.4, 0.6], [1, 1], [0.5, 0.5]])
    others, other_uv = np.array([3, 5, 0, 7]), np.array([[0.9, 0.9], [0.1, 0.8], [0, 0], [0.6, 0.4]])
    one = charts_to_vertices(measured.surface, parts, uv)
    other = charts_to_vertices(measured.surface, others, other_uv)
    expected = np.where(other < 0, np.inf, square[one, other])
    assert expected[3] == 0  # both are nearest to the same vertex
    assert (expected[:2] > 0.05).all()
    np.testing.assert_array_equal(measured.distances(parts, uv, others, other_uv), expected)


def test_points_that_do_not_pair_up_are_refused(tmp_path):
    write_assets(tmp_path)
    measured = open_surface(tmp_path)
    with pytest.raises(ValueError, match=r'parts \(2,\) and \(1,\)'):
        measured.distances(np.array([1, 1]), np.zeros((2, 2)), np.array([1]), np.zeros((1, 2)))
    assert measured.distances(*2 * (np.zeros(0, int), np.zeros((0, 2)))).shape == (0,)


def test_the_embedded_body_is_one_too():
    measured = open_surface('mmspd_body')
    part, there, here = np.array([1, 1]), np.array([[0.5, 0.2], [0.5, 0.5]]), np.array([[0.5, 0.8], [0.5, 0.5]])
    far, same = measured.distances(part, there, part, here)
    assert same == 0
    assert 0.1 < far < 1  # along the torso


def test_a_table_of_another_mesh_is_refused(tmp_path):
    write_assets(tmp_path / 'a')
    write_assets(tmp_path / 'b', cells=3)
    with pytest.raises(ValueError, match='has 98 vertices, but the table of distances is of 218'):
        MeasuredSurface(read_densepose_assets(tmp_path / 'a')[0], read_densepose_assets(tmp_path / 'b')[1])


def copies_made(monkeypatch):
    """How often distances are copied from now on."""
    made, copy = [], distance_file._copy
    monkeypatch.setattr(distance_file, '_copy', lambda *arguments: (made.append(1), copy(*arguments)))
    return made


def test_distances_are_copied_once(tmp_path, monkeypatch):
    _, square = write_assets(tmp_path)
    made = copies_made(monkeypatch)
    read_densepose_assets(tmp_path)
    read_densepose_assets(tmp_path)
    assert len(made) == 1
    (tmp_path / 'Pdist_matrix.pkl').unlink()  # not needed any more
    np.testing.assert_array_equal(all_pairs(read_densepose_assets(tmp_path)[1]), square)
    (tmp_path / 'Pdist_matrix.mapped' / 'distances.json').unlink()
    with pytest.raises(FileNotFoundError, match='no sound copy'):
        read_densepose_assets(tmp_path)


def test_another_pickle_is_copied_anew(tmp_path):
    _, square = write_assets(tmp_path)
    read_densepose_assets(tmp_path)
    write_assets(tmp_path, Pdist_matrix=in_official_order(2 * square))
    np.testing.assert_array_equal(all_pairs(read_densepose_assets(tmp_path)[1]), 2 * square)


@pytest.mark.parametrize(
    'damage', ['no marker', 'marker', 'version', 'count', 'dtype', 'no array', 'short array', 'flipped bit', 'draft']
)
def test_an_incomplete_copy_is_made_anew(tmp_path, damage, monkeypatch):
    _, square = write_assets(tmp_path)
    read_densepose_assets(tmp_path)
    made = copies_made(monkeypatch)
    array, marker = (tmp_path / 'Pdist_matrix.mapped' / name for name in ('distances.bin', 'distances.json'))
    if damage in ('no marker', 'no array'):
        (marker if damage == 'no marker' else array).unlink()
    elif damage == 'short array':
        array.write_bytes(array.read_bytes()[:-4])
    elif damage == 'flipped bit':
        content = bytearray(array.read_bytes())
        content[1000] ^= 1
        array.write_bytes(content)
    elif damage == 'marker':
        marker.write_text('{"version": 1')
    elif damage == 'draft':
        marker.unlink()
        (array.parent / '99-0').write_bytes(b'unfinished')
    else:
        other = {'version': 2, 'count': 3, 'dtype': 'O'}[damage]
        marker.write_text(json.dumps(json.loads(marker.read_text()) | {damage: other}))
    np.testing.assert_array_equal(all_pairs(read_densepose_assets(tmp_path)[1]), square)
    assert len(made) == 1
    assert sorted(path.name for path in array.parent.iterdir()) == ['distances.bin', 'distances.json', 'lock']


def test_a_copy_elsewhere(tmp_path):
    _, square = write_assets(tmp_path / 'read only')
    keep = tmp_path / 'cache'
    keep.mkdir()
    (keep / 'mine.txt').write_text('kept')
    table = read_densepose_assets(tmp_path / 'read only', keep)[1]
    np.testing.assert_array_equal(all_pairs(table), square)
    assert len(list((tmp_path / 'read only').iterdir())) == 3
    assert (keep / 'mine.txt').read_text() == 'kept'


def test_several_at_once_copy_once(tmp_path, monkeypatch):
    _, square = write_assets(tmp_path)
    made, tables = copies_made(monkeypatch), []
    threads = [threading.Thread(target=lambda: tables.append(read_densepose_assets(tmp_path)[1])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(tables) == 4
    for table in tables:
        np.testing.assert_array_equal(all_pairs(table), square)


def test_a_copy_that_another_process_made_meanwhile_is_taken(tmp_path, monkeypatch):
    _, square = write_assets(tmp_path)
    made, find = copies_made(monkeypatch), distance_file.find_array

    def find_while_another_copies(*arguments):
        monkeypatch.setattr(distance_file, 'find_array', find)
        read_densepose_assets(tmp_path)
        return find(*arguments)

    monkeypatch.setattr(distance_file, 'find_array', find_while_another_copies)
    np.testing.assert_array_equal(all_pairs(read_densepose_assets(tmp_path)[1]), square)
    assert len(made) == 1


@pytest.mark.parametrize('name', ['os', 'builtins', 'numpy'])
def test_hostile_distances_execute_nothing(tmp_path, name):
    marker = tmp_path / 'executed'
    write_assets(tmp_path / 'files')
    content = {'Pdist_matrix': np.zeros((4753, 1), np.float32), 'more': live_payloads(marker)[name]}
    (tmp_path / 'files' / 'Pdist_matrix.pkl').write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=r'Pdist_matrix\.pkl: .*Nothing in it was executed'):
        open_surface(tmp_path / 'files')
    assert not list(tmp_path.glob('executed*'))


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'index': np.zeros((216, 1), int)}, r'SUBDIV_TRANSFORM\.mat: expected mesh vertices of 1..98.*got 0..0'),
        ({'index': np.full((216, 1), 99)}, r'SUBDIV_TRANSFORM\.mat: expected mesh vertices of 1..98.*got 99..99'),
        ({'index': np.ones((215, 1), int)}, r'SUBDIV_TRANSFORM\.mat: expected 216 numbers in index'),
        ({'index': np.full((216, 1), 1.5)}, 'whole numbers in index'),
        ({'U_subdiv': np.full((216, 1), 2.0)}, r'SMPL_subdiv\.mat: .*uv of 0..1'),
        ({'U_subdiv': np.full((216, 1), np.nan)}, 'finite numbers in U_subdiv'),
        ({'V_subdiv': np.zeros((3, 1))}, 'expected 216 numbers in V_subdiv'),
        ({'Part_ID_subdiv': np.zeros((216, 1), int)}, r'parts of 1..24 in Part_ID_subdiv, got none'),
        ({'Pdist_matrix': np.zeros((4754, 1), np.float32)}, r'Pdist_matrix\.pkl: .*4754 are no number of pairs'),
        ({'Pdist_matrix': np.zeros((4753, 1), int)}, r'distances of floats, \(D,\) or \(D, 1\), got .*int64'),
        ({'Pdist_matrix': np.zeros((98, 98), np.float32)}, r'distances of floats.*\(98, 98\)'),
        ({'Pdist_matrix': np.zeros((), np.float32)}, 'distances of floats'),
        ({'Pdist_matrix': np.full((4753, 1), -1, np.float32)}, 'a negative distance or NaN'),
        ({'Pdist_matrix': np.full((4753, 1), np.nan, np.float32)}, 'a negative distance or NaN'),
        ({'Pdist_matrix': 'text'}, 'expected an array'),
    ],
)
def test_wrong_files_are_refused_and_leave_no_copy(tmp_path, changes, message):
    write_assets(tmp_path, **changes)
    with pytest.raises(ValueError, match=message):
        open_surface(tmp_path)
    if 'Pdist_matrix' in changes and 'pairs' not in message:
        assert not list(tmp_path.glob('*/distances.*'))


def test_chart_vertices_of_no_part_are_left_out(tmp_path):
    expected, _ = write_assets(tmp_path)
    parts = expected.part_of.astype(int)[:, None]
    parts[:5] = 0
    parts[-5:] = 25
    write_assets(tmp_path, Part_ID_subdiv=parts)
    surface, _ = read_densepose_assets(tmp_path)
    np.testing.assert_array_equal(surface.vertex_of, expected.vertex_of[5:-5])


@pytest.mark.parametrize('name', ['SMPL_subdiv.mat', 'SMPL_SUBDIV_TRANSFORM.mat', 'Pdist_matrix.pkl'])
def test_missing_files_are_named(tmp_path, name):
    write_assets(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=name.replace('.', r'\.')):
        open_surface(tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(FileNotFoundError, match=r'no such folder; expected one with SMPL_subdiv\.mat'):
        open_surface(tmp_path)
