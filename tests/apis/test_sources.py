"""Arrays, Pillow's images, files, folders, videos and lists of them, and what is none of these."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.apis.sources import is_stream, open_picture, picture_count, pictures_of
from tests.apis.made import noise


def write_video(path, frames=5, size=(32, 24)):
    """An .avi of JPEGs whose frame k is grey of 40 * k."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, size)
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((size[1], size[0], 3), 40 * number % 256, np.uint8))
    writer.release()
    return path


def write_png(path, level=0):
    Image.fromarray(np.full((4, 6, 3), level, np.uint8)).save(path, 'PNG')
    return path


def test_arrays_are_bgr_with_one_three_or_four_channels():
    colours, grey = noise(5, 7), noise(5, 7)[..., 0]
    picture = open_picture(colours, 'mine')
    assert picture.name == 'mine'
    assert picture.error is None
    np.testing.assert_array_equal(picture.image, colours)
    for each in (grey, grey[..., None]):
        np.testing.assert_array_equal(open_picture(each).image, np.repeat(grey[..., None], 3, axis=2))
    # Blue 200, green 100, red 0 at alpha 51 / 255 = 0.2 on white: 244, 224, 204.
    bgra = np.array([[[200, 100, 0, 255], [200, 100, 0, 51], [9, 9, 9, 0]]], np.uint8)
    np.testing.assert_allclose(open_picture(bgra).image, [[[200, 100, 0], [244, 224, 204], [255, 255, 255]]], atol=1)


def test_views_of_arrays_are_copied_into_order():
    colours = noise(6, 8)
    turned = open_picture(colours[::-1, ::2]).image
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(turned, colours[::-1, ::2])


@pytest.mark.parametrize(
    'array',
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 3), bool),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((3, 4, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((3, 4, 5), np.uint8),
        np.uint8(3) + np.zeros((), np.uint8),
    ],
)
def test_arrays_that_are_no_picture_are_refused(array):
    with pytest.raises((TypeError, ValueError), match='mine: expected') as caught:
        open_picture(array, 'mine')
    assert str(array.dtype) in str(caught.value) or isinstance(caught.value, TypeError)


def test_an_image_of_pillow_is_a_picture():
    rgb = noise(5, 7)
    np.testing.assert_array_equal(open_picture(Image.fromarray(rgb)).image, rgb[..., ::-1])
    with pytest.raises(ValueError, match='mine'):
        open_picture(Image.new('F', (3, 3)), 'mine')


@pytest.mark.parametrize('source', [None, 7, b'bytes', {'a': 1}, object()])
def test_what_is_nothing_of_the_kind_is_an_error(source):
    with pytest.raises(TypeError, match=f'array: expected a file name.*got {type(source).__name__}'):
        open_picture(source)
    (only,) = pictures_of(source)
    assert only.image is None
    assert isinstance(only.error, TypeError)


@pytest.mark.parametrize('address', ['https://host/a.jpg', 'http://host/walk.mp4', 'file:///etc/hosts', 's3://a/b.png'])
def test_addresses_are_not_opened(address, monkeypatch):
    monkeypatch.setattr(cv2, 'VideoCapture', lambda *_: pytest.fail('it was opened'))
    assert not is_stream(address)
    assert picture_count(address) == 1
    with pytest.raises(ValueError, match='addresses are not opened'):
        open_picture(address)
    (only,) = pictures_of(address)
    assert only.name == address
    assert isinstance(only.error, ValueError)


@pytest.mark.parametrize('name', ['x' * 5000, 'a\0b.jpg', '~nobody-of-this-name/a.jpg'])
def test_names_that_no_file_can_have_are_errors_of_their_own_picture(name):
    found = list(pictures_of([name, noise(3, 3)]))
    assert found[0].name == name
    assert isinstance(found[0].error, OSError | ValueError)
    assert found[1].image is not None


def test_a_folder_gives_its_pictures_in_the_order_of_names(tmp_path):
    for level, name in enumerate(('b.png', 'a.jpg', 'C.PNG', 'd.webp', 'e.jpeg', 'f.bmp')):
        write_png(tmp_path / name, level)
    (tmp_path / 'notes.txt').write_text('no picture')
    (tmp_path / 'broken.png').write_bytes(b'')
    (tmp_path / 'folder.png').mkdir()
    (tmp_path / '._a.jpg').write_bytes(b'of another system')
    (tmp_path / 'inner').mkdir()
    write_png(tmp_path / 'inner' / 'z.png')
    found = list(pictures_of(tmp_path))
    names = ['C.PNG', 'a.jpg', 'b.png', 'broken.png', 'd.webp', 'e.jpeg', 'f.bmp']
    assert [Path(each.name).name for each in found] == names
    assert [each.name for each in found] == [str(tmp_path / name) for name in names]
    assert [Path(each.name).name for each in found if each.error] == ['broken.png']
    assert [int(each.image[0, 0, 0]) for each in found if each.image is not None] == [2, 1, 0, 3, 4, 5]
    assert picture_count(tmp_path) == picture_count(str(tmp_path)) == 7
    assert is_stream(tmp_path)


