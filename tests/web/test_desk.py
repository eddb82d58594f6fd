import gzip
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.apis.saving import contents_of
from mmspd.web.analysis import pointer_map
from mmspd.web.desk import Desk
from mmspd.web.limits import InputError, Limits
from tests.web.pictures import encoded, picture, tiny_inferencer

BOXES = np.array([[4, 2, 40, 90], [30, 5, 64, 96]], np.float64)
BOX_TEXT = '4 2 40 90\n30 5 64 96'


@pytest.fixture(scope='module')
def inferencer(tmp_path_factory):
    return tiny_inferencer(tmp_path_factory.mktemp('model'))


@pytest.fixture
def desk(inferencer):
    made = Desk(inferencer, Limits(requests_a_minute=5, persons=3))
    yield made
    made.close()


def expected_people(inferencer, data, boxes=None, tta=False):
    """What the inferencer says of the picture, without the page."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    people = inferencer(image, boxes, tta)
    people.source = 'picture'
    return people


def analysed(desk, data, boxes='', tta=False, palette='default'):
    receipt = desk.take(data, 'client')
    return desk.analyse(receipt.token, boxes, tta, palette, 'client')


@pytest.mark.parametrize(
    ('text', 'boxes', 'tta', 'palette'),
    [('', None, False, 'default'), (BOX_TEXT, BOXES, False, 'colour_blind'), ('', None, True, 'default')],
)
def test_files_are_those_of_the_inferencer(desk, inferencer, text, boxes, tta, palette):
    data = encoded(picture())
    people = expected_people(inferencer, data, boxes, tta)
    shown = json.loads(json.dumps(analysed(desk, data, text, tta, palette)))
    assert {each['file'] for each in shown['downloads']} == {
        'picture_sheet.png', 'picture_parsing.png', 'picture.json', 'picture_IUV.png', 'picture_INDS.png',
    }  # fmt: skip
    for kind in ('sheet', 'png', 'json', 'iuv'):
        for end, content in contents_of(people, kind, palette).items():
            assert desk.store.get(shown['token'], f'picture{end}') == content
    layers = np.frombuffer(gzip.decompress(desk.store.get(shown['token'], 'pointer.bin.gz')), np.uint8)
    layers = layers.reshape(5, shown['pointer']['height'], shown['pointer']['width'])
    np.testing.assert_array_equal(layers[0], people.parsing)
    np.testing.assert_array_equal(layers[1], people.iuv[0])
    np.testing.assert_allclose(layers[2:4] / 255, people.iuv[1:], atol=0.5 / 255 + 1e-6)
    np.testing.assert_array_equal(layers[4], people.person_map)
    assert (shown['width'], shown['height'], shown['persons']) == (64, 96, len(people))
    assert [view['file'] for view in shown['views']] == ['parsing.jpg', 'pose.jpg', 'surface.jpg', 'contours.jpg']
    assert desk.store.get(shown['token'], 'parsing.jpg')[:3] == b'\xff\xd8\xff'


def test_areas_are_those_of_the_parsing(desk, inferencer):
    data = encoded(picture())
    people = expected_people(inferencer, data, BOXES)
    shown = analysed(desk, data, BOX_TEXT)
    counts = np.bincount(people.parsing.ravel(), minlength=20)
    colours = dict(zip(people.classes, people.labels.palette, strict=True))
    assert len(shown['areas']) == (counts[1:] > 0).sum() > 1
    for area in shown['areas']:
        label = people.classes.index(area['name'])
        assert area['pixels'] == counts[label]
        assert area['share'] == pytest.approx(100 * counts[label] / counts[1:].sum())
        assert area['persons'] == [person.areas.get(area['name'], 0) for person in people]
        assert area['colour'] == '#{:02x}{:02x}{:02x}'.format(*colours[area['name']])
    assert [area['pixels'] for area in shown['areas']] == sorted(counts[1:][counts[1:] > 0], reverse=True)
    assert sum(area['share'] for area in shown['areas']) == pytest.approx(100)


def test_pointer_map_of_a_large_picture_is_reduced(inferencer):
    people = expected_people(inferencer, encoded(picture().resize((30, 2048))))
    layers = pointer_map(people)
    assert layers.shape == (5, 1024, 15)
    np.testing.assert_array_equal(layers[0], people.parsing[1::2, 1::2])


@pytest.mark.parametrize('size', [(1, 1), (1, 10000), (10000, 1)])
def test_pictures_of_odd_shapes(desk, size):
    shown = analysed(desk, encoded(Image.new('RGB', size, 'white')))
    assert (shown['width'], shown['height']) == size


def test_upright_sizes(desk):
    exif = Image.Exif()
    exif[0x0112] = 6
    receipt = desk.take(encoded(picture(), exif=exif), 'client')
    assert (receipt.width, receipt.height) == (96, 64)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(token='x'), 'Choose a picture first'),
        (dict(token='../../etc'), 'Choose a picture first'),
        (dict(boxes='1 2'), 'Line 1 of the boxes'),
        (dict(boxes='70 0 80 9'), 'outside the picture, which is 64 pixels wide and 96 high'),
        (dict(boxes='0 0 1 1\n' * 4), 'at most 3'),
        (dict(palette='red'), 'default, colour_blind'),
    ],
)
def test_requests_that_are_refused(desk, change, message):
    asked = dict(
        token=desk.take(encoded(picture()), 'client').token, boxes='', tta=False, palette='default', client='a'
    )
    with pytest.raises(InputError, match=message):
        desk.analyse(**asked | change)
    desk.analyse(**asked)  # the desk goes on


def test_results_of_others_are_not_pictures(desk):
    shown = analysed(desk, encoded(picture()))
    with pytest.raises(InputError, match='Choose a picture first'):
        desk.analyse(shown['token'], '', False, 'default', 'client')


def test_files_belong_to_the_client(inferencer):
    desk = Desk(inferencer, Limits(stored_bytes=4 * 2**20))
    data = encoded(picture()) + bytes(300_000)
    tokens = [desk.take(data, client).token for client in ('other', *['10.0.0.1'] * 4)]
    assert [desk.store.get(token, 'upload') is None for token in tokens] == [False, True, False, False, False]
    desk.close()


def test_detector_finds_the_people_and_the_surest_stay(tmp_path):
    scores = np.array([0.3, 0.9, 0.2, 0.5])
    boxes = np.array([[0, 0, 20, 90], [10, 0, 30, 90], [20, 0, 40, 90], [30, 0, 60, 90]], np.float64)
    desk = Desk(tiny_inferencer(tmp_path, lambda image: np.column_stack([boxes, scores])), Limits(persons=2))
    shown = analysed(desk, encoded(picture()))
    found = json.loads(desk.store.get(shown['token'], 'picture.json'))['persons']
    assert [person['box'] for person in found] == boxes[[1, 3]].tolist()
    assert shown['remark'] == '4 people were found; these are the 2 that are surest.'
    assert analysed(desk, encoded(picture()), '1 1 50 60')['persons'] == 1  # given boxes come first
    desk.close()


def test_nobody_found(tmp_path):
    desk = Desk(tiny_inferencer(tmp_path, lambda image: []), Limits())
    shown = analysed(desk, encoded(picture()))
    assert (shown['persons'], shown['areas'], shown['remark']) == (0, [], 'No person was found in the picture.')
    desk.close()


def test_a_model_with_parsing_alone(tmp_path):
    desk = Desk(tiny_inferencer(tmp_path, pose_head=None, densepose_head=None), Limits())
    shown = analysed(desk, encoded(picture()))
    assert [view['title'] for view in shown['views']] == ['Parsing']
    assert 'picture_IUV.png' not in {each['file'] for each in shown['downloads']}
    desk.close()
