import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.datasets.files.image_files import read_image, read_parsing_label

LABEL = np.array([[0, 19, 255], [3, 4, 5]], dtype=np.uint8)


def noise(height=40, width=30):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(tmp_path, image, name='a.png', **kwargs):
    path = tmp_path / name
    image.save(path, **kwargs)
    return path


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def test_colours_come_as_bgr(tmp_path):
    rgb = noise()
    np.testing.assert_array_equal(read_image(save(tmp_path, Image.fromarray(rgb))), rgb[..., ::-1])


@pytest.mark.parametrize('name', ['a.jpg', 'a.png'])
def test_one_channel_becomes_three(tmp_path, name):
    path = save(tmp_path, Image.fromarray(noise()[..., 0]), name)
    image = read_image(path)
    assert image.shape == (40, 30, 3)
    np.testing.assert_array_equal(image, np.repeat(np.asarray(Image.open(path))[..., None], 3, axis=2))


def test_cmyk_is_converted(tmp_path):
    red = Image.new('CMYK', (8, 6), (0, 255, 255, 0))
    image = read_image(save(tmp_path, red, 'a.jpg', quality=100))
    assert image.shape == (6, 8, 3)
    assert image[..., 2].min() > 240
    assert image[..., :2].max() < 15


def test_palette_image_shows_its_colours(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), mode='P')
    image.putpalette([10, 20, 30, 40, 50, 60])
    np.testing.assert_array_equal(read_image(save(tmp_path, image)), [[[30, 20, 10], [60, 50, 40]]])


def test_exif_orientation_is_ignored(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path, Image.fromarray(noise(40, 30)), 'a.jpg', exif=exif)
    assert read_image(path).shape == (40, 30, 3)


@pytest.mark.parametrize('name', ['a.jpg', 'a.png'])
@pytest.mark.parametrize('share', [0.02, 0.5, 0.9])
def test_truncated_image_is_an_error_naming_the_file(tmp_path, name, share):
    path = save(tmp_path, Image.fromarray(noise(200, 200)), name)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ValueError, match=name):
        read_image(path)


@pytest.mark.parametrize('reader', [read_image, read_parsing_label])
def test_bomb_is_refused_before_it_is_unpacked(tmp_path, reader):
    path = tmp_path / 'bomb.png'
    header = struct.pack('>IIBBBBB', 9000, 9000, 8, 0, 0, 0, 0)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', b'') + chunk(b'IEND', b''))
    with pytest.raises(ValueError, match=r'bomb.png.*9000 x 9000'):
        reader(path)


@pytest.mark.parametrize('reader', [read_image, read_parsing_label])
@pytest.mark.parametrize('data', [b'', b'GIF89a', b'%!PS-Adobe-3.0 EPSF-3.0', b'\x89PNG\r\n\x1a\n'])
def test_other_files_are_refused(tmp_path, reader, data):
    path = tmp_path / 'a.png'
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r'a.png'):
        reader(path)


@pytest.mark.parametrize('reader', [read_image, read_parsing_label])
def test_missing_file_is_named(tmp_path, reader):
    with pytest.raises(FileNotFoundError, match=r'is missing: .*gone.png'):
        reader(tmp_path / 'gone.png')


@pytest.mark.parametrize('shape', [(3, 4), (3, 4, 3), (3, 4, 4)])
def test_sixteen_bit_image_is_refused(tmp_path, shape):
    # Pillow reads colours of 16 bits as 8, and says nothing.
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), np.full(shape, 300, dtype=np.uint16))
    with pytest.raises(ValueError, match='8 bits'):
        read_image(path)


def test_grey_label_is_read_as_it_is(tmp_path):
    label = read_parsing_label(save(tmp_path, Image.fromarray(LABEL)), (2, 3))
    np.testing.assert_array_equal(label, LABEL)
    assert label.dtype == np.uint8


