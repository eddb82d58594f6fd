"""From predictions of windows to persons of a picture: places by hand, and whose a pixel is that several claim."""

import numpy as np
import pytest

from mmspd.anatomy import JOINTS, LABEL_SETS, NUM_JOINTS
from mmspd.apis import load_model, overlaps
from mmspd.apis.assembling import person_of, settle
from mmspd.apis.crops import PersonCrop, whole_picture
from mmspd.apis.network import Network, Window
from mmspd.apis.overlaps import Claim, owners, sureness
from tests.apis.made import FakeNetwork, charts_of, joints_at, noise, prediction, with_network

LIP = LABEL_SETS['lip']
SIZE = (10, 12)
LEFT, RIGHT = (0, 0, 8, 10), (4, 0, 12, 10)


def crop(window, score=None):
    return PersonCrop(window, np.array(window, np.float64), score)


def full(label, window=LEFT):
    """The class on every pixel of a window."""
    return np.full((window[3] - window[1], window[2] - window[0]), label)


def persons_of(*pairs):
    """Settled persons of (window, prediction)."""
    crops, predictions = [crop(window) for window, _ in pairs], [each for _, each in pairs]
    persons = [person_of(one, each, LIP, SIZE) for one, each in zip(crops, predictions, strict=True)]
    return settle(persons, predictions)


def test_a_window_at_an_offset_lies_where_it_was_cut():
    window = (5, 2, 9, 8)  # 4 wide, 6 high
    labels = np.zeros((6, 4), int)
    labels[1:3, 1:] = 5
    charts = charts_of(np.ones((2, 2), int), 0.25, 0.5, (1, 2, 3, 4))
    person = person_of(crop(window, 0.9), prediction(labels, **joints_at(1.5, 2), charts=charts), LIP, SIZE)
    want = np.zeros(SIZE, np.uint8)
    want[3:5, 6:9] = 5
    np.testing.assert_array_equal(person.parsing, want)
    assert person.parsing.dtype == np.uint8
    np.testing.assert_array_equal(person.mask, want > 0)
    np.testing.assert_array_equal(person.joints, [[6.5, 4]] * NUM_JOINTS)
    # The charts' box 1..3, 2..4 of the window is 6..8, 4..6 of the picture.
    np.testing.assert_array_equal(person.charts.box, [6, 4, 8, 6])
    surface = np.zeros((3, *SIZE), np.float32)
    surface[0, 4:6, 6:8], surface[1, 4:6, 6:8], surface[2, 4:6, 6:8] = 1, 0.25, 0.5
    np.testing.assert_allclose(person.iuv, surface)
    np.testing.assert_array_equal(person.box, window)
    assert person.box.dtype == np.float32
    assert person.score == 0.9
    assert person.areas == {'UpperClothes': 6}
    assert person.part_areas == {'Torso1': 4}


def test_logits_of_few_cells_cover_the_window_from_edge_to_edge():
    # Two cells over 8 pixels: centres at 2 and 6, so class 5 gives way to class 9 in the middle, at pixel 4.
    person = person_of(crop(LEFT), prediction(np.array([[5, 9]])), LIP, SIZE)
    np.testing.assert_array_equal(person.parsing[:, :8], np.tile([5] * 4 + [9] * 4, (10, 1)))
    assert not person.parsing[:, 8:].any()


def test_charts_that_reach_out_of_their_window_are_cut_to_it():
    charts = charts_of(np.full((3, 3), 2), 1.0, 0.0, (-3, -3, 40, 40))
    person = person_of(crop((5, 2, 9, 8)), prediction(charts=charts), LIP, SIZE)
    want = np.zeros(SIZE, bool)
    want[2:8, 5:9] = True
    np.testing.assert_array_equal(person.iuv[0], want * 2)
    np.testing.assert_array_equal(person.mask, want)
    outside = charts_of(np.full((3, 3), 2), 1.0, 0.0, (50, 50, 60, 60))
    assert not person_of(crop(LEFT), prediction(charts=outside), LIP, SIZE).iuv.any()


def test_without_a_box_it_is_that_around_the_body():
    labels = np.zeros(SIZE, int)
    labels[3:5, 2:9] = 1
    charts = charts_of(np.ones((2, 2), int), 0, 0, (-2, 1, 20, 9))
    whole = whole_picture(SIZE)
    assert person_of(whole, prediction(labels, charts=charts), LIP, SIZE).box.tolist() == [2, 3, 9, 5]
    # No body in the parsing, or no parsing: the charts' box, cut to the picture; then the whole picture.
    assert person_of(whole, prediction(labels * 0, charts=charts), LIP, SIZE).box.tolist() == [0, 1, 12, 9]
    assert person_of(whole, prediction(charts=charts), LIP, SIZE).box.tolist() == [0, 1, 12, 9]
    assert person_of(whole, prediction(**joints_at(1, 1)), LIP, SIZE).box.tolist() == [0, 0, 12, 10]


