"""Files of TensorFlow variables, as far as TensorFlow is not needed for them."""

import sys
import zipfile

import numpy as np
import pytest

from mmspd.models.variable_files import checkpoint_prefix, open_variables
from mmspd.surface.archives import ArraySpec


def test_an_archive_is_listed_and_read_by_name(tmp_path):
    kernel = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    np.savez(tmp_path / 'variables.npz', **{'conv1/weights:0': kernel, 'global_step': np.int64(7)})
    variables = open_variables(tmp_path / 'variables.npz')
    assert variables.entries == {
        'conv1/weights:0': ArraySpec('float32', (1, 1, 2, 3)),
        'global_step': ArraySpec('int64', ()),
    }
    read = variables.read(['conv1/weights:0'])
    assert list(read) == ['conv1/weights:0']
    np.testing.assert_array_equal(read['conv1/weights:0'], kernel)


@pytest.mark.parametrize('value', [np.array({'weights': 1}, dtype=object), np.zeros(1, [('a', 'O')])])
def test_pickled_objects_are_refused(tmp_path, value):
    np.savez(tmp_path / 'variables.npz', a=np.zeros(2, np.float32), conv1=value)
    with pytest.raises(ValueError, match='conv1: pickled objects'):
        open_variables(tmp_path / 'variables.npz')


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / 'variables.npz').write_bytes(b'\x93NUMPY')
    with pytest.raises(ValueError, match=r'variables\.npz: not an \.npz file'):
        open_variables(tmp_path / 'variables.npz')


def write_checkpoint(folder, name):
    """Empty files with the names of a checkpoint's."""
    for end in ('.index', '.meta', '.data-00000-of-00001'):
        (folder / (name + end)).touch()
    return folder / name


def test_every_file_of_a_checkpoint_names_it(tmp_path):
    prefix = write_checkpoint(tmp_path, 'model.ckpt-205632')
    for end in ('', '.index', '.meta', '.data-00000-of-00001'):
        assert checkpoint_prefix(tmp_path / (prefix.name + end)) == prefix
    assert checkpoint_prefix(tmp_path) == prefix


def test_a_folders_list_names_the_latest_wherever_it_was_trained(tmp_path):
    write_checkpoint(tmp_path, 'model.ckpt-1')
    prefix = write_checkpoint(tmp_path, 'model.ckpt-2')
    with pytest.raises(ValueError, match=r'name one of model\.ckpt-1, model\.ckpt-2'):
        checkpoint_prefix(tmp_path)
    (tmp_path / 'checkpoint').write_text(
        'model_checkpoint_path: "/elsewhere/run/model.ckpt-2"\nall_model_checkpoint_paths: "model.ckpt-1"\n'
    )
    assert checkpoint_prefix(tmp_path) == prefix
    assert checkpoint_prefix(tmp_path / 'checkpoint') == prefix


def test_version_1_is_one_file(tmp_path):
    (tmp_path / 'model.ckpt-3').touch()
    assert checkpoint_prefix(tmp_path / 'model.ckpt-3') == tmp_path / 'model.ckpt-3'


def test_nothing_there(tmp_path):
    for source in (tmp_path, tmp_path / 'model.ckpt-3', tmp_path / 'variables.npz'):
        with pytest.raises(FileNotFoundError):
            open_variables(source)


def test_without_tensorflow_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'tensorflow', None)
    with pytest.raises(ImportError, match=r'(?s)TensorFlow cannot be imported.*np\.savez'):
        open_variables(write_checkpoint(tmp_path, 'model.ckpt-1'))


def test_two_arrays_of_one_name_are_refused(tmp_path):
    np.savez(tmp_path / 'variables.npz', a=np.zeros(2, np.float32))
    with zipfile.ZipFile(tmp_path / 'variables.npz', 'a') as archive, pytest.warns(UserWarning, match='Duplicate'):
        archive.writestr('a.npy', archive.read('a.npy'))
    with pytest.raises(ValueError, match="'a' is there twice"):
        open_variables(tmp_path / 'variables.npz')


def test_members_that_unpack_without_limit_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / 'variables.npz', 'w', zipfile.ZIP_LZMA) as archive:
        archive.writestr('a.npy', b'')
    with pytest.raises(ValueError, match="'a': packed by method 14"):
        open_variables(tmp_path / 'variables.npz')


def test_more_bytes_than_the_shape_needs_are_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / 'variables.npz'
    np.savez_compressed(path, a=np.zeros(2, np.float32))
    with zipfile.ZipFile(path) as archive:
        honest = archive.read('a.npy')
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.npy', honest + bytes(2**20))
    variables = open_variables(path)
    sizes = []
    read = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, 'read', lambda self, n=-1: sizes.append(n) or read(self, n))
    with pytest.raises(ValueError, match=f"'a': damaged: {2**20 + 8} bytes where its shape"):
        variables.read(['a'])
    assert 0 < max(sizes) <= 8192
