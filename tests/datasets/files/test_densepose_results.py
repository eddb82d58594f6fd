import base64
import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mmspd.datasets.files.densepose_results import LARGEST_MAP, DenseResult, read_results, result_entry


def png_of(array, **options):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, 'PNG', **options)
    return buffer.getvalue()


def coded(data):
    return base64.b64encode(data).decode()


def small_map():
    """2 x 3 pixels: I counts up, U is 40, V is 200."""
    iuv = np.zeros((2, 3, 3), np.uint8)
    iuv[..., 0] = [[0, 1, 2], [3, 14, 24]]
    iuv[..., 1], iuv[..., 2] = 40, 200
    return iuv


def entry(**changes):
    whole = {
        'image_id': 36,
        'category_id': 1,
        'bbox': [10.5, 20, 3, 2],
        'score': 0.75,
        'uv_shape': [3, 2, 3],
        'uv_data': coded(png_of(small_map())),
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not None}


def write(tmp_path, *entries):
    path = tmp_path / 'results.json'
    path.write_text(json.dumps(list(entries)))
    return path


def test_a_result_is_read(tmp_path):
    (result,) = read_results(write(tmp_path, entry()))
    assert (result.image_id, result.bbox, result.score) == (36, (10.5, 20.0, 3.0, 2.0), 0.75)
    assert result.iuv.dtype == np.uint8
    np.testing.assert_array_equal(result.iuv, small_map())


def test_the_first_channel_of_the_file_is_the_part(tmp_path):
    """One red pixel, (R, G, B) = (7, 0, 0), written by hand, chunk by chunk."""

    def chunk(name, content):
        return struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))

    header = struct.pack('>IIBBBBB', 1, 1, 8, 2, 0, 0, 0)
    png = (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', header)
        + chunk(b'IDAT', zlib.compress(b'\0\x07\0\0'))
        + chunk(b'IEND', b'')
    )
    one = entry(bbox=[0, 0, 1, 1], uv_shape=[3, 1, 1], uv_data=coded(png))
    (result,) = read_results(write(tmp_path, one))
    assert result.iuv.tolist() == [[[7, 0, 0]]]


def test_written_and_read_again(tmp_path):
    first = DenseResult(5, (1.0, 2.0, 3.0, 2.0), 0.5, small_map())
    written = result_entry(first)
    assert written.keys() == {'image_id', 'category_id', 'bbox', 'score', 'uv_shape', 'uv_data'}
    (second,) = read_results(write(tmp_path, written))
    assert (second.image_id, second.bbox, second.score) == (first.image_id, first.bbox, first.score)
    np.testing.assert_array_equal(second.iuv, first.iuv)


def test_lines_in_base64_and_a_missing_category_do_not_matter(tmp_path):
    data = base64.encodebytes(png_of(small_map())).decode()
    assert '\n' in data
    (result,) = read_results(write(tmp_path, entry(uv_data=data, category_id=None)))
    np.testing.assert_array_equal(result.iuv, small_map())


def test_a_box_may_differ_from_the_map_by_a_pixel(tmp_path):
    (result,) = read_results(write(tmp_path, entry(bbox=[0, 0, 3.9, 1.2])))
    assert result.iuv.shape == (2, 3, 3)


@pytest.mark.parametrize('text', ['[]', ' [\n] \n'])
def test_no_results(tmp_path, text):
    path = tmp_path / 'results.json'
    path.write_text(text, encoding='utf-8')
    assert list(read_results(path)) == []


