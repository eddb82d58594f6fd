import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn

from mmspd.evaluation.functional import PROTOCOLS, ParsingCounts, confusion_matrix, count_image, score_parsing
from mmspd.evaluation.functional.confusion import Confusion, largest_confusions, pack_confusion, unpack_confusion
from mmspd.evaluation.functional.parsing import parsing_sums

NAN = float('nan')
# Two images of four classes. In the first, label (row) and prediction give, without the ignored pixel:
#   class 0: 3 of 4 labelled pixels right, 4 predicted; class 1: 2 of 3 right, 3 predicted.
# The second is predicted as background throughout: class 2 is never predicted, class 3 occurs nowhere.
LABELS = (np.array([[0, 0, 1, 1], [0, 0, 1, 255]]), np.array([[0, 1, 2, 2]]))
PREDICTIONS = (np.array([[0, 1, 1, 1], [0, 0, 0, 2]]), np.array([[0, 0, 0, 0]]))


def count(predictions, labels, num_classes):
    images = [count_image(p, t, num_classes) for p, t in zip(predictions, labels, strict=True)]
    return ParsingCounts.stack(images, num_classes)


def accuracy(counts, name='aAcc'):
    return parsing_sums(counts, [str(number) for number in range(counts.correct.shape[1])]).values()[f'dataset/{name}']


@pytest.fixture
def counts():
    return count(PREDICTIONS, LABELS, 4)


