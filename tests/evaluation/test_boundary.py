import math

import numpy as np
import pytest
from scipy import ndimage

from mmspd.evaluation.functional.boundary import boundary_key, boundary_sums, count_boundaries

NAN = float('nan')


def outline(values, ignored, number):
    """Boundary pixels of one class, pixel by pixel."""
    height, width = values.shape
    found = np.zeros(values.shape, dtype=bool)
    for y in range(height):
        for x in range(width):
            for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= ny < height and 0 <= nx < width
                if inside and not ignored[y, x] and not ignored[ny, nx] and values[y, x] == number != values[ny, nx]:
                    found[y, x] = True
    return found


def count_literally(prediction, label, num_classes, tolerance, ignore_index=255):
    """The definition, class by class, with a distance transform."""
    limit = tolerance * math.hypot(*label.shape)
    counts = np.zeros((4, num_classes), dtype=int)
    for number in range(num_classes):
        predicted, labelled = (outline(values, label == ignore_index, number) for values in (prediction, label))
        for row, (mine, others) in enumerate(((predicted, labelled), (labelled, predicted))):
            counts[2 * row + 1, number] = mine.sum()
            if others.any():
                counts[2 * row, number] = (ndimage.distance_transform_edt(~others)[mine] <= limit).sum()
    return counts


def shift_maps(seed, size, num_classes):
    """A label with blobs, some of it ignored, and a prediction that is shifted and partly wrong."""
    rng = np.random.default_rng(seed)
    fields = ndimage.gaussian_filter(rng.normal(size=(num_classes, *size)), (0, 2, 2), mode='wrap')
    label = fields.argmax(axis=0)
    prediction = np.roll(label, rng.integers(-3, 4, 2), (0, 1))
    prediction[rng.random(size) < 0.02] = rng.integers(num_classes)
    label[rng.random(size) < 0.05] = 255
    return prediction, label


@pytest.mark.parametrize('tolerance', [0.0001, 0.02, 0.05, 0.1, 0.7])
@pytest.mark.parametrize(
    ('size', 'num_classes'), [((31, 24), 6), ((1, 40), 3), ((40, 1), 3), ((9, 9), 33), ((20, 30), 70)]
)
def test_against_a_distance_transform(size, num_classes, tolerance):
    for seed in range(3):
        prediction, label = shift_maps(seed, size, num_classes)
        expected = count_literally(prediction, label, num_classes, tolerance)
        assert expected[1].sum() > 5
        assert count_boundaries(prediction, label, num_classes, tolerance).tolist() == expected.tolist()


def test_classes_of_every_word_are_counted():
    # Classes 0, 31, 32, 63, 64 and 65 lie beside each other in the bits of two words.
    label = np.repeat([[0, 31, 32, 63, 64, 65]], 2, axis=1)
    counts = count_boundaries(label, label, 66, 0.01)
    expected = np.zeros(66, dtype=int)
    expected[[0, 31, 32, 63, 64, 65]] = 1, 2, 2, 2, 2, 1
    assert counts.tolist() == [expected.tolist()] * 4


def test_a_shifted_edge_by_hand():
    # The label's edge lies after column 1, the prediction's after column 3, in a picture of 3x8: diagonal 8.54.
    label, prediction = (np.tile(np.arange(8) > last, (3, 1)).astype(int) for last in (1, 3))
    # Boundary pixels of class 0 are columns 1 and 3, of class 1 columns 2 and 4: two pixels apart.
    assert count_boundaries(prediction, label, 2, 1.9 / math.hypot(3, 8)).tolist() == [[0, 0], [3, 3], [0, 0], [3, 3]]
    assert count_boundaries(prediction, label, 2, 2.01 / math.hypot(3, 8)).tolist() == [[3, 3]] * 4


