import io
import struct
import warnings
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from mmspd.synthetic.scenery.background_files import background_checksum, list_backgrounds, read_background


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def grey_square(value, side=40):
    return np.full((side, side, 3), value, np.uint8)


def read(path, height=24, width=18, seed=0):
    return read_background(path, np.random.default_rng(seed), height, width)


def png_header(width, height):
    """A PNG that promises ``width`` x ``height`` pixels and holds none."""
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    chunks = ((b'IHDR', header), (b'IDAT', zlib.compress(b'')), (b'IEND', b''))
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data)) for name, data in chunks
    )


def test_list_is_sorted_and_only_visible_pictures(tmp_path):
    for name in ('b.PNG', 'a.jpg', 'c.webp', 'd.bmp', '.hidden.png', 'notes.txt', 'movie.gif'):
        (tmp_path / name).write_bytes(b'')
    (tmp_path / 'folder.jpg').mkdir()
    assert [path.name for path in list_backgrounds(str(tmp_path))] == ['a.jpg', 'b.PNG', 'c.webp', 'd.bmp']


def test_links_out_of_the_folder_are_left_out(tmp_path):
    folder, outside = tmp_path / 'in', tmp_path / 'outside.png'
    folder.mkdir()
    save(outside, grey_square(10))
    save(folder / 'own.png', grey_square(20))
    (folder / 'linked.png').symlink_to(folder / 'own.png')
    (folder / 'leaves.png').symlink_to(outside)
    (folder / 'dangles.png').symlink_to(folder / 'nothing.png')
    (folder / 'loops.png').symlink_to(folder / 'loops.png')
    assert [path.name for path in list_backgrounds(folder)] == ['linked.png', 'own.png']


def test_a_linked_folder_is_fine(tmp_path):
    (tmp_path / 'real').mkdir()
    save(tmp_path / 'real' / 'a.png', grey_square(20))
    (tmp_path / 'link').symlink_to(tmp_path / 'real')
    assert len(list_backgrounds(tmp_path / 'link')) == 1


def test_unusable_folders(tmp_path):
    (tmp_path / 'file.jpg').write_bytes(b'')
    (tmp_path / 'empty').mkdir()
    for name, says in (
        ('missing', 'does not exist'),
        ('file.jpg', 'is not a folder'),
        ('empty', 'holds no photograph'),
    ):
        with pytest.raises(ValueError, match=rf'{name}.*{says}.*\.jpg'):
            list_backgrounds(tmp_path / name)


def test_unreadable_folder(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr('pathlib.Path.iterdir', refuse)
    with pytest.raises(ValueError, match=rf'{tmp_path.name}.*Permission denied'):
        list_backgrounds(tmp_path)


def test_values_are_linear_bgr(tmp_path):
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:] = (255, 128, 0)  # R, G, B
    image = read(save(tmp_path / 'orange.png', pixels))
    assert image.shape == (24, 18, 3)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image[5, 5], (0, (128 / 255) ** 2.2, 1), rtol=1e-5)


def test_crop_keeps_the_aspect_and_stays_inside(tmp_path):
    # Value = column across, row down: the crop's place can be read from the result.
    ramp = np.zeros((100, 200, 3), np.uint8)
    ramp[..., 0], ramp[..., 1] = np.arange(200), np.arange(100)[:, None]
    path = save(tmp_path / 'ramp.png', ramp)
    places = set()
    for seed in range(30):
        shown = (read(path, 50, 50, seed) ** (1 / 2.2) * 255).astype(float)
        across, down = shown[0, -1, 2] - shown[0, 0, 2], shown[-1, 0, 1] - shown[0, 0, 1]
        assert across == pytest.approx(down, abs=3)
        assert 55 <= across <= 100
        places.add(round(shown[0, 0, 2]))
    assert len(places) > 15
    np.testing.assert_array_equal(read(path, 50, 50, 7), read(path, 50, 50, 7))


def test_small_photographs_are_enlarged_and_one_pixel_is_enough(tmp_path):
    path = save(tmp_path / 'small.png', grey_square(128, side=16))
    np.testing.assert_allclose(read(path, 100, 77), (128 / 255) ** 2.2, rtol=1e-5)
    assert read(path, 1, 1).shape == (1, 1, 3)
    assert read(path, 1, 300).shape == (1, 300, 3)


def kinds_of_grey():
    grey = np.full((40, 40), 128, np.uint8)
    return {
        'grey.png': Image.fromarray(grey),
        'bits.png': Image.fromarray(grey > 200),
        'palette.png': Image.fromarray(np.stack([grey] * 3, axis=2)).quantize(4),
        'alpha.png': Image.fromarray(np.stack([grey] * 4, axis=2)),
        'grey_alpha.png': Image.fromarray(np.stack([grey] * 3 + [0 * grey], axis=2)).convert('LA'),
        'cmyk.jpg': Image.fromarray(np.stack([grey] * 3, axis=2)).convert('CMYK'),
        'grey.jpg': Image.fromarray(grey),
        'colour.webp': Image.fromarray(np.stack([grey] * 3, axis=2)),
        'colour.bmp': Image.fromarray(np.stack([grey] * 3, axis=2)),
    }