@pytest.mark.parametrize('bits', [4, 8])
def test_palette_label_is_read_by_its_indices(tmp_path, bits):
    indices = np.array([[0, 14, 3], [5, 1, 2]], dtype=np.uint8)
    image = Image.fromarray(indices, mode='P')
    image.putpalette(list(range(255, 0, -1)))
    np.testing.assert_array_equal(read_parsing_label(save(tmp_path, image, bits=bits)), indices)


def test_three_equal_channels_are_read_as_grey(tmp_path):
    path = save(tmp_path, Image.fromarray(np.repeat(LABEL[..., None], 3, axis=2)))
    np.testing.assert_array_equal(read_parsing_label(path), LABEL)


def test_colour_coded_label_is_refused(tmp_path):
    colours = np.repeat(LABEL[..., None], 3, axis=2)
    colours[0, 1] = (19, 0, 0)
    with pytest.raises(ValueError, match='colour-coded'):
        read_parsing_label(save(tmp_path, Image.fromarray(colours)))


@pytest.mark.parametrize('mode', ['LA', 'RGBA'])
def test_label_with_alpha_is_refused(tmp_path, mode):
    with pytest.raises(ValueError, match='one channel'):
        read_parsing_label(save(tmp_path, Image.fromarray(LABEL).convert(mode)))


def test_jpeg_label_is_refused_by_its_bytes_whatever_its_name(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), dtype=np.uint8)).save(buffer, 'JPEG')
    path = tmp_path / 'a.png'
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match=r'a.png: the label is a JPEG'):
        read_parsing_label(path)


def test_sixteen_bit_label_is_refused(tmp_path):
    with pytest.raises(ValueError, match='got 16 bits'):
        read_parsing_label(save(tmp_path, Image.fromarray(LABEL.astype(np.uint16))))


def test_grey_label_of_four_bits_is_refused_since_pillow_would_stretch_its_values(tmp_path):
    path = tmp_path / 'a.png'
    header = struct.pack('>IIBBBBB', 2, 1, 4, 0, 0, 0, 0)
    data = zlib.compress(b'\x00\x01')  # filter byte, then classes 0 and 1
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', data) + chunk(b'IEND', b''))
    assert np.asarray(Image.open(path)).tolist() == [[0, 17]]
    with pytest.raises(ValueError, match='got 4 bits'):
        read_parsing_label(path)


def test_png_that_hides_its_header_is_refused(tmp_path):
    """Bytes 24 and 25 say 8 bits of grey, but belong to a comment; the image below has 16 bits."""
    path = tmp_path / 'a.png'
    header = chunk(b'IHDR', struct.pack('>IIBBBBB', 2, 1, 16, 0, 0, 0, 0))
    pixels = chunk(b'IDAT', zlib.compress(b'\x00\x00\x01\x00\x02')) + chunk(b'IEND', b'')
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'tEXt', b'a\x00aaaaaa\x08\x00zz') + header + pixels)
    assert path.read_bytes()[24:26] == b'\x08\x00'
    with pytest.raises(ValueError, match=r'a.png: a broken PNG'):
        read_parsing_label(path)


def test_values_beyond_the_classes_are_named(tmp_path):
    wrong = LABEL.copy()
    wrong[1] = [20, 20, 254]
    with pytest.raises(ValueError, match=r'got \[20, 254\] at 3 pixels'):
        read_parsing_label(save(tmp_path, Image.fromarray(wrong)))


def test_label_of_another_size_names_both(tmp_path):
    with pytest.raises(ValueError, match=r'2 x 3 pixels .* its image 3 x 2'):
        read_parsing_label(save(tmp_path, Image.fromarray(LABEL)), (3, 2))


def test_truncated_label_is_an_error(tmp_path):
    label = np.random.default_rng(0).integers(0, 20, (100, 100), dtype=np.uint8)
    path = save(tmp_path, Image.fromarray(label))
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(ValueError, match=r'a.png'):
        read_parsing_label(path)
