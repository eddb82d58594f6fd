"""The outcome of a comparison in words."""

import pytest

from mmspd.evaluation.comparison import sentence
from mmspd.evaluation.functional.bootstrap import Difference, Interval

NAN = float('nan')


def difference(first, second, low, high, above=0.75, below=0.25):
    return Difference(first, second, Interval(first - second, low, high, 0), above, below)


@pytest.mark.parametrize(
    ('name', 'found', 'words'),
    [
        (
            'dataset/mIoU',
            difference(0.512, 0.5, 0.004, 0.02, 0.998, 0.002),
            'SPD is better than SP in dataset/mIoU by 0.0120 [0.0040, 0.0200]; better in 99.8 % of resamples.',
        ),
        (
            'dataset/mIoU',
            difference(0.5, 0.512, -0.02, -0.004, 0.002, 0.998),
            'SP is better than SPD in dataset/mIoU by 0.0120 [0.0040, 0.0200]; better in 99.8 % of resamples.',
        ),
        (
            'pose/mED',
            difference(9, 11, -3, -1, 0, 1),
            'SPD is better than SP in pose/mED by 2.0000 [1.0000, 3.0000]; better in 100.0 % of resamples.',
        ),
        (
            'pose/mED',
            difference(11, 9, -1, 3, 0.8, 0.2),
            'No clear difference between SPD and SP in pose/mED: SP is ahead by 2.0000 [-1.0000, 3.0000]; better in '
            '80.0 % of resamples.',
        ),
        (
            'image/mF1',
            difference(0.5, 0.502, -0.008, 0.004, 0.29, 0.71),
            'No clear difference between SPD and SP in image/mF1: SP is ahead by 0.0020 [-0.0040, 0.0080]; better in '
            '71.0 % of resamples.',
        ),
        ('gps/GPS', difference(0.5, 0.5, 0, 0, 0, 0), 'SPD and SP are equal in gps/GPS: 0.5000.'),
        ('gps/GPS', difference(0.5, 0.4, NAN, NAN), 'SPD is ahead of SP in gps/GPS by 0.1000, on too few samples'),
        ('gps/GPS', difference(NAN, 0.4, NAN, NAN), 'SPD and SP cannot be compared in gps/GPS'),
    ],
)
def test_sentences(name, found, words):
    assert sentence(name, found, 'SPD', 'SP').startswith(words)
