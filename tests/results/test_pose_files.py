"""LIP's csv and JPPNet's text files of joints."""

import os

import numpy as np
import pytest

from mmspd.results.pose_files import pose_row, read_pose

# x = 10, 20, ... 160 and y = 5 in every joint, as files of either base have them.
NUMBERS = [number for joint in range(1, 17) for number in (10 * joint, 5)]
JOINTS = np.array(NUMBERS, dtype=float).reshape(16, 2)


def row(*numbers):
    return ','.join(map(str, numbers))


def test_a_row_by_hand():
    joints = np.zeros((16, 2), dtype=np.float32)
    joints[0], joints[15] = (9.5, 0), (-3, 0.1)
    text = pose_row('36_453991', joints)
    assert text.startswith('36_453991.jpg,10.5,1,1,1,')
    assert text.endswith(',-2,1.1000000014901161\n')
    assert len(text.split(',')) == 33
    with pytest.raises(ValueError, match=r'36_453991: expected finite joints'):
        pose_row('36_453991', np.full((16, 2), np.nan))


def test_what_is_written_comes_back_to_the_last_bit(tmp_path):
    joints = np.random.default_rng(0).normal(scale=300, size=(50, 16, 2)).astype(np.float32)
    names = [f'a "strange", name {number}' for number in range(50)]
    (tmp_path / 'pose.csv').write_text(''.join(map(pose_row, names, joints)))
    found, tally = read_pose(tmp_path / 'pose.csv')
    assert list(found) == names
    assert (np.array(list(found.values())) == joints).all()
    assert not tally.refused


@pytest.mark.parametrize('base', [None, 0, 1])
def test_base_of_a_csv(tmp_path, base):
    (tmp_path / 'pose.csv').write_text(f'36_453991.jpg,{row(*NUMBERS)}')
    found, _ = read_pose(tmp_path / 'pose.csv', base)
    assert (found['36_453991'] == JOINTS - (1 if base is None else base)).all()


@pytest.mark.parametrize('base', [None, 0, 1])
def test_jppnets_text_files(tmp_path, base):
    """One line, a space behind every number; columns and rows of an array."""
    (tmp_path / '36_453991.txt').write_text(''.join(f'{number} ' for number in NUMBERS))
    (tmp_path / 'readme.md').write_text('no joints')
    found, tally = read_pose(tmp_path, base)
    assert list(found) == ['36_453991']
    assert (found['36_453991'] == JOINTS - (0 if base is None else base)).all()
    assert not tally.refused


@pytest.mark.parametrize(
    'text',
    [
        'name,' + row(*(f'{axis}{joint}' for joint in range(16) for axis in 'xy')) + f'\na.jpg,{row(*NUMBERS)}\n',
        'a.jpg,' + row(*(f'{x},{y},0.9' for x, y in JOINTS)),  # a score behind each
        f'a.jpg,{row(*NUMBERS)},\r\n\r\n',  # a comma at the end, Windows' line ends
        f'\ufeffa,{row(*NUMBERS)}',  # byte order mark, no suffix
        f'TrainVal_images/val_images/a.JPG,{row(*NUMBERS)}',
        f'../../a.png, {row(*NUMBERS)}',  # a name is a name, nothing is opened
    ],
    ids=['header', 'scores', 'comma', 'mark', 'folders', 'parents'],
)
def test_forms(tmp_path, text):
    (tmp_path / 'pose.csv').write_text(text, encoding='utf-8')
    found, tally = read_pose(tmp_path / 'pose.csv')
    assert list(found) == ['a']
    assert (found['a'] == JOINTS - 1).all()
    assert not tally.refused


def test_the_data_sets_own_rows(real_data):
    found, tally = read_pose(real_data / 'lip' / 'lip_val_set.csv')
    assert len(found) == 10000
    assert not {'malformed', 'repeated'} & tally.to_json().keys()
    with_nan = sum('nan' in line for line in (real_data / 'lip' / 'lip_val_set.csv').read_text().splitlines())
    assert tally.items('with joints that are not there') == with_nan


def test_nothing_that_fits(tmp_path):
    path = tmp_path / 'pose.csv'
    for text, message in (('', 'got none'),
        ('a.jpg,1,2\n', 'between commas, got 2'), ('header,x,y\n', 'got none'),
        (f'a.jpg;{row(*NUMBERS)}'.replace(',', ';'), 'between commas, got 0'),
        (f'a.jpg,"{"x" * 200_000}"', 'pose.csv:1: not rows of a csv: field larger'),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_pose(path)
    path.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(ValueError, match='UTF-8'):
        read_pose(path)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='no text file here'):
        read_pose(tmp_path / 'empty')


def test_text_files_that_are_broken(tmp_path):
    folder = tmp_path / 'pose'
    folder.mkdir()
    good = row(*NUMBERS).replace(',', ' ')
    (folder / 'a.txt').write_text(good)
    (folder / 'b.txt').write_bytes(b'\xff\xfe')
    (folder / 'c.txt').write_text(good * 2000)
    (folder / 'd.txt').write_text('1 2 3')
    (tmp_path / 'outside.txt').write_text(good)
    (folder / 'e.txt').symlink_to(tmp_path / 'outside.txt')
    found, tally = read_pose(folder)
    assert list(found) == ['a']
    assert tally.items('malformed') == 4


def test_a_first_row_without_joints_is_no_header(tmp_path):
    (tmp_path / 'pose.csv').write_text(f'a.jpg{"," * 32}\nb.jpg,{row(*NUMBERS)}\n')
    found, tally = read_pose(tmp_path / 'pose.csv')
    assert found['a'].tolist() == [[0, 0]] * 16
    assert tally.first('with joints that are not there').endswith(f'pose.csv:1: joints {list(range(1, 17))}')


def test_places_are_lines_of_the_file(tmp_path):
    (tmp_path / 'pose.csv').write_text(f'"a\nb",{row(*NUMBERS)}\n\nc.jpg,1,2\n')
    _, tally = read_pose(tmp_path / 'pose.csv')
    assert 'pose.csv:4: expected' in tally.first('malformed')


def test_a_pipe_is_not_opened(tmp_path):
    folder = tmp_path / 'pose'
    folder.mkdir()
    (folder / 'a.txt').write_text(row(*NUMBERS).replace(',', ' '))
    os.mkfifo(folder / 'b.txt')
    found, tally = read_pose(folder)
    assert list(found) == ['a']
    assert 'expected a file' in tally.first('malformed')
