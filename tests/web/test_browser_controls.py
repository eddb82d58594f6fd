"""Fingers, keys, camera and failures, in a real browser."""

import re

import pytest

from tests.web.browsing import analyse, choose, needs_browser, opened_browser, opened_page, problem, status  # noqa: F401
from tests.web.pictures import encoded, picture

pytestmark = needs_browser


def with_results(page):
    choose(page, encoded(picture()))
    status(page, '64 x 96 pixels')
    analyse(page)
    page.wait_for_function('() => [...document.querySelectorAll(".views img")].every((each) => each.complete)')
    page.wait_for_timeout(700)  # until the page has scrolled there
    return page.locator('.views .frame').first


def test_a_finger(visit):
    page = visit(width=390, has_touch=True, is_mobile=True)
    frame, tip = with_results(page), page.get_by_test_id('tip')
    frame.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = frame.bounding_box()
    x, y = box['x'] + box['width'] / 2, box['y'] + 0.8 * box['height']
    page.touchscreen.tap(x, y)
    tip.wait_for()
    page.wait_for_timeout(200)
    assert tip.is_visible()  # when the finger is gone
    shown = tip.bounding_box()
    assert shown['y'] + shown['height'] <= y - 30
    assert page.get_by_test_id('spoken').inner_text() == ''
    page.locator('.views figcaption').first.tap()
    tip.wait_for(state='hidden')
    assert page.locator('.mark:visible').count() == 0


def test_a_mouse_that_leaves(visit):
    page = visit()
    frame, tip = with_results(page), page.get_by_test_id('tip')
    frame.hover()
    tip.wait_for()
    assert tip.inner_text().startswith('x ')
    page.mouse.move(2, 2)
    tip.wait_for(state='hidden')
    assert page.locator('.mark:visible').count() == 0


def test_keys(visit):
    page = visit()
    frame, spoken = with_results(page), page.get_by_test_id('spoken')
    assert 'Parsing' in frame.get_attribute('aria-label')
    frame.focus()
    for key, place in (
        ('ArrowRight', 'x 32, y 48'), ('ArrowRight', 'x 33, y 48'), ('ArrowUp', 'x 33, y 47'),
        ('Shift+ArrowLeft', 'x 23, y 47'), ('Shift+ArrowDown', 'x 23, y 57'),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert spoken.text_content().splitlines()[0] == place
        assert spoken.text_content() == page.get_by_test_id('tip').text_content()
    for _ in range(7):
        page.keyboard.press('Shift+ArrowLeft')
    assert spoken.text_content().startswith('x 0, y 57\n')
    assert page.locator('.mark:visible').count() == 4
    page.keyboard.press('Escape')
    assert page.get_by_test_id('tip').is_hidden()
    assert spoken.text_content() == ''
    page.keyboard.press('ArrowDown')
    frame.evaluate('(element) => element.blur()')
    assert page.get_by_test_id('tip').is_hidden()


def test_headings_of_the_table(visit):
    page = visit()
    with_results(page)
    areas = page.get_by_test_id('areas')
    assert areas.locator('thead th:not([scope=col])').count() == 0
    assert areas.locator('tbody tr > :first-child:not(th[scope=row])').count() == 0
    assert areas.locator('tbody th').count() > 0


def test_drawing_is_off_until_it_is_asked_for(visit):
    page = visit()
    choose(page, encoded(picture()))
    status(page, '64 x 96 pixels')
    canvas, pen = page.get_by_test_id('canvas'), page.get_by_test_id('pen')
    action = '(element) => getComputedStyle(element).touchAction'

    def drag():
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        page.mouse.move(box['x'] + 5, box['y'] + 5)
        page.mouse.down()
        page.mouse.move(box['x'] + box['width'] - 5, box['y'] + box['height'] - 5, steps=2)
        page.mouse.up()
        return page.get_by_test_id('boxes').input_value()

    assert (canvas.evaluate(action), pen.get_attribute('aria-pressed'), drag()) == ('pan-y pinch-zoom', 'false', '')
    pen.click()
    assert (canvas.evaluate(action), pen.get_attribute('aria-pressed')) == ('none', 'true')
    assert drag().count(',') == 3
    pen.click()
    assert drag().count(',') == 3


def test_the_camera_is_started_once_and_stopped(visit):
    page = visit()
    camera = page.get_by_test_id('camera')
    # A camera whose picture comes late.
    page.evaluate("""() => {
      const start = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      window.streams = [];
      navigator.mediaDevices.getUserMedia = async (asked) => {
        const stream = await start(asked);
        window.streams.push(stream);
        const [track] = stream.getTracks();
        if (!window.late) return stream;
        return new MediaStream();
      };
      window.late = true;
    }""")
    camera.click()
    shutter = page.get_by_test_id('shutter')
    shutter.wait_for()
    assert camera.is_hidden()
    assert shutter.is_disabled()  # there is no picture
    page.get_by_role('button', name='Cancel').click()
    assert page.evaluate('() => document.querySelector("video").srcObject') is None
    page.evaluate('() => { window.late = false; }')
    camera.click()
    page.locator('[data-testid=shutter]:enabled').wait_for()
    page.get_by_role('button', name='Cancel').click()
    assert camera.is_visible()
    assert page.evaluate('() => window.streams[1].getTracks().every((track) => track.readyState === "ended")')


def test_old_results_are_marked_when_a_file_or_a_call_is_refused(visit):
    page = visit()
    with_results(page)
    old, results = page.get_by_test_id('old'), page.get_by_test_id('results')
    assert old.is_hidden()
    choose(page, b'This is a text.', 'a.txt', 'text/plain')
    problem(page, 'no JPEG')
    assert old.is_visible()
    assert 'outdated' in results.get_attribute('class')
    with_results(page)
    old.wait_for(state='hidden')
    assert 'outdated' not in results.get_attribute('class')
    page.get_by_test_id('boxes').fill('0 0 30')
    page.locator('#analyse').click()
    page.get_by_text('Line 1 of the boxes').wait_for()
    assert old.is_visible()


@pytest.mark.parametrize('answer', [dict(status=404, body='{}'), None])
def test_an_example_that_cannot_be_loaded(visit, answer):
    page = visit()
    page.route(re.compile('/mmspd/examples/two'), lambda route: route.fulfill(**answer) if answer else route.abort())
    page.locator('[data-example="two.jpg"]').click()
    problem(page, 'The server cannot be reached')
    assert page.locator('#analyse').is_enabled()


def test_nothing_is_analysed_while_a_picture_is_sent(visit):
    page, waiting = visit(), []
    page.route(re.compile('/mmspd/pictures'), lambda route: waiting.append(route))  # no built-in is taken
    choose(page, encoded(picture()))
    status(page, 'Sending')
    assert page.locator('#analyse').is_disabled()
    while not waiting:
        page.wait_for_timeout(20)
    waiting[0].continue_()
    status(page, '64 x 96 pixels')
    assert page.locator('#analyse').is_enabled()
