"""The views and their sheet: colours at their places, legends, several persons, any size, missing branches."""

import numpy as np
import pytest

from mmspd.anatomy import JOINTS, LABEL_SETS, SAFE_SIDE_COLOURS, SIDE_COLOURS
from mmspd.testing.people import sample_person
from mmspd.visualization.contours import U_COLOURS
from mmspd.visualization.drawing import PART_COLOURS
from mmspd.visualization.sheets import grid, headline, text_scale
from mmspd.visualization.views import contour_view, four_panels, parsing_view, pose_view, surface_view

LIP = LABEL_SETS['lip']
CLASSES = dict(classes=LIP.classes, palette=LIP.palette)
OWN = dict(magnify=False, with_legend=False)
GREY = np.full((400, 300, 3), 100, np.uint8)


def has(image, colour):
    return bool((image == colour).all(axis=2).any())


def joints_at(**places):
    """(1, 16, 2), nan but for the named joints."""
    joints = np.full((1, 16, 2), np.nan)
    for name, place in places.items():
        joints[0, JOINTS.index(name)] = place
    return joints


def everything(height, width, persons=1):
    """A grey picture and the sheet's arguments: U grows to the right, V downwards; all classes if there is room."""
    y, x = np.mgrid[:height, :width]
    part = np.full((height, width), 2)
    iuv = np.stack([part, x / max(1, width - 1), y / max(1, height - 1)]).astype(np.float32)
    joints = np.random.default_rng(0).uniform(0, 1, (persons, 16, 2)) * (width, height)
    return np.full((height, width, 3), 100, np.uint8), dict(
        labels=x * 20 // width, joints=joints, scores=np.ones((persons, 16)), iuv=iuv, **CLASSES
    )


def test_parsing_view_names_the_classes_that_occur():
    labels = np.zeros((400, 300), int)
    labels[100:200], labels[200:300], labels[300:310], labels[310:320] = 5, 13, 255, -1
    view = parsing_view(GREY, labels=labels, alpha=1.0, **CLASSES)
    np.testing.assert_array_equal(view[100:200, :300], np.broadcast_to(LIP.palette[5], (100, 300, 3)))
    np.testing.assert_array_equal(view[300:400, :300], GREY[300:])
    legend = view[:, 300:]
    assert [label for label in range(1, 20) if has(legend, LIP.palette[label])] == [5, 13]
    plain = parsing_view(GREY, labels=labels, alpha=1.0, with_legend=False, **CLASSES)
    np.testing.assert_array_equal(plain, view[:400, :300])
    nobody = parsing_view(GREY, labels=np.zeros((400, 300), np.uint8), **CLASSES)
    np.testing.assert_array_equal(nobody, GREY)


def test_swapped_sides_have_swapped_colours():
    joints = joints_at(left_knee=(100, 100), right_knee=(200, 300))
    swapped = joints_at(left_knee=(200, 300), right_knee=(100, 100))
    for colours in (SIDE_COLOURS, SAFE_SIDE_COLOURS):
        one, other = (
            pose_view(GREY, joints=each, side_colours=colours, with_legend=False) for each in (joints, swapped)
        )
        assert one[100, 100].tolist() == other[300, 200].tolist() == list(colours['left'])
        assert one[300, 200].tolist() == other[100, 100].tolist() == list(colours['right'])
        view = pose_view(GREY, joints=joints, side_colours=colours)
        assert all(has(view[:, 300:], colour) for colour in colours.values())


def test_low_scores_and_joints_that_are_not_finite_are_left_out():
    joints = joints_at(pelvis=(150, 200), head_top=(150, np.inf))
    scores = np.full((1, 16), 0.1)
    np.testing.assert_array_equal(pose_view(GREY, joints=joints, scores=scores, with_legend=False), GREY)
    scores[:] = np.nan
    np.testing.assert_array_equal(pose_view(GREY, joints=joints, scores=scores, with_legend=False), GREY)
    scores[:] = 0.2
    drawn = pose_view(GREY, joints=joints, scores=scores, with_legend=False)
    assert drawn[200, 150].tolist() == list(SIDE_COLOURS['centre'])
    nobody = pose_view(GREY, joints=np.zeros((0, 16, 2)), scores=np.zeros((0, 16)), with_legend=False)
    np.testing.assert_array_equal(nobody, GREY)