@pytest.mark.parametrize('name', list(kinds_of_grey()))
def test_other_kinds_of_pixels_are_converted(tmp_path, name):
    kinds_of_grey()[name].save(tmp_path / name)
    expected = 0 if name == 'bits.png' else (128 / 255) ** 2.2
    np.testing.assert_allclose(read(tmp_path / name), expected, atol=0.01)


def test_transparent_pixels_show_grey_and_16_bits_are_scaled(tmp_path):
    clear = np.zeros((40, 40, 4), np.uint8)
    np.testing.assert_allclose(read(save(tmp_path / 'clear.png', clear)), (128 / 255) ** 2.2, rtol=1e-5)
    cv2.imwrite(str(tmp_path / 'deep.png'), np.full((40, 40), 128 * 257, np.uint16))
    np.testing.assert_allclose(read(tmp_path / 'deep.png'), (128 / 255) ** 2.2, rtol=1e-5)


def test_orientation_of_the_camera_is_followed(tmp_path):
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:, 20:] = 255  # as stored: the right half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise: the right half becomes the lower half
    Image.fromarray(pixels).save(tmp_path / 'turned.png', exif=exif)
    shown = np.mean([read(tmp_path / 'turned.png', 40, 40, seed) for seed in range(10)], axis=0)
    assert shown[-5:].min() > 0.95
    assert shown[:5].max() < 0.05


def test_damage_to_what_is_not_shown_is_not_spoken_of(tmp_path):
    exif = b'Exif\0\0II*\0\x08\0\0\0\x05\0\x12'  # a list of five entries that ends in the first
    buffer = io.BytesIO()
    Image.fromarray(grey_square(128)).save(buffer, 'JPEG', exif=exif)
    (tmp_path / 'exif.jpg').write_bytes(buffer.getvalue())
    with pytest.warns(UserWarning, match='Corrupt EXIF'), Image.open(tmp_path / 'exif.jpg') as picture:
        ImageOps.exif_transpose(picture)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter('always')
        np.testing.assert_allclose(read(tmp_path / 'exif.jpg'), (128 / 255) ** 2.2, atol=0.01)
    assert heard == []


def test_checksum_by_hand(tmp_path):
    (tmp_path / 'b.jpg').write_bytes(b'12')
    (tmp_path / 'a.png').write_bytes(b'')
    (tmp_path / 'notes.txt').write_bytes(b'1234')
    assert background_checksum(str(tmp_path)) == zlib.crc32(b'a.png/0\nb.jpg/2\n')
    (tmp_path / 'b.jpg').write_bytes(b'34')
    assert background_checksum(tmp_path) == zlib.crc32(b'a.png/0\nb.jpg/2\n')
    with pytest.raises(ValueError, match='does not exist'):
        background_checksum(tmp_path / 'gone')


def damaged_files():
    good = cv2.imencode('.png', np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))[1].tobytes()
    jpeg = cv2.imencode('.jpg', np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))[1].tobytes()
    return {
        'empty.png': b'',
        'text.jpg': b'this is no picture',
        'half.png': good[: len(good) // 2],
        'half.jpg': jpeg[: len(jpeg) // 2],
        'header.png': good[:40],
        'flipped.png': good[:60] + bytes(byte ^ 255 for byte in good[60:90]) + good[90:],
        'gif_inside.png': b'GIF89a' + bytes(60),
        'promises.png': png_header(64, 64),
    }


@pytest.mark.parametrize('name', list(damaged_files()))
def test_damaged_files_are_named(tmp_path, name):
    (tmp_path / name).write_bytes(damaged_files()[name])
    with pytest.raises(ValueError, match=rf'{name}.*(is no|cannot be decoded)'):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ('width', 'height', 'says'),
    [
        (12001, 10000, 'has 12001x10000 pixels, expected at most 120000000'),
        (2**31 - 1, 2**31 - 1, '(expected at most|cannot be decoded)'),  # Pillow may refuse it first
    ],
)
def test_bombs_are_refused_by_their_header(tmp_path, width, height, says):
    (tmp_path / 'bomb.png').write_bytes(png_header(width, height))
    with pytest.raises(ValueError, match=rf'bomb\.png {says}'):
        read(tmp_path / 'bomb.png')


def test_tiny_photographs_missing_files_and_sizes(tmp_path):
    path = save(tmp_path / 'tiny.png', grey_square(1, side=15))
    with pytest.raises(ValueError, match=r'tiny.png has 15x15 pixels, expected at least 16'):
        read(path)
    with pytest.raises(ValueError, match=r'gone.png cannot be decoded'):
        read(tmp_path / 'gone.png')
    with pytest.raises(ValueError, match='18x0'):
        read(path, height=0)
