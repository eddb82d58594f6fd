import numpy as np
import pytest

from mmspd.evaluation.functional import bootstrap
from mmspd.evaluation.functional.bootstrap import (
    SummedScores,
    bootstrap_intervals,
    compare_paired,
    intervals_of_runs,
    join_scores,
    percentile_interval,
    ratio_scores,
    resample_weights,
)
from mmspd.evaluation.functional.boundary import boundary_sums
from mmspd.evaluation.functional.parsing import PROTOCOLS, ParsingCounts, parsing_sums, score_parsing

NAN = float('nan')


def means_of(*columns):
    """The mean of one number an image, once for each column."""
    return ratio_scores({f's{n}': (np.array(column), np.ones(len(column))) for n, column in enumerate(columns)})


def random_counts(seed, images, num_classes):
    """Pixels of images that contain some of the classes each."""
    rng = np.random.default_rng(seed)
    matrices = rng.integers(1, 50, (images, num_classes, num_classes))
    matrices[rng.random(matrices.shape) < 0.7] = 0
    matrices[1:, -1], matrices[1:, :, -1] = 0, 0  # the last class is in the first image alone
    matrices[0, -1, -1] = 5
    return ParsingCounts(matrices.diagonal(axis1=1, axis2=2), matrices.sum(axis=1), matrices.sum(axis=2))


def test_weights_draw_every_image_alike():
    weights = np.concatenate(list(resample_weights(5, 4000, seed=0)))
    assert weights.shape == (4000, 5)
    assert (weights.sum(axis=1) == 5).all()
    assert (weights == np.floor(weights)).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.05)
    # Of a multinomial: variance 5 x 1/5 x 4/5, and no image at all with chance (4/5)^5.
    np.testing.assert_allclose(weights.var(axis=0), 0.8, atol=0.06)
    assert (weights == 0).mean() == pytest.approx(0.8**5, abs=0.01)


def test_blocks_bound_the_memory_and_change_nothing(monkeypatch):
    whole = list(resample_weights(10, 25, seed=3))
    monkeypatch.setattr(bootstrap, '_MOST_WEIGHTS', 40)
    blocks = list(resample_weights(10, 25, seed=3))
    assert [len(block) for block in blocks] == [4] * 6 + [1]
    np.testing.assert_array_equal(np.concatenate(blocks), np.concatenate(whole))


def test_two_images_by_hand():
    # Scores 0 and 1: resamples have the mean 0, 1/2 and 1 with the chances 1/4, 1/2, 1/4.
    scores = means_of([0.0, 1.0])
    resampled = scores.resampled(4000, seed=0)['s0']
    assert [(resampled == value).mean() for value in (0, 0.5, 1)] == pytest.approx([1 / 4, 1 / 2, 1 / 4], abs=0.02)
    interval = bootstrap_intervals(scores)['s0']
    assert (interval.value, interval.low, interval.high, interval.missing) == (0.5, 0, 1, 0)


def test_percentiles_by_hand():
    # 0, 1, ... 1000: the 2.5th percentile is 25; NaN are left out and counted.
    interval = percentile_interval(7.0, np.append(np.arange(1001.0)[::-1], [NAN, NAN]), images=3)
    assert (interval.value, interval.low, interval.high, interval.missing) == (7, 25, 975, 2)


def test_ratios_divide_sums():
    # Persons with 1, 3 and no joints: the mean over joints, not over persons.
    ratios = {'mED': (np.array([10.0, 6.0, 0.0]), np.array([1, 3, 0])), 'none': (np.zeros(3), np.zeros(3))}
    assert ratio_scores(ratios).values() == pytest.approx({'mED': 4, 'none': NAN}, nan_ok=True)


