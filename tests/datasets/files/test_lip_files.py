import numpy as np
import pytest

from mmspd.datasets.files.lip_files import read_id_list, read_poses

JOINT = '11,21,0'


def row(name='1_9.jpg', joints=None):
    return ','.join([name, *(joints or [JOINT] * 16)])


def write(tmp_path, *lines, end=''):
    path = tmp_path / 'poses.csv'
    path.write_text('\n'.join(lines) + end)
    return path


def test_pose_rows_are_read_with_coordinates_from_zero(tmp_path):
    first = row('36_453991.jpg', ['153,351,0', 'nan,nan,nan', '118.0,201.5,1', *[JOINT] * 13])
    poses = read_poses(write(tmp_path, first, row('7_8.jpg')))
    assert poses.rows == {'36_453991': 0, '7_8': 1}
    np.testing.assert_array_equal(poses.keypoints[0, :4], [[152, 350], [0, 0], [117, 200.5], [10, 20]])
    np.testing.assert_array_equal(poses.visible[0, :4], [1, 0, 1, 1])
    np.testing.assert_array_equal(poses.occluded[0, :4], [False, False, True, False])
    assert poses.keypoints.dtype == np.float32
    assert poses.keypoints.shape == (2, 16, 2)


@pytest.mark.parametrize('end', ['', '\n', '\r\n', '\n\n'])
def test_line_ends_and_byte_order_mark_do_not_matter(tmp_path, end):
    path = tmp_path / 'poses.csv'
    path.write_bytes(('\ufeff' + row('1_2.jpg') + '\r\n' + row('3_4.jpg') + end).encode())
    assert read_poses(path).rows == {'1_2': 0, '3_4': 1}


@pytest.mark.parametrize(
    ('bad', 'message'),
    [
        (row(joints=[JOINT] * 15), 'expected 49 fields .* got 46'),
        (row() + ',1', 'got 50'),
        (row(joints=['1,two,0', *[JOINT] * 15]), "'two'"),
        (row(joints=['1,1_0,0', *[JOINT] * 15]), 'underscore'),
        (row(joints=[JOINT, '3,nan,0', *[JOINT] * 14]), 'three numbers or nan,nan,nan for joint 2'),
        (row(joints=[JOINT, '3,4,nan', *[JOINT] * 14]), 'three numbers or nan,nan,nan for joint 2'),
        (row(joints=[JOINT, '3,inf,0', *[JOINT] * 14]), 'finite'),
        (row(joints=[JOINT, '1e300,3,0', *[JOINT] * 14]), 'finite coordinates .* joint 2'),
        (row(joints=[JOINT, JOINT, '3,4,2', *[JOINT] * 13]), r'visibility of 0 .* joint 3, got \[3.0, 4.0, 2.0\]'),
        (row('1_3'), 'image name'),
        (row('../1_3.jpg'), 'without folders'),
        (row('1_2.jpg'), "'1_2' has a pose already, in line 1"),
    ],
)
def test_malformed_row_is_named_by_file_and_line(tmp_path, bad, message):
    path = write(tmp_path, row('1_2.jpg'), row('5_6.jpg'), '', bad)
    with pytest.raises(ValueError, match=message) as caught:
        read_poses(path)
    assert f'{path}:4:' in str(caught.value)


def test_empty_pose_table_has_no_rows(tmp_path):
    poses = read_poses(write(tmp_path))
    assert poses.rows == {}
    assert poses.keypoints.shape == (0, 16, 2)


def test_binary_file_is_no_list(tmp_path):
    path = tmp_path / 'train_id.txt'
    path.write_bytes(b'\xff\xfe\x00\x80')
    with pytest.raises(ValueError, match=r'train_id.txt: not a text file'):
        read_id_list(path)


def test_id_list_keeps_its_order(tmp_path):
    path = tmp_path / 'ids.txt'
    path.write_text('9_1\n\n2_2\r\n5_5')
    assert read_id_list(path) == ['9_1', '2_2', '5_5']


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('1_1\n2_2\n1_1\n', r':3: .1_1. is in the list already, in line 1'),
        ('1_1\n../../etc/passwd', ':2: .*without folders'),
        ('', 'empty list'),
    ],
)
def test_malformed_id_list_is_named_by_file_and_line(tmp_path, text, message):
    path = tmp_path / 'ids.txt'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_id_list(path)