def wide(pixels_down, pixels_across):
    """A PNG that claims a size and holds next to nothing."""
    header = struct.pack('>IIBBBBB', pixels_across, pixels_down, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR' + header + struct.pack('>I', zlib.crc32(b'IHDR' + header))


deep = np.full((2, 3, 3), 25, np.uint8)
WRONG = [
    ({'image_id': '36'}, "image_id: expected a whole number, got '36'"),
    ({'image_id': True}, 'image_id: expected a whole number'),
    ({'category_id': 2}, 'category_id: expected 1'),
    ({'score': 'high'}, "score: expected a finite number .* got 'high'"),
    ({'score': 1e400}, 'score: expected a finite number'),
    ({'bbox': [0, 0, 3]}, 'bbox: expected x, y, width, height'),
    ({'bbox': [0, 0, 0, 2]}, 'bbox: .*positive size'),
    ({'bbox': [1e9, 0, 3, 2]}, 'bbox: expected'),
    ({'bbox': [0, None, 3, 2]}, 'bbox: expected'),
    ({'uv_shape': [3, 2]}, r'uv_shape: expected \[3, height, width\]'),
    ({'uv_shape': [3, 2.0, 3]}, 'uv_shape: expected'),
    ({'uv_shape': [1, 2, 3]}, 'uv_shape: expected'),
    ({'uv_shape': [3, 0, 3]}, 'uv_shape: expected'),
    ({'uv_shape': [3, 10**6, 10**6], 'bbox': [0, 0, 10**6, 10**6]}, f'uv_shape: .*1 to {LARGEST_MAP} pixels'),
    ({'bbox': [0, 0, 5, 2]}, r'uv_shape: expected the size of the box, 5 x 2 .*got 3 x 2'),
    ({'uv_data': 7}, 'uv_data: expected a PNG in base64, got int'),
    ({'uv_data': 'äöü'}, 'uv_data: not base64'),
    ({'uv_data': 'abc*'}, 'uv_data: not base64'),
    ({'uv_data': 'abcde'}, 'uv_data: not base64'),
    ({'uv_data': coded(b'GIF89a' + bytes(40))}, "uv_data: expected a PNG .* start with b'GIF89a"),
    ({'uv_data': coded(png_of(small_map())[:20])}, 'uv_data: expected a PNG'),
    ({'uv_data': coded(wide(60000, 60000))}, 'uv_data: expected a PNG of 3 x 2 pixels .*got 60000 x 60000'),
    ({'uv_data': coded(png_of(small_map()[:, :2]))}, 'uv_data: expected a PNG of 3 x 2 pixels .*got 2 x 2'),
    ({'uv_data': coded(wide(2, 3))}, 'uv_data: a broken PNG'),
    ({'uv_data': coded(png_of(small_map())[:-30])}, 'uv_data: a broken PNG'),
    ({'uv_data': coded(png_of(np.zeros((2, 3), np.uint16)))}, 'of 8 bits, got 16 bits and PNG colour type 0'),
    ({'uv_data': coded(png_of(np.zeros((2, 3), np.uint8)))}, 'three channels .*colour type 0'),
    ({'uv_data': coded(png_of(np.zeros((2, 3, 4), np.uint8)))}, 'three channels .*colour type 6'),
    ({'uv_data': coded(png_of(deep))}, r'expected parts 0\.\.24 in the first channel, got 25'),
    (None, 'expected an object, got NoneType'),
    ({'uv_data': None, 'score': None}, r"lacks the fields \['score', 'uv_data'\]"),
]


@pytest.mark.parametrize(('changes', 'message'), WRONG)
def test_wrong_entries_are_named(tmp_path, changes, message):
    path = write(tmp_path, entry(), changes and entry(**changes))
    with pytest.raises(ValueError, match=f'results.json.*result 1.*({message})'):
        list(read_results(path))


def test_wrong_entries_are_reported_and_gone_past(tmp_path):
    problems = []
    path = write(tmp_path, entry(score='a'), entry(image_id=1), entry(bbox=[]), entry(image_id=2))
    assert [result.image_id for result in read_results(path, problems.append)] == [1, 2]
    assert [problem.split(': ')[1].split(',')[0] for problem in problems] == ['result 0', 'result 2']


def test_an_error_of_the_reader_of_results_is_not_taken_for_one_of_the_file(tmp_path):
    problems = []

    def read():
        for _ in read_results(write(tmp_path, entry()), problems.append):
            raise ValueError('of the caller')

    with pytest.raises(ValueError, match='of the caller'):
        read()
    assert problems == []


@pytest.mark.parametrize('text', ['', '{"annotations": []}', '[{}', '[{} {}]', '[{},]', '[] x', '[{"a": ]', '[\xff]'])
def test_what_is_no_list_is_refused(tmp_path, text):
    path = tmp_path / 'results.json'
    path.write_text(text, encoding='latin-1')
    with pytest.raises(ValueError, match=r'results\.json: (not a (JSON|text) file|expected one list)'):
        list(read_results(path, lambda _: None))


def test_real_results(real_data):
    results = list(read_results(real_data / 'densepose' / 'example_results.json'))
    assert len(results) == 21
    assert {result.image_id for result in results} == {785, 872, 885}
    assert sum(not result.iuv[..., 0].any() for result in results) == 3
    assert min(len(result.iuv) for result in results) == 6
