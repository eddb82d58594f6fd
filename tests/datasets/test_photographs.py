"""Pictures from anybody: right colours and orientation, or a clear refusal."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mmspd.datasets.files.image_files import MAX_PIXELS, ImageFileError
from mmspd.datasets.files.photographs import read_photograph, upright_pixels

ORIENTATION = 0x0112


def encoded(image, kind='PNG', **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(height=40, width=30, channels=3):
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png_of(width, height, depth, colour_type, rows=b''):
    """A PNG written byte by byte; ``rows`` is its filtered content."""
    header = struct.pack('>IIBBBBB', width, height, depth, colour_type, 0, 0, 0)
    body = chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
    return b'\x89PNG\r\n\x1a\n' + body


def with_orientation(number):
    exif = Image.Exif()
    exif[ORIENTATION] = number
    return exif


@pytest.mark.parametrize('kind', ['PNG', 'BMP', 'WEBP'])
def test_colours_come_as_bgr_whatever_the_file_is_called(tmp_path, kind):
    rgb = noise()
    path = tmp_path / 'a.jpg'
    path.write_bytes(encoded(Image.fromarray(rgb), kind, **(dict(lossless=True) if kind == 'WEBP' else {})))
    for source in (path, str(path), path.read_bytes()):
        image = read_photograph(source)
        np.testing.assert_array_equal(image, rgb[..., ::-1])
        assert image.flags.c_contiguous


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP', 'BMP'])
@pytest.mark.parametrize('share', [0.01, 0.5, 0.9])
def test_a_truncated_picture_is_refused_by_its_name(tmp_path, kind, share):
    data = encoded(Image.fromarray(noise(200, 200)), kind)
    path = tmp_path / 'torn.picture'
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ValueError, match=r'torn\.picture: cannot be read as JPEG or PNG or WEBP or BMP'):
        read_photograph(path)


def test_what_is_no_picture_is_refused(tmp_path):
    text, empty = tmp_path / 'notes.jpg', tmp_path / 'empty.png'
    text.write_text('Dear all, this is no picture.\n' * 50)
    empty.write_bytes(b'')
    with pytest.raises(ValueError, match=r'notes\.jpg: cannot be read'):
        read_photograph(text)
    with pytest.raises(ValueError, match=r'empty\.png: is empty'):
        read_photograph(empty)
    with pytest.raises(FileNotFoundError, match=r'missing: .*none\.jpg'):
        read_photograph(tmp_path / 'none.jpg')
    with pytest.raises(IsADirectoryError):
        read_photograph(tmp_path)
    with pytest.raises(ValueError, match='the picture: is empty'):
        read_photograph(b'')
    with pytest.raises(ValueError, match='the upload: cannot be read'):
        read_photograph(b'\x89PNG\r\n\x1a\n', 'the upload')


@pytest.mark.parametrize('kind', ['GIF', 'TIFF', 'PPM', 'ICO'])
def test_other_formats_are_refused_even_under_a_known_name(tmp_path, kind):
    path = tmp_path / 'a.png'
    path.write_bytes(encoded(Image.fromarray(noise(16, 16)), kind))
    with pytest.raises(ValueError, match=r'a\.png: cannot be read as JPEG or PNG or WEBP or BMP'):
        read_photograph(path)


@pytest.mark.filterwarnings('ignore::PIL.Image.DecompressionBombWarning')
@pytest.mark.parametrize('side', [8200, 12000, 20000])
def test_a_header_that_claims_too_much_is_refused_before_decoding(monkeypatch, side):
    def decoded(*_):
        raise AssertionError('it was decoded')

    monkeypatch.setattr(Image.Image, 'load', decoded)
    monkeypatch.setattr('PIL.ImageFile.ImageFile.load', decoded)
    assert side**2 > MAX_PIXELS
    with pytest.raises(ValueError, match=rf'big\.png: .*\(?({side} x {side}|{side**2}) pixels'):
        read_photograph(png_of(side, side, 8, 2), 'big.png')


def test_cmyk_has_the_right_colours():
    # Adobe's way, which Pillow writes, turns the values over.
    data = encoded(Image.new('CMYK', (16, 16), (0, 255, 255, 0)), 'JPEG', quality=100)
    image = read_photograph(data)
    assert image.shape == (16, 16, 3)
    np.testing.assert_allclose(image.reshape(-1, 3).mean(axis=0), [0, 0, 255], atol=4)  # red


def test_of_sixteen_bits_the_upper_eight_stay():
    values = np.array([[0, 255, 256], [0x1234, 0xABCD, 0xFFFF]], np.uint16)
    upper = np.array([[0, 0, 1], [0x12, 0xAB, 0xFF]], np.uint8)
    grey = read_photograph(encoded(Image.fromarray(values)))
    np.testing.assert_array_equal(grey, np.repeat(upper[..., None], 3, axis=2))
    # Pillow writes no colours of 16 bits: red 0x8001, green 0x4080, blue 0xFF00, big end first.
    pixel = struct.pack('>HHH', 0x8001, 0x4080, 0xFF00)
    colour = read_photograph(png_of(2, 1, 16, 2, b'\0' + pixel * 2))
    np.testing.assert_array_equal(colour, [[[0xFF, 0x40, 0x80]] * 2])


def test_one_channel_becomes_three():
    grey = noise()[..., 0]
    np.testing.assert_array_equal(
        read_photograph(encoded(Image.fromarray(grey))), np.repeat(grey[..., None], 3, axis=2)
    )
    bits = np.array([[True, False], [False, True]])
    np.testing.assert_array_equal(read_photograph(encoded(Image.fromarray(bits)))[..., 1], bits * 255)


def test_a_palette_shows_its_colours_and_its_transparent_entry_is_white():
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    opaque = [[[30, 20, 10], [60, 50, 40], [90, 80, 70]]]
    np.testing.assert_array_equal(read_photograph(encoded(image)), opaque)
    np.testing.assert_array_equal(
        read_photograph(encoded(image, transparency=1)), [[[30, 20, 10], [255, 255, 255], [90, 80, 70]]]
    )
    # One alpha for each entry: the last is half transparent: 70 * 128/255 + 255 * 127/255 = 162.1 and so on.
    seen = read_photograph(encoded(image, transparency=b'\xff\x00\x80'))
    np.testing.assert_allclose(seen, [[[30, 20, 10], [255, 255, 255], [172, 167, 162]]], atol=1)


def test_what_is_transparent_lies_on_white():
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], np.uint8)
    # Of alpha 51/255 = 0.2: 0.2 * 200 + 0.8 * 255 = 244, 0.2 * 100 + 204 = 224, 204; in BGR.
    seen = read_photograph(encoded(Image.fromarray(rgba)))
    np.testing.assert_allclose(seen, [[[0, 100, 200], [255, 255, 255], [204, 224, 244]]], atol=1)
    grey = read_photograph(encoded(Image.fromarray(np.array([[[0, 255], [0, 0], [0, 51]]], np.uint8))))
    np.testing.assert_allclose(grey[0, :, 0], [0, 255, 204], atol=1)
    # One colour of an RGB file may be declared transparent.
    keyed = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8))
    np.testing.assert_array_equal(
        read_photograph(encoded(keyed, transparency=(1, 2, 3))), [[[255, 255, 255], [6, 5, 4]]]
    )


# Corners of the stored picture (upper left, upper right, lower left, lower right) as they are to be seen, by EXIF:
# 2 mirrored, 3 turned over, 4 upside down mirrored, 5 transposed, 6 a quarter clockwise, 7 transversed, 8 back.
SEEN = {
    1: 'ABCD',
    2: 'BADC',
    3: 'DCBA',
    4: 'CDAB',
    5: 'ACBD',
    6: 'CADB',
    7: 'DBCA',
    8: 'BDAC',
}


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP'])
@pytest.mark.parametrize('orientation', SEEN)
def test_pictures_are_upright_by_all_eight_orientations(kind, orientation):
    colours = dict(A=(255, 0, 0), B=(0, 255, 0), C=(0, 0, 255), D=(255, 255, 255))
    stored = np.zeros((64, 96, 3), np.uint8)
    half = dict(A=np.s_[:32, :48], B=np.s_[:32, 48:], C=np.s_[32:, :48], D=np.s_[32:, 48:])
    for name, where in half.items():
        stored[where] = colours[name]
    options = dict(JPEG=dict(quality=100, subsampling=0), PNG={}, WEBP=dict(lossless=True))[kind]
    data = encoded(Image.fromarray(stored), kind, exif=with_orientation(orientation), **options)
    image = read_photograph(data)
    assert image.shape == ((96, 64, 3) if orientation >= 5 else (64, 96, 3))
    corners = [image[0, 0], image[0, -1], image[-1, 0], image[-1, -1]]
    want = [colours[name][::-1] for name in SEEN[orientation]]
    np.testing.assert_allclose(np.array(corners, int), want, atol=3)


def test_the_orientation_of_a_jpeg_moves_every_pixel():
    stored = noise(24, 40)
    data = encoded(Image.fromarray(stored), 'PNG', exif=with_orientation(6))
    np.testing.assert_array_equal(read_photograph(data), np.rot90(stored, -1)[..., ::-1])


@pytest.mark.filterwarnings('ignore:Corrupt EXIF:UserWarning')
@pytest.mark.parametrize(
    'exif', [b'Exif\0\0', b'Exif\0\0rubbish', b'Exif\0\0II*\0\xff\xff\xff\xff', b'Exif\0\0MM\0*\0']
)
def test_broken_exif_data_is_a_picture_or_a_clear_refusal(exif):
    rgb = np.full((16, 16, 3), 90, np.uint8)
    data = encoded(Image.fromarray(rgb), 'JPEG', quality=100, exif=exif)
    try:
        image = read_photograph(data, 'phone.jpg')
    except ValueError as error:
        assert str(error).startswith('phone.jpg: its EXIF data is broken')  # noqa: PT017  # either may happen
    else:
        np.testing.assert_allclose(image, rgb, atol=1)


@pytest.mark.parametrize('orientation', [0, 9, 77])
def test_an_orientation_that_does_not_exist_is_upright(orientation):
    stored = noise()
    data = encoded(Image.fromarray(stored), 'PNG', exif=with_orientation(orientation))
    np.testing.assert_array_equal(read_photograph(data), stored[..., ::-1])


@pytest.mark.parametrize('size', [(1, 1), (1, 10000), (10000, 1)])
def test_pictures_may_be_of_any_shape(size):
    pixels = noise(*size)
    np.testing.assert_array_equal(read_photograph(encoded(Image.fromarray(pixels))), pixels[..., ::-1])


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack('>H', len(content) + 2) + content


def jpeg_of_scans(scans, middle=b'', end=b''):
    """A grey progressive JPEG of 16 x 16 pixels, written byte by byte: a scan for the means, then empty ones."""
    start = b'\xff\xd8' + segment(0xDB, bytes([0]) + bytes([1]) * 64)
    frame = segment(0xC2, struct.pack('>BHHB', 8, 16, 16, 1) + bytes([1, 0x11, 0]))
    # One code each: no difference from the mean before; the end of the block (bit 0 each, and four to fill up).
    tables = b''.join(segment(0xC4, bytes([kind, 1, *[0] * 15, 0])) for kind in (0x00, 0x10))
    means = segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + b'\x0f'
    waves = segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + b'\x0f'
    return start + frame + tables + middle + means + waves * (scans - 1) + b'\xff\xd9' + end


def test_a_jpeg_of_many_scans_is_refused_before_decoding(monkeypatch):
    np.testing.assert_array_equal(read_photograph(jpeg_of_scans(100)), np.full((16, 16, 3), 128))
    # What stands in a segment, or after the end, is no scan: a preview, or a telephone's film.
    harmless = jpeg_of_scans(2, segment(0xE5, b'\xff\xda' * 200), b'\xff\xda' * 200)
    assert read_photograph(harmless).shape == (16, 16, 3)
    progressive = encoded(Image.fromarray(noise(200, 200)), 'JPEG', progressive=True)
    assert read_photograph(progressive).shape == (200, 200, 3)
    monkeypatch.setattr('PIL.ImageFile.ImageFile.load', lambda *_: pytest.fail('it was decoded'))
    monkeypatch.setattr(Image, 'open', lambda *_, **__: pytest.fail('it was opened'))
    for refused in (
        jpeg_of_scans(101),
        # Fill bytes, and markers without length among coded bytes, hide nothing.
        jpeg_of_scans(101).replace(b'\xff\xda', b'\xff\xff\xda'),
        jpeg_of_scans(101).replace(b'\x0f\xff', b'\x0f\xff\xd0\xff\x01\xff\x00\xff'),
        jpeg_of_scans(2, segment(0xFE, b'') * 2000),
    ):
        with pytest.raises(ImageFileError, match=r'bomb\.jpg: has more than 100 scans or 2000 segments.*save it again'):
            read_photograph(refused, 'bomb.jpg')


@pytest.mark.parametrize(('compression', 'bits'), [(1, 8), (2, 4)])
def test_a_bmp_of_run_lengths_is_refused_before_decoding(compression, bits):
    head = b'BM' + struct.pack('<IHHI', 0, 0, 0, 54 + 1024)
    fields = (40, 4, 2, 1, bits, 0, 0, 0, 0, 256, 0)
    plain = head + struct.pack('<IiiHHIIiiII', *fields) + bytes(1024 + 8)
    assert read_photograph(plain).shape == (2, 4, 3)
    runs = plain[:30] + struct.pack('<I', compression) + plain[34:]
    with pytest.raises(ImageFileError, match=r'a\.bmp: is a BMP with run lengths; save it without compression'):
        read_photograph(runs, 'a.bmp')
    # The oldest header is shorter: other fields stand in that place.
    old = b'BM' + struct.pack('<IHHI', 0, 0, 0, 26) + struct.pack('<IHHHH', 12, 1, 2, 1, 24)
    old += struct.pack('<4xI', compression)
    assert read_photograph(old).shape == (2, 1, 3)


def test_of_an_animation_the_first_picture_is_read():
    frames = [Image.new('RGB', (20, 10), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    data = encoded(frames[0], 'WEBP', save_all=True, append_images=frames[1:], lossless=True)
    assert getattr(Image.open(io.BytesIO(data)), 'n_frames', 1) == 3
    np.testing.assert_array_equal(read_photograph(data), np.full((10, 20, 3), (0, 0, 250), np.uint8))


def test_pillow_images_of_any_mode_are_taken_or_refused():
    for mode in ('1', 'L', 'P', 'RGB', 'RGBA', 'RGBX', 'RGBa', 'LA', 'PA', 'CMYK', 'YCbCr', 'HSV', 'I;16', 'I'):
        image = upright_pixels(Image.new(mode, (3, 2)), 'mine')
        assert (image.shape, image.dtype) == ((2, 3, 3), np.uint8), mode
    red = Image.new('RGB', (3, 2), (255, 0, 0))
    for mode in ('HSV', 'YCbCr', 'CMYK', 'RGBX', 'LAB'):
        np.testing.assert_allclose(upright_pixels(red.convert(mode), 'mine')[0, 0], [0, 0, 255], atol=6)
    for mode in ('F', 'La'):
        with pytest.raises(ValueError, match=f"mine: expected a picture, got Pillow's mode '{mode}'"):
            upright_pixels(Image.new(mode, (3, 2)), 'mine')


def test_a_pillow_image_is_not_changed():
    image = Image.fromarray(noise(4, 6))
    image.getexif()[ORIENTATION] = 6
    before = np.array(image)
    assert upright_pixels(image, 'mine').shape == (6, 4, 3)
    np.testing.assert_array_equal(np.asarray(image), before)
    assert image.getexif()[ORIENTATION] == 6
