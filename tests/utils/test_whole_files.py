"""Files that appear whole or not at all, and the explanation of what went wrong."""

import errno

import pytest

from mmspd.utils.whole_files import explain_os_error, whole_file, write_whole


def test_explanations_by_hand():
    assert explain_os_error(PermissionError(13, 'Permission denied', 'a')).startswith('a: no permission')
    assert explain_os_error(OSError(errno.EROFS, 'x', 'a')) == 'a: the file system is read-only: choose another folder'
    assert explain_os_error(OSError(errno.EIO, 'Input/output error', 'a')) == 'a: Input/output error'
    assert explain_os_error(FileExistsError('a holds b')) == 'a holds b'


def test_an_error_in_the_middle_leaves_the_older_file(tmp_path):
    path, drafts = tmp_path / 'file', tmp_path / 'drafts'
    drafts.mkdir()
    write_whole(path, b'old', drafts)

    def stop_in_the_middle():
        with whole_file(path, drafts) as file:
            file.write(b'new')
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_in_the_middle()
    assert path.read_bytes() == b'old'
    assert list(drafts.iterdir()) == []
    with path.open('rb') as reader:
        write_whole(path, b'new', drafts, durable=True)
        assert reader.read() == b'old', 'it was written in place, where a reader sees half of it'
    assert path.read_bytes() == b'new'
    # As any file that the user makes, readable for whom their umask says.
    other_file = tmp_path / 'other'
    other_file.touch()
    assert path.stat().st_mode == other_file.stat().st_mode