def test_every_person_has_a_skeleton():
    joints = np.concatenate([joints_at(left_wrist=(50, 50)), joints_at(right_wrist=(250, 350))])
    drawn = pose_view(GREY, joints=joints, with_legend=False)
    assert drawn[50, 50].tolist() == list(SIDE_COLOURS['left'])
    assert drawn[350, 250].tolist() == list(SIDE_COLOURS['right'])


def test_surface_view_has_the_parts_colours():
    iuv = np.zeros((3, 400, 300), np.float32)
    iuv[:, 100:200] = np.array([7, 0, 1])[:, None, None]
    view = surface_view(GREY, iuv=iuv, alpha=1.0)
    np.testing.assert_array_equal(view[100:200], np.broadcast_to(PART_COLOURS[7], (100, 300, 3)))
    np.testing.assert_array_equal(view[200:], GREY[200:])


def test_contour_view_has_lines_at_their_columns_at_any_magnification():
    for width, height in ((301, 400), (61, 80), (1204, 1600)):
        image, given = everything(height, width)
        given['iuv'][2] = 0
        view = contour_view(image, iuv=given['iuv'], with_legend=False)
        factor = view.shape[1] / width
        row = view[view.shape[0] // 2]
        column = factor * (0.5 * (width - 1) + 0.5) - 0.5
        near = np.arange(round(column) - 8, round(column) + 9)
        ink = row[near, 0].astype(float) - 50
        assert (ink * near).sum() / ink.sum() == pytest.approx(column, abs=0.2)
        assert (row[round(column) + 6 : round(column) + 12] == 50).all(), 'the picture at half its brightness'


def test_contour_view_of_an_empty_body_has_no_line():
    view = contour_view(GREY, iuv=np.zeros((3, 400, 300), np.float32), with_legend=False)
    assert (view == 50).all()


def test_several_persons_have_numbered_boxes_and_one_has_none():
    boxes = np.array([[20, 30, 120, 330], [np.nan, 0, 9, 9], [150, 30, 280, 330.0]])
    labels = np.zeros((400, 300), int)
    drawn = parsing_view(GREY, labels=labels, boxes=boxes, **CLASSES)
    # Box edges 20 and 120 enclose the columns 20 to 119.
    changed = (drawn != 100).any(axis=2)
    assert np.flatnonzero(changed[200]).tolist() == [20, 119, 150, 279]
    assert np.flatnonzero(changed[:, 80]).tolist() == [30, 329]
    assert changed[31:50, 22:40].any(), 'no number'
    np.testing.assert_array_equal(parsing_view(GREY, labels=labels, boxes=boxes[:1], **CLASSES), GREY)


@pytest.mark.parametrize('size', [(1, 1), (1, 3000), (3000, 1), (2, 3), (30, 40), (800, 1300)])
def test_any_size(size):
    image, given = everything(*size, persons=2)
    before = image.copy()
    boxes = np.array([[0, 0, size[1], size[0]], [0, 0, size[1] / 2, size[0] / 2]])
    sheet = four_panels(image, boxes=boxes, title='a title', **given)
    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3
    assert 360 <= max(sheet.shape) <= 2000
    np.testing.assert_array_equal(image, before)
    for draw, names in ((parsing_view, ('labels', 'classes', 'palette')), (pose_view, ('joints', 'scores')),
                        (contour_view, ('iuv',))):  # fmt: skip
        assert draw(image, **{name: given[name] for name in names}, **OWN).shape == image.shape
    assert surface_view(image, iuv=given['iuv'], magnify=False).shape == image.shape
    np.testing.assert_array_equal(image, before)


def test_text_grows_with_a_picture_that_keeps_its_size():
    assert [text_scale(30, 40), text_scale(720, 10), text_scale(100, 1440)] == [1, 1, 2]
    widths = []
    for side in (720, 2880):
        labels = np.full((side, side), 5)
        view = parsing_view(np.zeros((side, side, 3), np.uint8), labels=labels, magnify=False, **CLASSES)
        assert view.shape[0] == side
        widths.append(view.shape[1] - side)
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.1)


def test_a_missing_branch_is_left_out():
    image, given = everything(400, 300)
    classes = {name: given.pop(name) for name in CLASSES}
    areas = []
    for missing in ((), ('joints', 'scores'), ('labels',), ('iuv',), ('labels', 'iuv'), tuple(given)):
        sheet = four_panels(image, **{**given, **dict.fromkeys(missing)}, **classes)
        assert has(sheet, LIP.palette[9]) == ('labels' not in missing)  # in the legend
        assert has(sheet, SIDE_COLOURS['left']) == ('joints' not in missing)
        assert has(sheet, U_COLOURS[0]) == ('iuv' not in missing)
        areas.append(sheet.shape[0] * sheet.shape[1])
    assert areas == sorted(areas, reverse=True), 'the fewer panels, the smaller the sheet'
    assert has(four_panels(image, **dict.fromkeys(given), **classes), (100, 100, 100))


