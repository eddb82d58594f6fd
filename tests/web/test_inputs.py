import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.web.inputs import parse_boxes, read_upload
from mmspd.web.limits import InputError, Limits
from tests.web.pictures import encoded, picture, png_that_claims

LIMITS = Limits()


@pytest.mark.parametrize('text', ['', '  \n\n '])
def test_no_boxes(text):
    assert parse_boxes(text, (10, 10), 3) is None


def test_boxes_by_hand():
    text = '1, 2, 3.5, 4\n\n  -5;0;20 9 \r\n1e0\t1\t2\t2,'
    np.testing.assert_array_equal(parse_boxes(text, (10, 10), 3), [[1, 2, 3.5, 4], [-5, 0, 20, 9], [1, 1, 2, 2]])


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('1 2 3', r"Line 1 .* expected four numbers .* got '1 2 3'"),
        ('1 2 3 4\n\n5 6 7 8 9', 'Line 3 .* expected four numbers'),
        ('a, b, c, d', 'Line 1 .* expected four numbers'),
        ('1, , 3, 4, 5', 'Line 1 .* expected four numbers'),
        ('nan 0 1 1', 'Line 1 .* expected four numbers'),
        ('0 0 inf 1', 'Line 1 .* expected four numbers'),
        ('0 0 1e999 1', 'numbers from -1,000,000 to 1,000,000'),
        ('1_0 0 90 9', 'Line 1 .* expected four numbers'),
        ('\u0661 0 9 9', 'Line 1 .* expected four numbers'),
        ('0x1 0 9 9', 'Line 1 .* expected four numbers'),
        ('-1000001 0 9 9', 'numbers from -1,000,000 to 1,000,000'),
        ('0 0 9 1e300', 'numbers from -1,000,000 to 1,000,000'),
        ('0 0 0.9 5', 'by a pixel at least'),
        ('0 0 5 1e-9', 'by a pixel at least'),
        ('-5 0 0.9 5', 'a pixel each way has to be in it'),
        ('0 9.1 5 15', 'a pixel each way has to be in it'),
        ('5 0 5 1', 'x2 has to be larger'),
        ('0 9 5 1', 'y2 than y1'),
        ('20 0 25 5', 'outside the picture, which is 20 pixels wide and 10 high'),
        ('0 -5 5 0', 'outside'),
        ('0 0 1 1\n' * 4, 'There are 4 boxes; at most 3'),
        ('1' * 2000, 'text of 2,000 characters'),
    ],
)
def test_boxes_that_are_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_boxes(text, (10, 20), 3)


def bgr(image):
    return cv2.cvtColor(np.asarray(image.convert('RGB')), cv2.COLOR_RGB2BGR)


def rotated():
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter to the right
    return encoded(picture(), 'PNG', exif=exif), bgr(picture().rotate(-90, expand=True))


def transparent():
    image = picture().convert('RGBA')
    alpha = np.zeros((96, 64), np.uint8)
    alpha[:48] = 255
    image.putalpha(Image.fromarray(alpha))
    expected = bgr(picture())
    expected[48:] = 255
    return encoded(image), expected


def deep():
    grey = np.arange(96 * 64, dtype=np.uint16).reshape(96, 64) * 10
    return encoded(Image.fromarray(grey)), np.repeat((grey >> 8).astype(np.uint8)[..., None], 3, axis=2)


def cmyk():
    image = picture().convert('CMYK')
    data = encoded(image, 'JPEG', quality=100, subsampling=0)
    return data, bgr(image)


def palette():
    image = picture().quantize(16)
    return encoded(image), bgr(image)


def plain(kind, **options):
    image = picture()
    return encoded(image, kind, **options), bgr(image)


@pytest.mark.parametrize(
    ('case', 'tolerance'),
    [
        (lambda: plain('PNG'), 0),
        (lambda: plain('BMP'), 0),
        (lambda: plain('WEBP', lossless=True), 0),
        (lambda: plain('JPEG', quality=100, subsampling=0), 4),
        (rotated, 0),
        (transparent, 0),
        (deep, 0),
        (cmyk, 4),
        (palette, 0),
        (lambda: (encoded(Image.new('RGB', (1, 1), 'red')), np.array([[[0, 0, 255]]], np.uint8)), 0),
        (lambda: (encoded(Image.new('L', (10000, 1), 7)), np.full((1, 10000, 3), 7, np.uint8)), 0),
    ],
    ids=['png', 'bmp', 'webp', 'jpeg', 'turned', 'transparent', '16 bit', 'cmyk', 'palette', '1x1', '10000x1'],
)
def test_pictures_of_all_kinds(case, tolerance):
    data, expected = case()
    image = read_upload(data, LIMITS)
    assert image.dtype == np.uint8
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).max() <= tolerance


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        (b'', 'The file is empty'),
        (b'This is a text.', 'no JPEG, PNG, WebP or BMP picture'),
        (b'GIF89a' + bytes(100), 'no JPEG, PNG, WebP or BMP picture'),
        (encoded(picture())[:-400], 'cannot be read'),
        (encoded(picture(), 'JPEG')[:-400], 'cannot be read'),
        (encoded(picture(), 'WEBP')[:-400], 'broken|cannot be read'),
        (png_that_claims(20_000, 20_000), 'at most 16,000,000|16,000,000 that are taken'),
        (png_that_claims(4001, 4000), r'has 4,001 x 4,000 pixels; at most 16,000,000'),
        (png_that_claims(2**31 - 1, 2**31 - 1), '16,000,000 that are taken'),
        (png_that_claims(0, 5), 'broken|cannot be read'),
        (png_that_claims(100, 100), 'cannot be read'),
    ],
    ids=[
        'empty',
        'text',
        'gif',
        'truncated png',
        'truncated jpeg',
        'truncated webp',
        '20,000 x 20,000',
        'just too large',
        'largest',
        'no width',
        'claims more than it has',
    ],
)
def test_files_that_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        read_upload(data, LIMITS)


def test_size_is_checked_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr('mmspd.web.inputs.read_photograph', lambda *args: pytest.fail('was decoded'))
    with pytest.raises(InputError, match='at most 6,143'):
        read_upload(encoded(picture()), Limits(pixels=96 * 64 - 1))
    with pytest.raises(InputError, match='at most 100'):
        read_upload(encoded(picture()), Limits(upload_bytes=100))


def test_effort_is_checked_before_anything_is_looked_at(monkeypatch):
    monkeypatch.setattr('mmspd.web.inputs.Image', None)
    with pytest.raises(InputError, match=r'^The picture: has more than .* segments.*\. Choose another picture\.$'):
        read_upload(b'\xff\xd8' + b'\xff\xfe\0\2' * 3000, LIMITS)


def test_messages_show_no_addresses_of_objects():
    with pytest.raises(InputError) as caught:
        read_upload(b'nonsense', LIMITS)
    assert '0x' not in str(caught.value)
