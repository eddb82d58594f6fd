"""Lists of numbers and boxes of others."""

import pytest

from mmspd.datasets.files.number_lists import check_box, check_number, check_numbers


def test_what_is_right_stays_as_it_is():
    assert check_numbers([1, -2.5, 1e6], 'here') == [1, -2.5, 1e6]
    assert check_numbers([], 'here') == []
    assert check_box([-3, 0.5, 1e-3, 7], 'here') == [-3, 0.5, 1e-3, 7]


@pytest.mark.parametrize(
    ('value', 'says'),
    [
        ('12', 'here: expected a list of numbers, got 12'),
        ({'a': 1}, 'expected a list of numbers'),
        (None, 'expected a list of numbers, got None'),
        ([1, '3'], "here: expected a list of numbers, got '3' among them"),
        ([1, True], "expected a list of numbers, got 'True' among them"),
        ([1, [2]], r"expected a list of numbers, got '\[2\]' among them"),
        ([1, float('nan'), 2], r'expected finite numbers of at most 1e\+06, got nan among them'),
        ([float('nan'), 1], 'got nan among them'),
        ([1, float('-inf')], 'got -inf among them'),
        ([0, -1.1e6], 'got -1100000.0 among them'),
        ([10**400], 'got 1000'),
    ],
)
def test_other_lists_are_refused(value, says):
    with pytest.raises(ValueError, match=says):
        check_numbers(value, 'here')


@pytest.mark.parametrize('value', [[], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 0, 4], [1, 2, 3, -4]])
def test_other_boxes_are_refused(value):
    with pytest.raises(ValueError, match=r'here: expected x, y, width, height with a positive size, got \['):
        check_box(value, 'here')


@pytest.mark.parametrize('value', [0, -7, 1e6, 0.25])
def test_one_number_stays_as_it_is(value):
    assert check_number(value, 'here') is value


@pytest.mark.parametrize('value', ['3', None, True, [1], float('nan'), float('inf'), 1.1e6, -(10**400)])
def test_other_values_are_no_number(value):
    with pytest.raises(ValueError, match=r'here: expected a finite number of at most 1e\+06, got'):
        check_number(value, 'here')


def test_a_box_of_no_numbers_is_refused():
    with pytest.raises(ValueError, match='here: expected finite'):
        check_box([1, 2, float('nan'), 4], 'here')
