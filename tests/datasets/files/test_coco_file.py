import json

import pytest

from mmspd.datasets.files.coco_file import index_images, locate, read_coco, size_of, whole_id
from mmspd.datasets.files.problems import tolerating


def test_an_objects_lists_are_read(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps({'images': [1], 'annotations': [], 'info': 3}))
    assert read_coco(path) == {'images': [1], 'annotations': [], 'info': 3}


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{"images": [', 'not a JSON file'),
        ('[' * 100_000, 'not a JSON file'),
        ('[]', "expected an object with 'images' and 'annotations', got list"),
        ('{"images": {}, "annotations": []}', "expected a list 'images'"),
        ('{"images": []}', "expected a list 'annotations'"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / 'a.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=f'a.json: {message}'):
        read_coco(path)


def test_images_by_id():
    images = [{'id': 5, 'file_name': 'x/b.jpg'}, {'id': 2, 'file_name': 'a.jpg', 'height': 3, 'width': 4}]
    found = index_images(images, 'f.json')
    assert list(found) == [5, 2]
    assert [size_of(image) for image in found.values()] == [None, (3, 4)]


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        ({'id': True, 'file_name': 'a.jpg'}, r'f.json: images\[1\]: expected an object with a whole number id'),
        ('a.jpg', r'images\[1\]: expected an object'),
        ({'id': 7}, r'images\[1\] \(id 7\), field file_name: expected a name'),
        ({'id': 7, 'file_name': '../a.jpg'}, r'\(id 7\), field file_name: expected the name of a file below'),
        ({'id': 1, 'file_name': 'b.jpg'}, r'images\[1\]: image id 1 occurs twice'),
    ],
)
def test_wrong_images_are_refused(image, message):
    with pytest.raises(ValueError, match=message):
        index_images([{'id': 1, 'file_name': 'a.jpg'}, image], 'f.json')


def test_annotations_are_located():
    images, seen = {1: {'id': 1}}, set()
    assert locate({'id': 9, 'image_id': 1}, 0, images, seen, 'f.json') == ('f.json: annotation 9', {'id': 1})
    for annotation, message in (
        ({'id': 9, 'image_id': 1}, 'annotation 9: this id occurs twice'),
        ({'id': 8, 'image_id': 2}, 'annotation 8, field image_id: there is no image of id 2'),
        ({'id': 7, 'image_id': [1]}, r'there is no image of id \[1\]'),
        ({'id': 6, 'image_id': True}, 'there is no image of id True'),
        (None, r'annotations\[3\]: expected an object'),
    ):
        with pytest.raises(ValueError, match=message):
            locate(annotation, 3, images, seen, 'f.json')
    assert whole_id({'id': 4}, 'here') == 4


def test_problems_are_raised_or_reported():
    with pytest.raises(ValueError, match='first'), tolerating(None):
        raise ValueError('first')
    told = []
    with tolerating(told.append):
        raise ValueError('second')
    with pytest.raises(KeyError), tolerating(told.append):
        raise KeyError('a mistake of the code is none of the file')
    assert told == ['second']