def test_the_score_is_the_boxs_else_that_of_the_joints():
    scores = np.linspace(0, 1, NUM_JOINTS).astype(np.float32)
    joints = joints_at(1, 1) | dict(joint_scores=scores)
    assert person_of(crop(LEFT, 0.125), prediction(**joints), LIP, SIZE).score == 0.125
    assert person_of(crop(LEFT), prediction(**joints), LIP, SIZE).score == pytest.approx(0.5)
    assert person_of(crop(LEFT), prediction(**joints_at(1, 1, 1.5)), LIP, SIZE).score == 1
    assert person_of(crop(LEFT), prediction(**joints_at(1, 1, -0.5)), LIP, SIZE).score == 0
    assert person_of(crop(LEFT), prediction(full(1)), LIP, SIZE).score == 1


def test_sureness_is_the_largest_probability_of_a_body_class():
    labels = np.array([[0, 5], [5, 9]])
    logits = prediction(labels, np.array([[2.0, 1], [3, 4]])).logits
    claim = Claim((3, 4, 5, 6), labels > 0, logits, np.array([3.0, 4, 5, 6]))
    want = [np.e / (np.e + 19), np.e**3 / (np.e**3 + 19), np.e**4 / (np.e**4 + 19)]
    np.testing.assert_allclose(sureness(claim, np.array([4, 5, 5]), np.array([4, 3, 4])), want, rtol=1e-5)
    # The background's probability does not count, however large: here it is e^2 / (e^2 + 19), of the others 1 / ...
    found = sureness(claim, np.array([4]), np.array([3]))
    np.testing.assert_allclose(found, [1 / (np.e**2 + 19)], rtol=1e-5)
    # Half way between the logits of two pixels, 0 and 1 of class 5, 2 and 0 of the background.
    found = sureness(claim, np.array([4]), np.array([3.5]))
    np.testing.assert_allclose(found, [np.exp(0.5) / (np.exp(0.5) + np.e + 18)], rtol=1e-5)


def test_many_contested_pixels_are_read_in_parts(monkeypatch):
    sure = np.full((10, 8), 4.0)
    other = np.where(np.arange(10)[:, None] < 5, 6.0, 2.0) * np.ones((10, 8))
    given = (LEFT, prediction(full(5), sure)), (RIGHT, prediction(full(9), other))
    at_once = [person.parsing for person in persons_of(*given)]
    monkeypatch.setattr(overlaps, '_AT_ONCE', 3)
    for parsing, person in zip(at_once, persons_of(*given), strict=True):
        np.testing.assert_array_equal(person.parsing, parsing)


def test_of_two_persons_the_surer_has_the_pixel():
    sure = np.full((10, 8), 4.0)
    other = np.where(np.arange(10)[:, None] < 5, 6.0, 2.0) * np.ones((10, 8))
    first, second = persons_of((LEFT, prediction(full(5), sure)), (RIGHT, prediction(full(9), other)))
    want = np.zeros(SIZE, int)
    want[:, :4], want[:, 8:] = 5, 9
    want[:5, 4:8], want[5:, 4:8] = 9, 5
    np.testing.assert_array_equal(first.parsing, want * (want == 5))
    np.testing.assert_array_equal(second.parsing, want * (want == 9))
    assert first.areas == {'UpperClothes': 60}
    assert second.areas == {'Pants': 60}
    assert not (first.mask & second.mask).any()


def test_of_equally_sure_ones_the_first_has_it():
    pairs = (LEFT, prediction(full(5))), (RIGHT, prediction(full(9)))
    first, second = persons_of(*pairs)
    assert (first.mask.sum(), second.mask.sum()) == (80, 40)
    first, second = persons_of(*reversed(pairs))
    assert (first.mask.sum(), second.mask.sum()) == (80, 40)


