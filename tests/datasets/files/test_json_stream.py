"""COCO's files entry by entry: as the standard library reads them whole, whatever the size of a piece."""

import hashlib
import json

import pytest

from mmspd.datasets.files import json_stream
from mmspd.datasets.files.json_stream import stream_coco

CONTENT = {
    'info': {'year': 2014, 'text': 'a "quoted" {brace} \\ and }'},
    'licenses': [{'id': 1, 'images': [1, 2]}],
    'annotations': [
        {'id': 5, 'text': '}{"[', 'dp_x': [1.5, -2e-3, 3], 'dp_masks': [{'counts': 'a\\b"}', 'size': [2, 2]}, []]},
        {'image_id': 1, 'id': 6},
        {'nested': {'id': 5}, 'id': 7},
        {'text': 'ü€', 'id': 8},
    ],
    'images': [{'id': 1, 'file_name': 'a.jpg'}, {'id': 2}],
    'categories': [],
}


def entries_of(path, wanted=None):
    entries = {'images': [], 'annotations': []}

    def take(key, position, entry):
        assert position == len(entries[key])
        entries[key].append(entry)

    return stream_coco(path, take, wanted), entries


@pytest.mark.parametrize('block', [1, 2, 7, 1 << 20])
@pytest.mark.parametrize('indent', [None, 2])
@pytest.mark.parametrize('ascii_only', [True, False])
def test_as_json_reads_it(tmp_path, monkeypatch, block, indent, ascii_only):
    monkeypatch.setattr(json_stream, '_BLOCK', block)
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(CONTENT, indent=indent, ensure_ascii=ascii_only), encoding='utf-8')
    source, entries = entries_of(path)
    assert entries == {key: CONTENT[key] for key in entries}
    data = path.read_bytes()
    assert (source.name, source.bytes, source.info) == ('a.json', len(data), CONTENT['info'])
    assert source.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize('block', [1, 7, 1 << 20])
@pytest.mark.parametrize(('wanted', 'expected'), [([], []), ([5], [5, 7]), ([6], [6]), ([8, 5], [5, 7, 8]), ([99], [])])
def test_what_is_not_wanted_is_passed_over(tmp_path, monkeypatch, block, wanted, expected):
    """Entry 7 holds another id 5, so it may be the wanted one as far as a glance tells. One that two pieces share is
    not passed over.
    """
    monkeypatch.setattr(json_stream, '_BLOCK', block)
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(CONTENT))
    entries = entries_of(path, wanted)[1]
    assert entries['images'] == CONTENT['images']
    for entry, read in zip(CONTENT['annotations'], entries['annotations'], strict=True):
        assert read == entry or (read is None and entry['id'] not in expected)
        assert block < 100 or entry['id'] in expected or read is None


def test_an_object_that_is_nested_deeply_is_parsed(tmp_path):
    entries = [{'id': 1, 'a': {'b': {}}}, {'id': 1, 'a': {'b': 3}}]
    (tmp_path / 'a.json').write_text(json.dumps({'images': [], 'annotations': entries}))
    assert entries_of(tmp_path / 'a.json', [])[1]['annotations'] == [entries[0], None]


def test_an_entry_without_a_plain_id_is_not_passed_over(tmp_path):
    path = tmp_path / 'a.json'
    odd = [{'id': '5'}, {'id': 5.5}, {}, 3, None, [{'id': 9}]]
    path.write_text(json.dumps({'images': [], 'annotations': odd}))
    assert entries_of(path, [1])[1]['annotations'] == odd


@pytest.mark.parametrize('block', [1, 1 << 20])
@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', "expected an object|expected '{'"),
        ('[]', "expected '{'"),
        ('{"images": []}', "expected a list 'annotations'"),
        ('{"images": [], "annotations": {}}', "expected a list 'annotations'"),
        ('{"images": [], "annotations": []} x', 'expected the end of the file, at character 34'),
        ('{"images": [], "annotations": []]', "expected ','"),
        ('{"images": [1,], "annotations": []}', 'Expecting value, at character 14'),
        ('{"images": [], "annotations": [],}', 'expected a key in quotes, at character 33'),
        ('{"images": [1 2], "annotations": []}', "expected ',', at character 14"),
        ('{"images": [{"id": 1}, {"id": ', 'at character 30'),
        ('{"images": [], "annotations": [{"id": 1, "a": "}', 'not a JSON file'),
        ('{"images": [], "annotations": [{"id": 1', 'not a JSON file'),
        ('{3: []}', 'expected a key in quotes'),
        ('{"a": ' + '[' * 100000, 'nested too deeply'),
    ],
)
def test_what_is_no_json_is_refused(tmp_path, monkeypatch, block, text, message):
    monkeypatch.setattr(json_stream, '_BLOCK', block)
    path = tmp_path / 'a.json'
    path.write_text(text)
    for wanted in (None, [7]):
        with pytest.raises(ValueError, match=message) as caught:
            entries_of(path, wanted)
        assert str(caught.value).startswith(str(path))


def test_a_number_may_go_on_in_the_next_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(json_stream, '_BLOCK', 1)
    (tmp_path / 'a.json').write_text('{"a": 12345, "images": [678, -9.25e1], "annotations": []}')
    assert entries_of(tmp_path / 'a.json')[1]['images'] == [678, -92.5]


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / 'a.json').write_bytes(b'{"images": "\xff"}')
    with pytest.raises(ValueError, match='not a text file in UTF-8'):
        entries_of(tmp_path / 'a.json')


def test_an_endless_value_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(json_stream, '_BLOCK', 8)
    monkeypatch.setattr(json_stream, '_LONGEST_VALUE', 64)
    (tmp_path / 'a.json').write_text('{"images": ["' + 'a' * 200 + '"], "annotations": []}')
    with pytest.raises(ValueError, match='no value ends within 64 characters'):
        entries_of(tmp_path / 'a.json')