def test_the_other_class_does_not_match():
    # Inside and outside are swapped: the contour is the same, but each class's pixels are one apart, and 0.41 allowed.
    label = np.array([[0, 0, 1, 1]])
    assert count_boundaries(1 - label, label, 2, 0.1).tolist() == [[0, 0], [1, 1], [0, 0], [1, 1]]


def test_the_disc_is_round():
    # Class 1 is one pixel, four right and three down in the prediction: a distance of 5, in a picture of 30x40.
    label, prediction = np.zeros((30, 40), dtype=int), np.zeros((30, 40), dtype=int)
    label[10, 10] = prediction[13, 14] = 1
    assert count_boundaries(prediction, label, 2, 5 / 50)[:, 1].tolist() == [1, 1, 1, 1]
    assert count_boundaries(prediction, label, 2, 4.99 / 50)[:, 1].tolist() == [0, 1, 0, 1]


def test_the_border_of_the_picture_is_no_boundary():
    label = np.zeros((4, 4), dtype=int)
    label[:2] = 1  # touches three borders: only its lower row is a contour
    assert count_boundaries(label, label, 2, 0.01).tolist() == [[4, 4]] * 4


def test_ignored_pixels_are_no_boundary_and_no_neighbour():
    label = np.array([[0, 0, 255, 1, 1], [0, 0, 255, 1, 1]])
    prediction = np.array([[0, 0, 1, 1, 1], [0, 0, 0, 0, 1]])
    # The label has no edge left. The prediction has one between columns 3 and 4, and between rows 0 and 1 of column 3.
    assert count_boundaries(prediction, label, 2, 0.01).tolist() == [[0, 0], [1, 2], [0, 0], [0, 0]]


@pytest.mark.parametrize('label', [np.zeros((0, 0), int), np.zeros((0, 5), int), np.array([[1]]), np.full((3, 4), 255)])
def test_nothing_to_see(label):
    assert not count_boundaries(np.ones_like(label), label, 3, 0.01).any()


@pytest.mark.parametrize('shapes', [((2, 3), (3, 2)), ((4,), (4,)), ((1, 2, 2), (1, 2, 2))])
def test_wrong_shapes_are_refused(shapes):
    prediction, label = (np.zeros(shape, dtype=int) for shape in shapes)
    with pytest.raises(ValueError, match=r'one size \(H, W\)'):
        count_boundaries(prediction, label, 2, 0.01)


def test_scores_by_hand():
    # Matched and all of the prediction, matched and all of the label, for classes a, b, c, d in two images.
    counts = np.array([
        [[3, 0, 0, 0], [4, 2, 0, 0], [2, 0, 0, 0], [8, 0, 5, 0]],
        [[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]],
    ])  # fmt: skip
    values = boundary_sums(counts, 0.0075, 'abcd').values()
    first = 2 * (3 / 4) * (2 / 8) / (3 / 4 + 2 / 8)
    # b: predicted where it is not labelled; c: never predicted; both 0. d: nowhere.
    each = {'a': (first + 1) / 2, 'b': 0, 'c': 0, 'd': NAN}
    assert {name: values[f'boundary@0.0075/F1.{name}'] for name in 'abcd'} == pytest.approx(each, nan_ok=True)
    assert values['boundary@0.0075/mF1'] == pytest.approx(each['a'] / 3)
    assert values['boundary@0.0075/mPrecision'] == pytest.approx((3 / 4 + 1) / 2 / 3)
    assert values['boundary@0.0075/mRecall'] == pytest.approx((2 / 8 + 1) / 2 / 3)


def test_no_image_is_nan():
    values = boundary_sums(np.zeros((0, 4, 2), dtype=int), 0.01, 'ab').values()
    assert list(values) == [f'{boundary_key(0.01)}/{name}' for name in (
        'mF1', 'F1.a', 'F1.b', 'mPrecision', 'Precision.a', 'Precision.b', 'mRecall', 'Recall.a', 'Recall.b',
    )]  # fmt: skip
    assert np.isnan(list(values.values())).all()
