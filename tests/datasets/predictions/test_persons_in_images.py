import json

import pytest

from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.files.lip_names import parse_name
from mmspd.datasets.predictions.best_predictions import Person
from mmspd.datasets.predictions.persons_in_images import persons_of_coco, persons_of_crops

NAMES = [parse_name(name) for name in ('36_453991', '36_460000', '77_471474')]


def write(path, images, annotations=(), **more):
    path.write_text(json.dumps({'images': list(images), 'annotations': list(annotations), **more}))
    return path


def test_lips_own_pictures_are_joined_by_name(tmp_path):
    images = [
        {'id': 5, 'file_name': 'val/77_471474.png'},
        {'id': 6, 'file_name': 'other.jpg'},
        {'id': 7, 'file_name': '36_453991.jpg'},
    ]
    found = persons_of_crops(write(tmp_path / 'images.json', images, info={'surface': 'mmspd_body'}), NAMES)
    assert found.persons == {5: [Person('77_471474', None)], 7: [Person('36_453991', None)]}
    assert found.without == ['36_460000']
    assert found.surface == 'mmspd_body'
    assert [source.name for source in found.sources] == ['images.json']


def test_a_person_in_two_images_is_refused(tmp_path):
    images = [{'id': 5, 'file_name': '36_453991.jpg'}, {'id': 6, 'file_name': '36_453991.png'}]
    with pytest.raises(ValueError, match=r"images.json: images 5 and 6 are both named '36_453991'"):
        persons_of_crops(write(tmp_path / 'images.json', images), NAMES)


@pytest.mark.parametrize('name', ['../36_453991.jpg', '/36_453991.jpg'])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match='could lead out'):
        persons_of_crops(write(tmp_path / 'images.json', [{'id': 5, 'file_name': name}]), NAMES)


IMAGES = [
    {'id': 36, 'file_name': '36.jpg', 'height': 640, 'width': 481},
    {'id': 77, 'file_name': '77.jpg', 'height': 375, 'width': 500},
]
# The two whose crops were found by matching pixels.
FIRST = {'id': 453991, 'image_id': 36, 'bbox': [167.58, 162.89, 310.61, 465.19]}
OTHER = {'id': 471474, 'image_id': 77, 'bbox': [216.04, 56.31, 103.45, 118.93]}


def test_cocos_persons_are_joined_by_annotation_id(tmp_path):
    at_the_edge = {'id': 460000, 'image_id': 36, 'bbox': [0.2, 600.1, 100.0, 39.9]}
    strangers = [{'id': 1, 'image_id': 36}, {'id': 2, 'image_id': 99, 'bbox': None}]
    files = [
        write(tmp_path / 'train.json', IMAGES[:1], [*strangers, FIRST, at_the_edge]),
        write(tmp_path / 'val.json', IMAGES[1:], [OTHER]),
    ]
    found = persons_of_coco(files, NAMES)
    assert found.persons == {
        36: [Person('36_453991', Crop(167, 162, 311, 466)), Person('36_460000', Crop(0, 599, 100, 41))],
        77: [Person('77_471474', Crop(215, 55, 104, 120))],
    }
    assert (found.without, found.surface) == ([], None)
    assert persons_of_coco(files[1:], NAMES).without == ['36_453991', '36_460000']


WRONG = [
    (FIRST | {'image_id': 77}, r'annotation 453991, field image_id: expected 36, as in 36_453991, .*got 77'),
    (FIRST | {'bbox': [1, 2, 3]}, 'annotation 453991, field bbox: expected x, y, width, height'),
    (FIRST | {'bbox': [1, 2, '3', 4]}, 'annotation 453991, field bbox: expected a list of numbers'),
    (FIRST | {'bbox': [1, 2, -3, 4]}, 'annotation 453991, field bbox: .*positive size'),
    (FIRST | {'bbox': [1, 2, 1e400, 4]}, 'annotation 453991, field bbox: expected'),
    (FIRST | {'bbox': [900, 2, 3, 4]}, 'annotation 453991, field bbox: no pixel of'),
    (OTHER, 'annotation 471474: this id occurs twice'),
]


@pytest.mark.parametrize(('wrong', 'message'), WRONG)
def test_wrong_annotations_are_named_or_gone_past(tmp_path, wrong, message):
    path = write(tmp_path / 'coco.json', IMAGES, [OTHER, wrong])
    with pytest.raises(ValueError, match=f'coco.json: {message}'):
        persons_of_coco([path], NAMES)
    problems = []
    assert list(persons_of_coco([path], NAMES, problems.append).persons) == [77]
    assert len(problems) == 1


def test_an_image_without_a_size_is_refused(tmp_path):
    path = write(tmp_path / 'coco.json', [{'id': 36, 'file_name': '36.jpg', 'height': 640}], [FIRST])
    with pytest.raises(ValueError, match=r'annotation 453991: expected height and width .*\(640, None\)'):
        persons_of_coco([path], NAMES)
