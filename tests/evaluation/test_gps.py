"""The arithmetic of GPS: points, parts, masks, and reading a prediction at points; by hand."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import zoom

from mmspd.anatomy import COARSE_PARTS
from mmspd.evaluation.functional.average_precision import ImagePairs, average_precision, box_overlaps
from mmspd.evaluation.functional.gps import masked_gps, mean_of_parts, score_points
from mmspd.evaluation.functional.person_masks import AnnotatedBody, annotated_body, mask_overlap, predicted_body
from mmspd.evaluation.functional.single_persons import SinglePerson, score_persons, why_missing
from mmspd.evaluation.functional.surface_reading import (
    body_of_charts,
    confidence,
    map_of_charts,
    read_charts,
    read_map,
    read_pixels,
)
from mmspd.surface.similarity import FIXED_SCALE, PART_SCALES

TORSO, HAND, HEAD = (COARSE_PARTS.index(name) for name in ('Torso', 'RightHand', 'Head'))
INF = float('inf')


def test_person_by_hand():
    # Torso at its scale and at 0, a hand at twice its scale, a head predicted as background.
    person = score_points(np.array([0.351, 0, 0.214, INF]), np.array([1, 2, 3, 24]), PART_SCALES)
    half, two = math.exp(-0.5), math.exp(-2)
    assert person.gps == pytest.approx((half + 1 + two + 0) / 4)
    assert person.points[[TORSO, HAND, HEAD]].tolist() == [2, 1, 1]
    assert person.points.sum() == 4
    np.testing.assert_allclose(person.sums[[TORSO, HAND, HEAD]], [half + 1, two, 0])
    fixed = score_points(np.array([FIXED_SCALE]), np.array([3]), FIXED_SCALE)
    assert fixed.gps == pytest.approx(half)
    assert math.isnan(score_points(np.zeros(0), np.zeros(0, int), PART_SCALES).gps)


def test_parts_are_means_over_persons():
    one = score_points(np.array([0, 0, 0, INF]), np.array([1, 1, 1, 3]), PART_SCALES)
    other = score_points(np.array([INF, 0]), np.array([2, 23]), PART_SCALES)
    means = mean_of_parts([one, other])
    assert means[TORSO] == 0.5  # not 3 of 4
    assert means[HAND] == 0
    assert means[HEAD] == 1
    assert np.isnan(np.delete(means, [TORSO, HAND, HEAD])).all()
    assert np.isnan(mean_of_parts([])).all()


def test_masked_by_hand():
    np.testing.assert_allclose(masked_gps(np.array([0.5, 1, 0]), np.array([0.5, 0.64, 1])), [0.5, 0.8, 0])


def test_a_map_is_read_as_the_official_rules_have_it():
    iuv = np.zeros((3, 3, 4), dtype=np.uint8)
    iuv[0], iuv[1] = np.arange(12).reshape(3, 4), 51
    # A box at (10.5, 20) of 3.9 x 3 pixels: three columns count.
    points = [(10.5, 20), (11.49, 20.99), (11.5, 21), (9.51, 19.01), (9.5, 20), (13.4, 22.9), (13.5, 22), (12, 23)]
    parts, uv = read_map(iuv, np.array([10.5, 20, 3.9, 3]), np.array(points))
    assert parts.tolist() == [0, 0, 5, 0, 0, 10, 0, 0]
    np.testing.assert_allclose(uv[[2, 5]], [[0.2, 0], [0.2, 0]])
    assert not uv[parts == 0].any()
    iuv[0] = 7
    parts, _ = read_map(iuv, np.array([10.5, 20, 3.9, 3]), np.array(points))
    assert parts.tolist() == [7, 7, 7, 7, 0, 7, 0, 0]  # less than a pixel left of the box is inside
    assert read_map(iuv, np.array([10.5, 20, 3.9, 3]), np.zeros((0, 2)))[0].shape == (0,)


def test_a_map_smaller_than_its_box_is_background_beyond():
    iuv = np.full((3, 1, 1), 9, dtype=np.uint8)
    parts, _ = read_map(iuv, np.array([0, 0, 2, 2]), np.array([[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]]))
    assert parts.tolist() == [9, 0, 0]


BOX = torch.tensor([10.0, 10.0, 14.0, 14.0])


def test_charts_are_read_at_the_very_place(charts):
    # Centres of the four cells, and a point outside.
    points = torch.tensor([[10.5, 10.5], [12.5, 10.5], [10.5, 12.5], [12.5, 12.5], [9.0, 9.0]])
    parts, uv = read_charts(*charts, BOX, points)
    assert parts.tolist() == [3, 5, 0, 24, 0]
    np.testing.assert_allclose(uv, [[0.03, 0.06], [0.05, 0.10], [0, 0], [0.24, 0.48], [0, 0]], atol=1e-6)
    assert read_charts(*charts, BOX, torch.zeros(0, 2))[0].shape == (0,)


def test_map_of_charts_by_hand(charts):
    drawn = map_of_charts(*charts, torch.tensor([10.0, 10.0, 14.9, 12.4]))
    assert drawn.shape == (3, 2, 4)  # whole pixels
    assert drawn[0].tolist() == [[3, 3, 5, 5], [0, 0, 24, 24]]
    # 0.03 * 255 = 7.65, 0.24 * 255 = 61.2, 0.48 * 255 = 122.4
    assert drawn[1].tolist() == [[7, 7, 12, 12], [0, 0, 61, 61]]
    assert drawn[2].tolist() == [[15, 15, 25, 25], [0, 0, 122, 122]]
    assert map_of_charts(*charts, torch.tensor([3.0, 3.0, 3.2, 3.2])).shape == (3, 1, 1)
    with pytest.raises(ValueError, match='a finite box'):
        map_of_charts(*charts, torch.tensor([0.0, 0.0, float('nan'), 1.0]))


@pytest.mark.parametrize('size', [(1, 1), (7, 3), (30, 41)])
def test_the_body_is_that_of_the_map(size):
    rng = np.random.default_rng(0)
    part_logits = torch.from_numpy(rng.normal(size=(25, 6, 6))).float()
    part_logits[0] += 2
    box = torch.tensor([2.0, 3.0, 2.0 + size[0], 3.0 + size[1]])
    drawn = map_of_charts(part_logits, torch.zeros(2, 24, 6, 6), box)
    np.testing.assert_array_equal(body_of_charts(part_logits, box), drawn[0] > 0)


def test_confidence_by_hand():
    part_logits = torch.full((25, 1, 3), -1e9)
    part_logits[[0, 7], 0, 0] = torch.tensor([0.0, math.log(3)])  # part 7 with 3 / 4
    part_logits[[2, 9], 0, 1] = 1.0  # either of two parts with 1 / 2
    part_logits[0, 0, 2] = 1.0  # background
    assert confidence(part_logits) == pytest.approx((0.75 + 0.5) / 2)
    assert confidence(part_logits[..., 2:]) == 0


@pytest.mark.parametrize('seed', range(4))
def test_pixels_are_those_of_the_map(seed):
    rng = np.random.default_rng(seed)
    part_logits = torch.from_numpy(rng.normal(size=(25, 7, 7))).float()
    part_logits[0] += 1
    # Half of U, V is at an end of its range, as a saturated network's is.
    uv = torch.from_numpy(rng.uniform(-0.5, 1.5, (2, 24, 7, 7)).clip(0, 1)).float()
    on_body = []
    for corners in ((3.3, 2.1, 40.7, 61.2), (0.0, 0.0, 7.0, 7.0), (-5.5, 10.0, 1.2, 10.4), (0.0, 0.0, 300.5, 2.0)):
        box = torch.tensor(corners)
        points = rng.uniform(box[:2].numpy() - 3, box[2:].numpy() + 3, (400, 2)).astype(np.float32)
        corner_and_size = torch.cat([box[:2], box[2:] - box[:2]]).double().numpy()
        parts, places = read_map(map_of_charts(part_logits, uv, box), corner_and_size, points)
        found, found_places = read_pixels(part_logits, uv, box, torch.from_numpy(points))
        np.testing.assert_array_equal(found, parts)
        np.testing.assert_allclose(found_places, places, atol=1.001 / 255)
        assert (found_places != places).mean() < 0.005
        on_body.append(parts > 0)
    assert 0.2 < np.mean(on_body) < 0.8


def test_annotated_body_is_zooms():
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:256, :256] / 256 - 0.5
    masks = [rng.random((256, 256)) < 0.5, np.hypot(rows, columns) < 0.4, np.ones((256, 256), dtype=bool)]
    beyond = (27, 53)  # (255 / 26) * 26 is a little more than 255: the last row is lost
    sizes = [(511, 256), (1, 1), beyond, (2.5, 3.5), (256.5, 128), (300, 150), *rng.uniform(0.2, 700, (25, 2))]
    for number, (height, width) in enumerate(sizes):
        mask, corner = masks[number % 3], rng.uniform(-60, 60, 2) if number % 2 else np.zeros(2)
        box = np.array([*corner, width, height])
        scales = (max(height, 1) / 256, max(width, 1) / 256)
        whole = zoom(mask.astype(float), scales, order=1, prefilter=False) > 0.5
        expected = predicted_body(whole, box, (400, 300))
        np.testing.assert_array_equal(annotated_body(mask, box, (400, 300)), expected, err_msg=str(box))


def test_a_huge_box_costs_no_more_than_the_picture():
    # A mask stretched over all of it would take 8 terabytes.
    box = np.array([-4e5, -4e5, 1e6, 1e6])
    assert annotated_body(np.ones((256, 256), dtype=bool), box, (40, 30)).all()


def test_annotated_body_by_hand():
    mask = np.zeros((256, 256), dtype=bool)
    mask[:, :128] = True
    # The box begins at column 2; its last column lies outside the picture.
    body = annotated_body(mask, np.array([2.7, 1.2, 6.0, 2.0]), (4, 8))
    expected = np.zeros((4, 8), dtype=bool)
    expected[1:3, 2:5] = True
    np.testing.assert_array_equal(body, expected)
    # A box of less than a pixel counts as one pixel where it reaches beyond a pixel's edge, and is lost elsewhere.
    assert np.argwhere(annotated_body(mask, np.array([1.8, 2.8, 0.5, 0.5]), (4, 8))).tolist() == [[2, 1]]
    assert not annotated_body(mask, np.array([1.1, 2.1, 0.5, 0.5]), (4, 8)).any()
    assert not annotated_body(mask, np.array([50, 50, 6, 2]), (4, 8)).any()
    np.testing.assert_array_equal(annotated_body(mask, np.array([-2, 0, 6, 4]), (4, 8))[0], [1, 0, 0, 0, 0, 0, 0, 0])


def test_predicted_body_by_hand():
    mask = np.ones((2, 3), dtype=bool)
    body = predicted_body(mask, np.array([1.9, 0.5, 2.0, 3.0]), (4, 4))
    # int(1.9 + 2.0) = 3 ends the columns; the map ends the rows.
    assert np.argwhere(body).tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]


def test_mask_overlap_by_hand():
    one, other = np.array([[1, 1, 1, 0]], bool), np.array([[0, 1, 1, 1]], bool)
    assert mask_overlap(one, other) == 0.5
    assert mask_overlap(one, other, crowd=True) == pytest.approx(2 / 3)
    assert mask_overlap(~(one | ~one), other & ~other) == 0


def test_box_overlaps_by_hand():
    boxes, truth = np.array([[0, 0, 2, 2], [0, 0, 0, 0]]), np.array([[1, 0, 2, 2], [1, 0, 2, 2], [5, 5, 1, 1]])
    found = box_overlaps(boxes, truth, np.array([False, True, False]))
    np.testing.assert_allclose(found, [[2 / 6, 2 / 4, 0], [0, 0, 0]])


def test_body_of_a_sample():
    mask = np.zeros((256, 256), dtype=bool)
    mask[:64] = True
    known = {'dp_body': mask, 'dp_box': np.array([0, 0, 8, 4]), 'ori_shape': (4, 8)}
    body = AnnotatedBody.of_sample(known)
    assert body.area == 8  # a quarter of the box
    assert body.overlap(np.ones((1, 8), dtype=bool), np.array([0, 0, 8, 1])) == 1
    assert AnnotatedBody.of_sample(known | {'dp_area': 5}).area == 5
    assert AnnotatedBody.of_sample({}).area is None
    unknown = AnnotatedBody.of_sample({'dp_area': 7})
    assert (unknown.mask, unknown.area) == (None, 7)
    with pytest.raises(ValueError, match='no mask is known'):
        unknown.overlap(np.ones((1, 8), dtype=bool), np.array([0, 0, 8, 1]))
    for change, message in (
        ({'dp_body': mask[:5]}, r'expected dp_body bool \(256, 256\), got \(5, 256\)'),
        ({'dp_body': mask.astype(int)}, 'expected dp_body bool'),
        ({'dp_box': np.array([0, 0, np.nan, 4])}, 'dp_body needs dp_box'),
        ({'dp_box': np.array([0, 0, 0, 4])}, 'dp_body needs dp_box'),
        ({'dp_area': float('nan')}, 'expected dp_area of 0 or more'),
        ({'dp_area': -1}, 'expected dp_area of 0 or more'),
    ):
        with pytest.raises(ValueError, match=message):
            AnnotatedBody.of_sample(known | change)
    with pytest.raises(ValueError, match='ori_shape'):
        AnnotatedBody.of_sample({'dp_body': mask, 'dp_box': np.array([0, 0, 8, 4])})


def test_average_precision_by_hand():
    # Three persons; the surest detection is right up to 0.85, the second wrong, the third right up to 0.55.
    similarities = np.array([0.85, 0.1, 0.55])
    found = score_persons([SinglePerson(True, score, 5000.0, 5000.0) for score in (0.9, 0.8, 0.7)], similarities, 'GPS')
    assert found['GPS'] == pytest.approx(0.5)
    # Recall 1 / 3 holds for the recalls 0 to 0.33, 34 of 101; 2 / 3 for 33 more, at a precision of 2 / 3.
    low, high = (34 + 33 * 2 / 3) / 101, 34 / 101
    assert found['AP50'] == pytest.approx(low)
    assert found['AP75'] == pytest.approx(high)
    assert found['AP'] == pytest.approx((2 * low + 6 * high) / 10)
    assert (found['AR50'], found['AR75']) == pytest.approx((2 / 3, 1 / 3))
    assert found['AR'] == pytest.approx((2 * 2 / 3 + 6 / 3) / 10)
    assert found['APm'] == pytest.approx(found['AP'])
    assert math.isnan(found['APl'])
    # Wrong detections of another size than the persons' are dropped: precision is 1.
    small = [SinglePerson(True, score, 1000.0, 5000.0) for score in (0.9, 0.8, 0.7)]
    assert score_persons(small, similarities, 'GPS')['APm'] == pytest.approx((2 * 67 + 6 * 34) / 101 / 10)
    assert 'no person of 96^2' in why_missing('APl')
    assert 'no person of 32^2' in why_missing('ARm')
    assert why_missing('AP') == why_missing('GPS') == 'no person has surface points'


def test_nobody_predicted_and_nobody_annotated():
    missed = score_persons([SinglePerson(False, area=5000.0)], np.zeros(1), 'GPS')
    assert [missed[key] for key in ('GPS', 'AP', 'AR', 'APm')] == [0, 0, 0, 0]
    nobody = score_persons([], np.zeros(0), 'GPS')
    assert all(map(math.isnan, nobody.values()))
    unknown = score_persons([SinglePerson(True, 1.0, 5.0)], np.ones(1), 'GPS')
    assert unknown.keys() == {'GPS', 'AP', 'AP50', 'AP75', 'AR', 'AR50', 'AR75'}
    assert unknown['AP'] == 1


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'similarity': np.zeros((2, 1))}, r'similarity of shape \(1, 1\), got \(2, 1\)'),
        ({'scores': np.array([np.nan])}, 'numbers in scores, got NaN'),
        ({'similarity': np.array([[np.nan]])}, 'numbers in similarity, got NaN'),
        ({'similarity': np.array([[1.5]])}, r'similarities of 0\.\.1'),
        ({'crowd': np.zeros(2, bool)}, r'crowd of shape \(1,\)'),
    ],
)
def test_wrong_pairs_are_refused(changes, message):
    one, flag = np.ones(1), np.zeros(1, dtype=bool)
    fields = dict(
        similarity=np.ones((1, 1)), box_overlap=np.ones((1, 1)), scores=one, areas=one, true_areas=one, counted=~flag,
        crowd=flag,
    )  # fmt: skip
    assert average_precision([ImagePairs(**fields)])['AP'] == 1
    with pytest.raises(ValueError, match=message):
        ImagePairs(**fields | changes)