def test_confusion_matrix_by_hand():
    expected = [[3, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert confusion_matrix(PREDICTIONS[0], LABELS[0], 3).tolist() == expected
    # Bytes must not overflow, and tensors count like arrays.
    assert confusion_matrix(PREDICTIONS[0].astype(np.uint8), LABELS[0].astype(np.uint8), 3).tolist() == expected
    assert confusion_matrix(torch.tensor(PREDICTIONS[0]), torch.tensor(LABELS[0]), 3).tolist() == expected


def test_bytes_do_not_overflow_in_late_classes():
    label = np.full((2, 2), 19, dtype=np.uint8)
    assert confusion_matrix(np.full((2, 2), 18, dtype=np.uint8), label, 20)[19, 18] == 4


def test_another_ignored_label():
    # Ignoring class 0 leaves the three pixels labelled 1 of the first image, apart from the one labelled 255.
    label = np.where(LABELS[0] == 255, 0, LABELS[0])
    assert confusion_matrix(PREDICTIONS[0], label, 3, ignore_index=0).tolist() == [[0, 0, 0], [1, 2, 0], [0, 0, 0]]


def test_dataset_protocol_by_hand(counts):
    scores = score_parsing(counts, 'dataset')
    # Correct 4, 2, 0; predicted 8, 3, 0; labelled 5, 4, 2.
    np.testing.assert_allclose(scores.iou, [4 / 9, 2 / 5, 0, NAN])
    np.testing.assert_allclose(scores.precision, [4 / 8, 2 / 3, 0, NAN])
    np.testing.assert_allclose(scores.recall, [4 / 5, 2 / 4, 0, NAN])
    np.testing.assert_allclose(scores.f1, [8 / 13, 4 / 7, 0, NAN])
    assert scores.means()['mIoU'] == pytest.approx((4 / 9 + 2 / 5) / 3)
    assert accuracy(counts) == pytest.approx(6 / 11)


def test_image_protocol_by_hand(counts):
    scores = score_parsing(counts, 'image')
    np.testing.assert_allclose(scores.iou, [(3 / 5 + 1 / 4) / 2, (2 / 4 + 0) / 2, 0, NAN])
    np.testing.assert_allclose(scores.precision, [(3 / 4 + 1 / 4) / 2, (2 / 3 + 0) / 2, 0, NAN])
    np.testing.assert_allclose(scores.recall, [(3 / 4 + 1) / 2, (2 / 3 + 0) / 2, 0, NAN])
    np.testing.assert_allclose(scores.f1, [(6 / 8 + 2 / 5) / 2, (4 / 6 + 0) / 2, 0, NAN])


def test_image_both_protocol_by_hand(counts):
    scores = score_parsing(counts, 'image_both')
    # Class 1's complete miss in the second image vanishes; class 2 is never in both, and yet counts as 0.
    np.testing.assert_allclose(scores.iou, [(3 / 5 + 1 / 4) / 2, 2 / 4, 0, NAN])
    np.testing.assert_allclose(scores.precision, [(3 / 4 + 1 / 4) / 2, 2 / 3, 0, NAN])
    np.testing.assert_allclose(scores.recall, [(3 / 4 + 1) / 2, 2 / 3, 0, NAN])
    np.testing.assert_allclose(scores.f1, [(6 / 8 + 2 / 5) / 2, 4 / 6, 0, NAN])
    assert scores.means()['mF1'] == pytest.approx((0.575 + 4 / 6 + 0) / 3)


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_only_background_predicted_gets_no_credit_for_the_rest(protocol):
    # One image of four classes, a quarter each, all predicted as class 0.
    scores = score_parsing(count([np.zeros((4, 4), int)], [np.arange(16).reshape(4, 4) // 4], 4), protocol)
    assert scores.means() == pytest.approx({'mIoU': 0.25 / 4, 'mPrecision': 0.25 / 4, 'mRecall': 1 / 4, 'mF1': 0.4 / 4})


@pytest.mark.parametrize('protocol', PROTOCOLS)
def test_a_class_predicted_where_it_is_nowhere_labelled_is_zero(protocol):
    scores = score_parsing(count([np.array([[0, 1]])], [np.array([[0, 0]])], 3), protocol)
    np.testing.assert_allclose(scores.iou, [0.5, 0, NAN])
    np.testing.assert_allclose(scores.recall, [0.5, 0, NAN])


def score_by_loops(predictions, labels, num_classes, protocol):
    """The same protocols pixel by pixel, in plain Python: IoU, precision, recall, F1 of each class."""

    def four(tp, fp, fn):
        def share(part, whole):
            return part / whole if whole else 0.0

        precision, recall = share(tp, tp + fp), share(tp, tp + fn)
        return (
            share(tp, tp + fp + fn),
            precision,
            recall,
            share(2 * precision * recall, precision + recall),
        )

    result = []
    for c in range(num_classes):
        errors = []
        for prediction, label in zip(predictions, labels, strict=True):
            pairs = [(p, t) for p, t in zip(prediction.flat, label.flat, strict=True) if t != 255]
            tp = sum(p == c and t == c for p, t in pairs)
            errors.append((tp, sum(p == c for p, _ in pairs) - tp, sum(t == c for _, t in pairs) - tp))
        present = [e for e in errors if sum(e)]
        if not present:
            result.append((NAN,) * 4)
        elif protocol == 'dataset':
            result.append(four(*(sum(column) for column in zip(*present, strict=True))))
        else:
            if protocol == 'image_both':
                present = [(tp, fp, fn) for tp, fp, fn in present if tp + fp and tp + fn]
            each = [four(*e) for e in present]
            result.append(tuple(sum(v) / len(each) for v in zip(*each, strict=True)) if each else (0.0,) * 4)
    return np.array(result)


@pytest.mark.parametrize('protocol', PROTOCOLS)
@pytest.mark.parametrize('seed', range(4))
def test_random_images_against_plain_loops(protocol, seed):
    rng = np.random.default_rng(seed)
    predictions, labels = [], []
    for _ in range(6):
        size = tuple(rng.integers(1, 7, 2))
        # Two of six classes an image, so that classes are absent, missed and invented; half of the pixels are right.
        label = rng.choice([*rng.choice(6, 2, replace=False), 255], size)
        right = (rng.random(size) < 0.5) & (label < 255)
        predictions.append(np.where(right, label, rng.choice(rng.choice(6, 2), size)))
        labels.append(label)
    scores = score_parsing(count(predictions, labels, 7), protocol)
    actual = np.stack(list(scores.per_class().values()), axis=1)
    np.testing.assert_allclose(actual, score_by_loops(predictions, labels, 7, protocol))
    assert 0 < np.nanmean(actual) < 1


def random_maps(seed):
    """Images of up to 40x40 pixels with nine of ten classes, a tenth of them ignored; about half is predicted right."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(8):
        size = tuple(rng.integers(1, 41, 2))
        label = rng.choice(rng.choice(9, 4, replace=False), size)
        prediction = np.where(rng.random(size) < 0.5, label, rng.choice(rng.choice(9, 4), size))
        label[rng.random(size) < 0.1] = 255
        images.append((prediction, label))
    return images


@pytest.mark.parametrize('seed', range(3))
def test_agreement_with_scikit_learn(seed):
    images = random_maps(seed)
    valid = [(prediction[label < 255], label[label < 255]) for prediction, label in images]
    for (prediction, label), (kept, truth) in zip(images, valid, strict=True):
        expected = sklearn.confusion_matrix(truth, kept, labels=range(10))
        np.testing.assert_array_equal(confusion_matrix(prediction, label, 10), expected)
    counts = count(*zip(*images, strict=True), 10)
    predicted, truth = (np.concatenate(each) for each in zip(*valid, strict=True))
    found = score_parsing(counts, 'dataset')
    options = {'labels': range(10), 'average': None, 'zero_division': 0}
    precision, recall, f1, support = sklearn.precision_recall_fscore_support(truth, predicted, **options)
    np.testing.assert_array_equal(counts.labelled.sum(axis=0), support)
    iou = sklearn.jaccard_score(truth, predicted, **options)
    for actual, expected in ((found.iou, iou), (found.precision, precision), (found.recall, recall), (found.f1, f1)):
        np.testing.assert_allclose(actual, [*expected[:9], NAN], rtol=1e-12)  # the last class is nowhere
    assert accuracy(counts) == pytest.approx(sklearn.accuracy_score(truth, predicted))
    foreground = truth > 0
    expected = sklearn.accuracy_score(truth[foreground], predicted[foreground])
    assert accuracy(counts, 'fgAcc') == pytest.approx(expected)


@pytest.mark.parametrize('seed', range(3))
def test_agreement_with_scikit_learn_image_by_image(seed):
    images = random_maps(seed)
    found = score_parsing(count(*zip(*images, strict=True), 10), 'image')
    each = []
    for prediction, label in images:
        truth, kept = label[label < 255], prediction[label < 255]
        options = {'labels': range(10), 'average': None, 'zero_division': 0}
        scores = np.array([
            sklearn.jaccard_score(truth, kept, **options),
            *sklearn.precision_recall_fscore_support(truth, kept, **options)[:3],
        ])  # fmt: skip
        scores[:, ~np.isin(np.arange(10), [truth, kept])] = NAN
        each.append(scores)
    present = ~np.isnan(each)
    expected = np.nansum(each, axis=0) / np.where(present.any(axis=0), present.sum(axis=0), NAN)
    np.testing.assert_allclose([found.iou, found.precision, found.recall, found.f1], expected, rtol=1e-12)


def test_foreground_accuracy_by_hand(counts):
    # Of the labelled pixels that are not background, the first image has 2 of 3 right, the second 0 of 3.
    assert accuracy(counts, 'fgAcc') == pytest.approx(2 / 6)
    assert np.isnan(accuracy(count([np.array([[1, 0]])], [np.array([[0, 0]])], 2), 'fgAcc'))


def test_matrices_are_packed_without_loss():
    matrix = np.zeros((20, 20), dtype=np.int64)
    matrix[0, 0], matrix[19, 3], matrix[19, 19] = 2**32 - 1, 1, 7
    packed = pack_confusion(matrix)
    assert packed.tolist() == [[0, 383, 399], [2**32 - 1, 1, 7]]
    np.testing.assert_array_equal(unpack_confusion(packed, 20), matrix)
    assert not unpack_confusion(pack_confusion(np.zeros((3, 3), dtype=np.int64)), 3).any()


def test_largest_confusions_by_hand():
    # Shares of the labels: 10 / 20, 1 / 2, 2 / 10, 1 / 10 and 5 / 20; one class is never labelled.
    matrix = np.array([[5, 10, 0, 5], [0, 1, 1, 0], [2, 1, 7, 0], [0, 0, 0, 0]])
    assert largest_confusions(matrix, 4) == [
        Confusion(0, 1, 10, 0.5), Confusion(1, 2, 1, 0.5), Confusion(0, 3, 5, 0.25), Confusion(2, 0, 2, 0.2),
    ]  # fmt: skip
    assert len(largest_confusions(matrix, 99)) == 5
    assert largest_confusions(np.diag([3, 4]), 9) == []


def test_summed_scores_are_the_scores(counts):
    values = parsing_sums(counts, 'abcd').values()
    for protocol in PROTOCOLS:
        scores = score_parsing(counts, protocol)
        assert {name: values[f'{protocol}/{name}'] for name in scores.means()} == scores.means()
        np.testing.assert_array_equal([values[f'{protocol}/IoU.{each}'] for each in 'abcd'], scores.iou)
    assert values['dataset/aAcc'] == pytest.approx(6 / 11)
    assert values['dataset/fgAcc'] == pytest.approx(2 / 6)
    assert len(values) == 3 * 4 * 5 + 2


def test_an_ignored_image_changes_nothing(counts):
    more = count([*PREDICTIONS, np.full((3, 3), 2)], [*LABELS, np.full((3, 3), 255)], 4)
    for protocol in PROTOCOLS:
        assert score_parsing(more, protocol).means() == score_parsing(counts, protocol).means()
    assert accuracy(more) == accuracy(counts)


@pytest.mark.parametrize('labels', [[], [np.full((3, 3), 255)], [np.zeros((0, 4), int)]])
def test_nothing_annotated_is_nan(labels):
    counts = count([np.zeros_like(label) for label in labels], labels, 20)
    assert np.isnan(accuracy(counts))
    for protocol in PROTOCOLS:
        assert np.isnan(list(score_parsing(counts, protocol).means().values())).all()


def test_one_pixel():
    counts = count([np.array([[1]])], [np.array([[2]])], 3)
    np.testing.assert_allclose(score_parsing(counts, 'image').iou, [NAN, 0, 0])
    assert accuracy(counts) == 0


@pytest.mark.parametrize(
    ('prediction', 'label', 'message'),
    [
        ([[0, 1]], [[0], [1]], r'same size, got \(1, 2\) and \(2, 1\)'),
        ([[0, 3]], [[0, 1]], r'prediction must hold 0\.\.2, found 0\.\.3'),
        ([[0, -1]], [[1, 1]], r'prediction must hold 0\.\.2, found -1\.\.0'),
        ([[0, 1]], [[0, 3]], r'label must hold 0\.\.2 or 255 \(ignored\), found \[3\]'),
        ([[0, 1]], [[0, 256]], r'label must hold 0\.\.255, found 0\.\.256'),
        ([[0, 1]], [[-1, 1]], r'label must hold 0\.\.255, found -1\.\.1'),
        ([[0.5, 1]], [[0, 1]], 'whole numbers'),
    ],
)
def test_wrong_maps_are_refused(prediction, label, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(np.array(prediction), np.array(label), 3)


def test_unknown_protocol(counts):
    with pytest.raises(ValueError, match=r"unknown protocol 'mean'.*dataset, image, image_both"):
        score_parsing(counts, 'mean')
