"""The report of defects."""

import pytest

from mmspd.results.tally import Tally, fits_strict

RULES = {'missing': 'background', 'malformed': 'absent', 'empty': 'nothing'}


def test_five_items_are_named_and_all_are_counted():
    tally = Tally('parsing', RULES)
    for number in range(6):
        tally.add('missing', f'map {number}')
    tally.add_malformed('two\nlines')
    assert tally.lines() == [
        'parsing: 6 missing, counted as: background',
        *(f'    map {number}' for number in range(5)),
        '    and 1 more',
        'parsing: 1 malformed, counted as: absent',
        '    two lines',
    ]
    assert tally.to_json() == {
        'missing': {'counted': 'background', 'items': 6, 'first': [f'map {number}' for number in range(5)]},
        'malformed': {'counted': 'absent', 'items': 1, 'first': ['two lines']},
    }
    assert (tally.items('missing'), tally.items('empty')) == (6, 0)
    assert (tally.first('empty', 'malformed', 'missing'), tally.first('empty')) == ('two lines', '')


def test_long_items_are_cut():
    tally = Tally('pose', RULES)
    tally.add('missing', 'x' * 300)
    tally.add('missing', 'x' * 301)
    assert [len(item) for item in tally.to_json()['missing']['first']] == [300, 303]


def test_kinds_are_known():
    with pytest.raises(KeyError):
        Tally('pose', RULES).add('late', 'a')


def test_what_is_strict():
    tallies = [Tally('pose', RULES), Tally('densepose', RULES, frozenset({'empty'}))]
    tallies[1].add('empty', 'a')
    assert fits_strict(tallies)
    tallies[0].add('empty', 'a')
    assert tallies[0].refused
    assert not fits_strict(tallies)