def test_of_three_persons_each_pixel_has_one():
    stack = [(0, 0, 12, 10)] * 3
    values = np.zeros((3, 10, 12))
    values[0], values[1, :, 4:], values[2, :, 8:] = 2, 3, 4
    labels = [full(5, stack[0]), full(9, stack[0]), full(7, stack[0])]
    labels[1][:, :4], labels[2][:, :8] = 0, 0
    pairs = [(window, prediction(label, value)) for window, label, value in zip(stack, labels, values, strict=True)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        found = persons_of(*(pairs[each] for each in order))
        merged = sum(person.parsing.astype(int) for person in found)
        np.testing.assert_array_equal(merged, np.tile([5] * 4 + [9] * 4 + [7] * 4, (10, 1)))
        assert all(person.mask.sum() == 40 for person in found)


def test_who_does_not_claim_a_pixel_does_not_lose_or_win_it():
    labels = full(5)
    labels[:, 4:] = 0  # the first claims nothing where the windows meet
    sure = prediction(labels, 9.0)
    first, second = persons_of((LEFT, sure), (RIGHT, prediction(full(9), 0.5)))
    assert first.others is not None
    assert (first.mask.sum(), second.mask.sum()) == (40, 80)
    assert second.others is None


def test_persons_apart_keep_everything():
    apart = (0, 0, 6, 10), (6, 0, 12, 10)
    persons = persons_of(
        *((window, prediction(full(label, window), 0.01)) for window, label in zip(apart, (5, 9), strict=True))
    )
    assert [person.mask.sum() for person in persons] == [60, 60]
    assert all(person.others is None for person in persons)


def test_what_is_anothers_is_taken_from_every_map_but_not_from_the_joints():
    charts = charts_of(np.ones((4, 4), int), 0.5, 0.5, LEFT)
    weak = prediction(full(5), 1.0, **joints_at(6, 5), charts=charts)
    first, second = persons_of((LEFT, weak), (RIGHT, prediction(full(9), 5.0)))
    assert (second.mask.sum(), first.mask.sum()) == (80, 40)
    kept = np.zeros(SIZE, bool)
    kept[:, :4] = True
    np.testing.assert_array_equal(first.iuv[0], kept)
    np.testing.assert_allclose(first.iuv[1:], np.stack([kept, kept]) * 0.5)
    np.testing.assert_array_equal(first.mask, kept)
    assert first.areas == {'UpperClothes': 40}
    assert first.part_areas == {'Torso1': 40}
    np.testing.assert_array_equal(first.joints, [[6, 5]] * NUM_JOINTS)
    np.testing.assert_array_equal(first.others, np.arange(8) + np.zeros((10, 1)) >= 4)


def test_without_a_parsing_the_surface_claims():
    weak, strong = (charts_of(np.ones((4, 4), int), 0, 0, box) for box in ((0, 0, 8, 10), (0, 0, 8, 5)))
    strong = strong.__class__(strong.part_logits * 2, strong.uv, strong.box)
    first, second = persons_of((LEFT, prediction(charts=weak)), (RIGHT, prediction(charts=strong)))
    # The second's charts cover the upper half of its window.
    want = np.zeros(SIZE, bool)
    want[:5, 4:] = True
    np.testing.assert_array_equal(second.mask, want)
    want = np.zeros(SIZE, bool)
    want[:, :8], want[:5, 4:] = True, False
    np.testing.assert_array_equal(first.mask, want)


def test_without_any_map_nothing_is_settled():
    pose = prediction(**joints_at(3, 3))
    first, second = persons_of((LEFT, pose), (RIGHT, pose))
    np.testing.assert_array_equal(first.joints[0], [3, 3])
    np.testing.assert_array_equal(second.joints[0], [7, 3])
    assert not first.mask.any()
    assert first.mask.shape == SIZE


def test_owners_number_persons_from_one():
    claims = [Claim(LEFT, full(1) > 0, prediction(full(1)).logits, np.array(LEFT, float))]
    owner = owners(claims, SIZE)
    assert owner[:, :8].all()
    assert owner.sum() == 80
    assert owners([], SIZE).sum() == 0


def test_a_person_in_a_large_picture_is_as_in_its_own_crop(tiny_files, make_inferencer):
    image, box = noise(150, 170), np.array([60.25, 40.3, 100.7, 110.6])
    # A margin of 0.1 of 40.45 x 70.3: the window is 56..105, 33..118.
    window = (56, 33, 105, 118)
    part = np.ascontiguousarray(image[33:118, 56:105])
    network = Network(load_model(*tiny_files, 'cpu'), fast=False)
    shift = np.array([56, 33])
    (person,) = make_inferencer()(image, boxes=[box])
    assert person.window == window
    alone = network.predict([Window(part, box - np.tile(shift, 2))])[0]
    small = person_of(crop((0, 0, 49, 85)), alone, LIP, (85, 49))
    np.testing.assert_array_equal(person.parsing[33:118, 56:105], small.parsing)
    assert person.parsing.sum() == small.parsing.sum() > 0
    np.testing.assert_allclose(person.joints, small.joints + shift, atol=1e-4)
    np.testing.assert_allclose(person.iuv[:, 33:118, 56:105], small.iuv, atol=1e-4)
    np.testing.assert_allclose(person.box, box, atol=1e-4)
    np.testing.assert_allclose(person.charts.box, box, atol=1e-3)


def test_the_network_gets_the_box_in_the_windows_pixels(make_inferencer):
    fake = FakeNetwork(prediction(**joints_at(0, 0)), prediction(**joints_at(0, 0)))
    inferencer = with_network(make_inferencer(box_margin=0.5), fake)
    image = noise(50, 60)
    people = inferencer(image, boxes=[[10, 10, 20, 30], [50, 40, 80, 90]], tta=True)
    assert fake.tta == [True, True]
    (first,), (second,) = fake.batches
    np.testing.assert_array_equal(first.image, image[0:40, 5:25])
    np.testing.assert_array_equal(first.box, [5, 10, 15, 30])
    # 30 x 50, of which 10 x 10 are in the picture: the window begins at 50 - 15, 40 - 25.
    np.testing.assert_array_equal(second.image, image[15:50, 35:60])
    np.testing.assert_array_equal(second.box, [15, 25, 25, 35])
    np.testing.assert_array_equal(people[1].box, [50, 40, 60, 50])
    assert [person.joints[JOINTS.index('pelvis')].tolist() for person in people] == [[5, 0], [35, 15]]
