"""The page in a real browser, as a visitor uses it."""

import json
import re

import cv2
import numpy as np

from mmspd.anatomy import SURFACE_PARTS
from mmspd.apis.saving import contents_of
from mmspd.web.analysis import pointer_map
from tests.web.browsing import analyse, choose, needs_browser, opened_browser, opened_page, problem, status  # noqa: F401
from tests.web.pictures import encoded, picture, png_that_claims

pytestmark = needs_browser


def point_at(page, view, x, y):
    """Point at the middle of a pixel of the picture, 64 wide and 96 high; gives what the page says of it."""
    image = page.locator('.views img').nth(view)
    image.scroll_into_view_if_needed()
    page.wait_for_function('() => document.querySelector(".views img").complete')
    box = image.bounding_box()
    page.mouse.move(box['x'] + box['width'] * (x + 0.5) / 64, box['y'] + box['height'] * (y + 0.5) / 96)
    page.get_by_test_id('tip').filter(has_text=f'x {x}, y {y}\n').wait_for()
    return page.get_by_test_id('tip').inner_text().splitlines()[1:]


def expected_lines(people, x, y):
    layers = pointer_map(people)[:, y, x]
    lines = [f'class: {people.classes[layers[0]]}', 'part: none']
    if layers[1]:
        lines[1] = f'part: {SURFACE_PARTS[layers[1]]}, U {layers[2] / 255:.2f}, V {layers[3] / 255:.2f}'
    return lines


def test_from_a_picture_to_its_files(visit, page_server):
    data = encoded(picture())
    people = page_server.inferencer(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    people.source = 'picture'
    page = visit()
    choose(page, data)
    status(page, '64 x 96 pixels')
    analyse(page)

    assert page.locator('.views figcaption').all_inner_texts() == [
        'Parsing', 'Joints', 'Surface: part, U, V', 'Surface: lines of U and V',
    ]  # fmt: skip
    places = [(2, 3), (32, 50), (63, 95), (20, 70)]
    for view, (x, y) in enumerate(places):
        assert point_at(page, view, x, y) == expected_lines(people, x, y)
    assert len({tuple(expected_lines(people, *place)) for place in places}) > 1

    rows = page.get_by_test_id('areas').locator('tbody tr').all_inner_texts()
    counts = np.bincount(people.parsing.ravel(), minlength=20)
    found = {name: (int(pixels), float(share)) for name, pixels, share in (row.split('\t') for row in rows)}
    assert found == {
        people.classes[label]: (counts[label], round(100 * counts[label] / counts[1:].sum(), 1))
        for label in np.flatnonzero(counts)
        if label
    }

    ends = {f'picture{end}': content for kind in ('sheet', 'png', 'json', 'iuv')
            for end, content in contents_of(people, kind, 'default').items()}  # fmt: skip
    links = page.get_by_test_id('downloads').locator('a')
    assert sorted(links.nth(number).get_attribute('download') for number in range(links.count())) == sorted(ends)
    for number in range(links.count()):
        with page.expect_download() as download:
            links.nth(number).click()
        content = open(download.value.path(), 'rb').read()  # noqa: SIM115, PTH123
        assert content == ends[download.value.suggested_filename]


def test_refusals_and_then_a_good_picture(visit):
    page = visit()
    page.locator('#analyse').click()
    page.get_by_text('Choose a picture first').wait_for()
    choose(page, b'This is a text.', 'a.txt', 'text/plain')
    problem(page, 'no JPEG, PNG, WebP or BMP picture')
    choose(page, png_that_claims(20_000, 20_000))
    problem(page, '1,000,000')
    assert page.get_by_test_id('stage').is_hidden()
    choose(page, b'x' * (2**20 + 1))
    problem(page, 'At most 1,048,576 bytes')
    choose(page, encoded(picture()))
    status(page, '64 x 96 pixels')
    analyse(page)


def test_several_people(visit, page_server):
    page = visit()
    choose(page, encoded(picture()))
    status(page, '64 x 96 pixels')
    page.get_by_test_id('boxes').fill('0 0 30')
    page.locator('#analyse').click()
    page.get_by_text("Line 1 of the boxes: expected four numbers x1, y1, x2, y2, got '0 0 30'.").wait_for()
    page.get_by_test_id('boxes').fill('0, 0, 30, 96\n')
    canvas = page.get_by_test_id('canvas')
    page.get_by_test_id('pen').click()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box['x'] + 0.95 * box['width'], box['y'] + 0.9 * box['height'])
    page.mouse.down()
    page.mouse.move(box['x'] + 0.5 * box['width'], box['y'] + 0.1 * box['height'], steps=3)
    page.mouse.up()
    lines = page.get_by_test_id('boxes').input_value().splitlines()
    assert lines[0] == '0, 0, 30, 96'
    drawn = [int(number) for number in lines[1].split(', ')]
    np.testing.assert_allclose(drawn, [32, 10, 61, 86], atol=1)
    page.get_by_label('for colour-blind people').check()
    analyse(page)
    assert page.get_by_test_id('areas').locator('thead th').all_inner_texts()[3:] == ['person 1', 'person 2']
    people = page_server.inferencer(np.asarray(picture())[..., ::-1].copy(), [[0, 0, 30, 96], drawn])
    y, x = (int(place) for place in np.argwhere(people.person_map == 2)[0])
    assert point_at(page, 0, x, y) == [*expected_lines(people, x, y), 'person 2']
    swatch = page.get_by_test_id('areas').locator('tbody tr').first
    name = swatch.inner_text().split('\t')[0]
    colour = people.labels.safe_palette[people.classes.index(name)]
    shown = swatch.locator('i').evaluate('(element) => getComputedStyle(element).backgroundColor')
    assert tuple(map(int, re.findall(r'\d+', shown))) == colour


def test_examples(visit):
    page = visit()
    page.locator('[data-example="two.jpg"]').click()
    status(page, '768 x 512 pixels')
    assert len(page.get_by_test_id('boxes').input_value().splitlines()) == 2
    with page.expect_response(re.compile('/results/.*/pointer')):
        analyse(page)


def test_camera(visit, page_server):
    page = visit()
    page.get_by_test_id('camera').click()
    page.wait_for_function('() => document.querySelector("video").videoWidth > 0')
    width, height = page.evaluate(
        '() => [document.querySelector("video").videoWidth, document.querySelector("video").videoHeight]'
    )
    with page.expect_response(re.compile('/mmspd/pictures')) as response:
        page.get_by_test_id('shutter').click()
    assert (response.value.status, json.loads(response.value.body())['width']) == (201, width)
    status(page, f'{width} x {height} pixels')


def test_telephone(visit):
    page = visit(width=390)
    choose(page, encoded(picture()))
    status(page, '64 x 96 pixels')
    analyse(page)
    assert page.evaluate('() => document.scrollingElement.scrollWidth') <= 390
    lefts = {round(box.bounding_box()['x']) for box in page.locator('.views figure').all()}
    assert len(lefts) == 1  # one below the other
    assert len({round(box.bounding_box()['y']) for box in page.locator('.views figure').all()}) == 4