def test_an_empty_folder_has_no_pictures(tmp_path):
    assert list(pictures_of(tmp_path)) == []
    assert picture_count(tmp_path) == 0


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    write_png(tmp_path / 'me.png', 7)
    assert open_picture('~/me.png').image[0, 0, 0] == 7
    assert is_stream('~')
    assert len(list(pictures_of('~'))) == 1


def test_a_list_mixes_everything_and_goes_on_after_errors(tmp_path):
    folder = tmp_path / 'folder'
    folder.mkdir()
    write_png(folder / 'one.png', 1)
    write_png(folder / 'two.png', 2)
    video = write_video(tmp_path / 'walk.avi', frames=3)
    sources = [noise(3, 3), tmp_path / 'none.jpg', folder, np.zeros(3), str(video), Image.new('L', (2, 2)), 5]
    found = list(pictures_of(sources))
    assert [Path(each.name).name for each in found] == [
        'array 0', 'none.jpg', 'one.png', 'two.png', 'array 3', *(f'walk.avi#{n:06d}' for n in range(3)), 'array 5',
        'array 6',
    ]  # fmt: skip
    assert [type(each.error).__name__ for each in found if each.error] == [
        'FileNotFoundError',
        'ValueError',
        'TypeError',
    ]
    assert picture_count(sources) == 10
    assert list(pictures_of([])) == []
    assert picture_count([]) == 0


def test_a_video_gives_its_frames_by_number(tmp_path):
    video = write_video(tmp_path / 'walk.avi')
    assert is_stream(video)
    assert picture_count(video) == 5
    frames = list(pictures_of(video))
    assert [frame.name for frame in frames] == [f'{video}#{number:06d}' for number in range(5)]
    assert all(frame.image.shape == (24, 32, 3) for frame in frames)
    np.testing.assert_allclose([frame.image.mean() for frame in frames], [0, 40, 80, 120, 160], atol=4)


def test_of_a_torn_video_the_frames_that_are_there_come_first(tmp_path):
    video = write_video(tmp_path / 'walk.avi', frames=100, size=(64, 48))
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    *frames, last = pictures_of(video)
    assert 20 < len(frames) < 80
    assert all(frame.error is None for frame in frames)
    assert last.name == str(video)
    assert str(last.error) == f'{video}: it says that it has 100 frames, of which the first {len(frames)} can be read'


@pytest.mark.parametrize('content', [b'', b'This is no video.\n' * 100])
def test_what_is_no_video_is_one_error(tmp_path, content):
    path = tmp_path / 'walk.mp4'
    path.write_bytes(content)
    (only,) = pictures_of(path)
    assert only.name == str(path)
    assert 'walk.mp4: no frame can be read' in str(only.error)
    assert picture_count(path) is None
    assert picture_count([path, noise(3, 3)]) is None


def test_a_missing_video_is_one_error(tmp_path):
    (only,) = pictures_of(tmp_path / 'none.mp4')
    assert isinstance(only.error, FileNotFoundError)
    assert picture_count(tmp_path / 'none.mp4') is None


def test_pictures_are_read_one_by_one(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr('mmspd.apis.sources.open_picture', lambda source, name: read.append(name))
    for name in ('a.png', 'b.png', 'c.png'):
        write_png(tmp_path / name)
    pictures = pictures_of([tmp_path, noise(2, 2)])
    assert read == []
    next(pictures)
    assert read == ['a.png']
    next(pictures)
    assert read == ['a.png', 'b.png']


def test_a_list_of_other_files_is_no_video(tmp_path):
    for name, text in (('a.mp4', 'ffconcat version 1.0\nfile secret.avi\n'), ('b.mp4', '\n#EXTM3U\nsecret.avi\n')):
        (tmp_path / name).write_text(text)
        (found,) = pictures_of(tmp_path / name)
        assert found.image is None
        assert 'is a list of other files' in str(found.error)
        assert picture_count(tmp_path / name) is None


def test_a_pipe_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / 'a.jpg')
    (found,) = pictures_of(tmp_path)
    assert 'expected a file of at most' in str(found.error)


def test_an_empty_name_is_no_folder():
    (found,) = pictures_of('')
    assert 'the name of the picture is empty' in str(found.error)
    assert not is_stream('')
