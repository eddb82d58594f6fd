"""Names and writing of result files."""

import pytest

from mmspd.apis.output_files import file_stem, write_files


@pytest.mark.parametrize(
    ('source', 'stem'),
    [
        ('photos/me.jpg', 'me'),
        ('walk.mp4#000012', 'walk_000012'),
        ('a b(1).png', 'a_b_1_'),
        ('../../etc/pass wd', 'pass_wd'),
        ('.hidden', 'hidden'),
        ('archive.tar.png', 'archive.tar'),
        ('array 3', 'array_3'),
        ('Müller.jpg', 'Müller'),
        ('dir#1/me.jpg', 'me'),
        ('photo #2.jpg', 'photo__2'),
        ('???', '___'),
        ('...', 'picture'),
        ('', 'picture'),
    ],
)
def test_files_are_called_as_their_picture(source, stem):
    assert file_stem(source) == stem


def test_long_names_are_cut_so_that_a_file_may_have_them():
    for letter in ('x', 'ü', '漢'):
        stem = file_stem(f'{letter * 251}.jpg')
        assert stem.startswith(letter * 10)
        assert len(f'{stem}_person100_agnostic_mask.png'.encode()) <= 255
    assert file_stem(f'{"x" * 251}.mp4#000012').endswith('_000012')


def test_a_name_may_lead_into_a_folder_but_not_out(tmp_path):
    assert write_files(tmp_path, {'a/b.txt': b'1', 'c.txt': b'2'}, False) == [tmp_path / 'a/b.txt', tmp_path / 'c.txt']
    assert (tmp_path / 'a' / 'b.txt').read_bytes() == b'1'
    outside = tmp_path / 'outside'
    outside.mkdir()
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'link').symlink_to(outside)
    for name in ('../c.txt', 'link/c.txt'):
        with pytest.raises(ValueError, match='the name of a result'):
            write_files(tmp_path / 'in', {'first.txt': b'', name: b'3'}, True)
    # Nothing is written where one of the names is wrong.
    assert [path.name for path in (tmp_path / 'in').iterdir()] == ['link']
    assert list(outside.iterdir()) == []