def test_every_parsing_score_is_that_of_the_drawn_images():
    classes = 'abcd'
    counts = random_counts(0, images=7, num_classes=4)
    resampled = parsing_sums(counts, classes).resampled(30, seed=5)
    missing = 0
    for number, weights in enumerate(np.concatenate(list(resample_weights(7, 30, seed=5)))):
        drawn = np.repeat(np.arange(7), weights.astype(int))
        literal = ParsingCounts(counts.correct[drawn], counts.predicted[drawn], counts.labelled[drawn])
        expected = {
            'dataset/aAcc': literal.correct.sum() / literal.labelled.sum(),
            'dataset/fgAcc': literal.correct[:, 1:].sum() / literal.labelled[:, 1:].sum(),
        }
        for protocol in PROTOCOLS:
            scores = score_parsing(literal, protocol)
            expected |= {f'{protocol}/{name}': value for name, value in scores.means().items()}
            for name, values in scores.per_class().items():
                expected |= {f'{protocol}/{name}.{each}': v for each, v in zip(classes, values, strict=True)}
        assert expected.keys() == resampled.keys()
        found = {name: values[number] for name, values in resampled.items()}
        assert found == pytest.approx(expected, nan_ok=True)
        missing += sum(np.isnan(value) for value in expected.values())
    assert missing > 0


def test_a_class_that_few_images_have():
    # Class b is in one image of three, so that (2/3)^3 of the resamples lack it.
    pixels = np.array([[4, 0], [4, 0], [4, 2]])
    counts = ParsingCounts(correct=pixels - [[1, 0], [2, 0], [0, 1]], predicted=pixels, labelled=pixels)
    interval = bootstrap_intervals(parsing_sums(counts, 'ab'), resamples=2000)['dataset/IoU.b']
    assert interval.missing / 2000 == pytest.approx((2 / 3) ** 3, abs=0.03)
    assert interval.value == interval.low == interval.high == pytest.approx(1 / 3)
    mean = bootstrap_intervals(parsing_sums(counts, 'ab'), resamples=2000)['dataset/mIoU']
    assert mean.missing == 0


def test_a_class_in_no_image_is_nan_in_every_resample():
    pixels = np.array([[4, 0], [3, 0]])
    found = bootstrap_intervals(parsing_sums(ParsingCounts(pixels, pixels, pixels), 'ab'), 50)
    assert np.isnan([found['image/F1.b'].value, found['image/F1.b'].low, found['image/F1.b'].high]).all()
    assert found['image/F1.b'].missing == 50
    # The mean is over the other class; no pixel is labelled as anything but the first class.
    assert (found['image/mF1'].low, found['image/mF1'].missing) == (1, 0)
    assert np.isnan(found['dataset/fgAcc'].value)


@pytest.mark.parametrize('images', [0, 1])
def test_too_few_images_have_no_interval(images):
    interval = bootstrap_intervals(means_of([0.5] * images), 20)['s0']
    assert np.isnan([interval.low, interval.high]).all()
    assert interval.value == 0.5 if images else np.isnan(interval.value)
    found = compare_paired([means_of([0.5] * images)], [means_of([0.25] * images)], 20)['s0']
    assert np.isnan([found.share_above, found.share_below, found.difference.low]).all()


def test_intervals_hold_the_truth_as_often_as_they_say():
    # A ratio of sums over 60 persons of 5 to 15 joints; errors are exponential with mean 10, plus one of the person.
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(300):
        joints = rng.integers(5, 16, 60)
        errors = np.array([rng.exponential(10, count).sum() + count * rng.normal(0, 3) for count in joints])
        interval = bootstrap_intervals(ratio_scores({'mED': (errors, joints)}), 300, seed=trial)['mED']
        held += interval.low <= 10 <= interval.high
    assert 0.91 <= held / 300 <= 0.98


def test_joined_scores_are_those_of_the_parts():
    counts = random_counts(2, images=5, num_classes=3)
    outlines = np.random.default_rng(0).integers(0, 5, (5, 2, 3)).repeat(2, axis=1).cumsum(axis=1)
    parts = [parsing_sums(counts, 'abc'), boundary_sums(outlines, 0.01, 'abc'), means_of(np.arange(5.0))]
    joined = join_scores(parts)
    expected = {name: value for part in parts for name, value in part.values().items()}
    assert joined.values() == pytest.approx(expected, nan_ok=True)
    assert 'boundary@0.01/mF1' in expected
    drawn = joined.resampled(10, seed=1)
    for part in parts:
        for name, values in part.resampled(10, seed=1).items():
            np.testing.assert_allclose(drawn[name], values)