def test_the_sheets_options_reach_the_views():
    image, given = everything(400, 300)
    given['scores'][:] = 0.5
    assert not has(four_panels(image, **given, keypoint_threshold=0.5)[:, :300], SIDE_COLOURS['left'])
    assert has(four_panels(image, **given, side_colours=SAFE_SIDE_COLOURS), SAFE_SIDE_COLOURS['left'])
    given['palette'] = LIP.safe_palette
    assert has(four_panels(image, **given, alpha=1.0)[:, :300], LIP.safe_palette[10])
    assert four_panels(image, **given, title='x' * 900).shape[1] == four_panels(image, **given).shape[1]


def test_two_rendered_persons_on_one_sheet():
    people = [sample_person(number, 128, 96) for number in (0, 1)]
    image = np.ascontiguousarray(np.hstack([person.image for person in people])[..., ::-1])
    surfaces = [np.concatenate([person.parts[None], person.uv.transpose(2, 0, 1)]) for person in people]
    sheet = four_panels(
        image,
        labels=np.hstack([person.label for person in people]),
        joints=np.stack([people[0].joints, people[1].joints + np.array([96, 0])]),
        scores=np.ones((2, 16)),
        iuv=np.concatenate(surfaces, axis=2).astype(np.float32),
        person_map=np.hstack([(person.parts > 0) * number for number, person in enumerate(people, 1)]),
        boxes=np.stack([people[0].box, people[1].box + np.array([96, 0, 96, 0])]),
        **CLASSES,
    )
    assert all(has(sheet, colour) for colour in SIDE_COLOURS.values())


def test_grids_of_panels():
    tall, wide = np.zeros((600, 200, 3), np.uint8), np.zeros((200, 600, 3), np.uint8)
    assert grid([tall] * 4).shape == (600, 800, 3)
    assert grid([wide] * 4).shape == (400, 1200, 3)
    assert grid([wide] * 3).shape == (600, 600, 3)
    assert grid([np.zeros((300, 260, 3), np.uint8)] * 4).shape == (600, 520, 3)
    assert grid([tall] * 3).shape == (600, 600, 3)
    assert grid([tall[:90], tall[:, :90]]).shape == (600, 400, 3)


def test_headlines_are_cut():
    sheet = np.zeros((50, 300, 3), np.uint8)
    short, long = headline(sheet, 'ab'), headline(sheet, 'ab' * 500)
    assert short.shape == long.shape == (76, 300, 3)
    assert (short[:26] < 128).sum() < (long[:26] < 128).sum()
    assert headline(sheet[:, :1], 'abc').shape == (76, 1, 3)


@pytest.mark.parametrize(
    ('draw', 'given', 'message'),
    [
        (parsing_view, dict(labels=np.zeros((300, 400), int), **CLASSES), r'size \(400, 300\) .* got \(300, 400\)'),
        (parsing_view, dict(labels=np.zeros((400, 300), int), classes='ab', palette=[]), '2 classes, 0 colours'),
        (pose_view, dict(joints=np.zeros((16, 2))), r'joints: .* \(16, 16, 2\)'),
        (pose_view, dict(joints=np.zeros((2, 16, 2)), scores=np.zeros((1, 16))), r'scores: .* \(2, 16\) .*2 persons'),
        (surface_view, dict(iuv=np.zeros((3, 5, 5))), r'\(3, 400, 300\) is needed, got \(3, 5, 5\)'),
        (contour_view, dict(iuv=np.zeros((3, 5, 5))), r'\(3, 400, 300\) is needed, got \(3, 5, 5\)'),
        (contour_view, dict(iuv=np.zeros((3, 400, 300)), person_map=np.zeros((5, 5))), 'map of persons'),
    ],
)
def test_what_does_not_fit_is_refused(draw, given, message):
    with pytest.raises(ValueError, match=message):
        draw(GREY, **given)


@pytest.mark.parametrize('image', [GREY[..., 0], GREY.astype(float), GREY[:0], np.zeros((5, 5, 4), np.uint8)])
def test_wrong_images_are_refused(image):
    with pytest.raises(ValueError, match=r'an image uint8 \(H, W, 3\)'):
        surface_view(image, iuv=np.zeros((3, 5, 5)))