def test_groups_are_drawn_as_one():
    scores = ratio_scores({'mean': (np.array([1.0, 2.0, 6.0]), np.array([1, 1, 2]))}).grouped(np.array([1, 0, 1]))
    assert scores.columns.tolist() == [[2, 1], [7, 3]]
    assert scores.values() == {'mean': 9 / 4}
    # Doubling every image changes a mean by nothing; counted one by one the interval would be too narrow.
    values = np.random.default_rng(0).random(40)
    twice = means_of(np.repeat(values, 2))
    once, grouped, single = (bootstrap_intervals(each)['s0'] for each in (
        means_of(values), twice.grouped(np.repeat(np.arange(40), 2)), twice,
    ))  # fmt: skip
    assert (grouped.low, grouped.high) == pytest.approx((once.low, once.high))
    assert single.high - single.low < 0.8 * (once.high - once.low)


def test_paired_differences_by_hand():
    # The second system is worse by 0.1 in every image: so it is in every resample, however much the images differ.
    values = np.random.default_rng(0).random(30)
    found = compare_paired([means_of(values)], [means_of(values - 0.1)])['s0']
    assert (found.first, found.second) == pytest.approx((values.mean(), values.mean() - 0.1))
    assert (found.difference.value, found.difference.low, found.difference.high) == pytest.approx((0.1, 0.1, 0.1))
    assert (found.share_above, found.share_below) == (1, 0)
    same = compare_paired([means_of(values)], [means_of(values)])['s0']
    assert (same.difference.low, same.difference.high, same.share_above, same.share_below) == (0, 0, 0, 0)


def test_shares_count_the_resamples_on_each_side():
    # Differences of the two images: 1 and -1. A quarter of the resamples draws either one twice.
    found = compare_paired([means_of([1.0, 0.0])], [means_of([0.0, 1.0])], resamples=4000)['s0']
    assert (found.share_above, found.share_below) == pytest.approx((0.25, 0.25), abs=0.02)
    assert (found.difference.low, found.difference.high) == (-1, 1)


def test_runs_are_averaged_in_each_resample():
    rng = np.random.default_rng(0)
    one, two, other = rng.random((3, 12))
    found = compare_paired([means_of(one), means_of(two)], [means_of(other)], 200)['s0']
    expected = compare_paired([means_of((one + two) / 2)], [means_of(other)], 200)['s0']
    assert found.first == pytest.approx(expected.first)
    assert (found.difference.low, found.difference.high) == pytest.approx(
        (expected.difference.low, expected.difference.high)
    )
    assert (found.share_above, found.share_below) == (expected.share_above, expected.share_below)
    assert expected.difference.low < expected.difference.high


def test_only_scores_of_all_runs_are_compared():
    assert list(compare_paired([means_of([1.0], [1.0])], [means_of([1.0])], 5)) == ['s0']


@pytest.mark.parametrize('sides', [([[1.0, 2.0]], [[1.0]]), ([], [[1.0]]), ([[1.0]], [])])
def test_sides_that_cannot_be_paired_are_refused(sides):
    first, second = ([means_of(run) for run in side] for side in sides)
    with pytest.raises(ValueError, match='expected runs '):
        compare_paired(first, second)


def test_intervals_of_several_runs():
    rng = np.random.default_rng(0)
    one, two = rng.random((2, 12))
    found = intervals_of_runs([means_of(one, two), means_of(two)], 200)
    expected = bootstrap_intervals(means_of((one + two) / 2), 200)
    assert list(found) == list(expected) == ['s0']
    assert (found['s0'].low, found['s0'].high) == pytest.approx((expected['s0'].low, expected['s0'].high))
    for runs in ([], [means_of(one), means_of(two[:5])]):
        with pytest.raises(ValueError, match='as many images each'):
            intervals_of_runs(runs)


def test_no_resamples_are_refused():
    with pytest.raises(ValueError, match='resamples must be at least 1, got 0'):
        bootstrap_intervals(means_of([1.0, 2.0]), resamples=0)


def test_the_same_seed_gives_the_same_interval():
    scores = SummedScores(np.random.default_rng(0).random((9, 1)), lambda sums: {'sum': sums[..., 0]})
    assert bootstrap_intervals(scores, 50, seed=1) == bootstrap_intervals(scores, 50, seed=1)
    assert bootstrap_intervals(scores, 50, seed=1) != bootstrap_intervals(scores, 50, seed=2)
