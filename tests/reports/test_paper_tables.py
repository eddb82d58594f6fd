"""The paper's tables: its numbers as it prints them, ours beside them, and nothing where nothing was measured."""

import re
from pathlib import Path

import numpy as np
import pytest

from mmspd.evaluation.functional.bootstrap import Interval
from mmspd.reports.comparisons import comparison_table, reference_group
from mmspd.reports.paper import PAPER_MODELS, PAPER_PARSING
from mmspd.reports.paper_tables import (
    auxiliary_table,
    ordered_groups,
    paper_table,
    per_class_table,
    protocol_table,
    spread,
)
from mmspd.reports.runs import find_runs, group_runs
from tests.reports.runs import BAD, CLASSES, GOOD, write_run

PAPER = Path(__file__).resolve().parents[3] / 'shared' / 'paper' / 'spd_paper.md'


def groups_of(folder, dataset='LIP'):
    return ordered_groups(group_runs(find_runs([folder])), dataset)


def column(table, name):
    return [row[table.columns.index(name)] for row in table.rows]


@pytest.fixture
def runs(tmp_path):
    for seed, value in ((0, 0.25), (1, 0.75)):
        metrics = {'image_both/mIoU': value, 'image_both/mF1': 0.5, 'dataset/mIoU': value / 2, 'gps/GPS': 0.125}
        write_run(tmp_path / f'spd{seed}', 'SPD', seed, metrics=metrics)
    write_run(tmp_path / 's', 'S', metrics={'image_both/mIoU': 0.3333, 'pose/mED_spd_code': 50.04}, counts=BAD)
    write_run(tmp_path / 'other', 'SCHP', metrics={'image_both/mIoU': 1.0})
    write_run(tmp_path / 'atr', 'SPD', dataset='ATR')
    return tmp_path


def test_rows_are_the_papers_in_its_order_then_others(runs):
    table = paper_table(groups_of(runs), 'LIP')
    assert table.title == 'Table I: parsing on LIP'
    assert column(table, 'model') == ['JPPNet', 'SPD', 'SP', 'SD', 'S', 'SCHP']
    assert column(table, 'experiment') == ['Comparison'] * 2 + ['Ablation study'] * 3 + ['']


def test_the_papers_numbers_are_printed_as_it_prints_them(runs):
    table = paper_table(groups_of(runs), 'LIP')
    assert column(table, 'paper IoU') == ['0.538', '0.547', '0.535', '0.478', '0.483', '']
    assert column(table, 'paper Recall') == ['0.66', '0.68', '0.52', '0.50', '0.49', '']
    assert column(paper_table(groups_of(runs, 'ATR'), 'ATR'), 'paper Recall') == [
        '0.67',
        '0.70',
        '0.53',
        '0.44',
        '0.56',
    ]


def test_ours_are_means_over_runs_and_missing_runs_stay_empty(runs):
    table = paper_table(groups_of(runs), 'LIP')
    # 0.25 and 0.75: the standard deviation of a sample of two is 0.5 / sqrt(2).
    assert column(table, 'image_both/mIoU') == ['', '0.500 ± 0.354', '', '', '0.333', '1.000']
    assert column(table, 'image_both/mF1') == ['', '0.500 ± 0.000', '', '', '', '']
    assert column(table, 'runs') == ['', '2', '', '', '1', '1']
    assert any('image_both' in note for note in table.notes)


def test_on_other_data_the_papers_numbers_say_what_they_are_of(runs):
    table = paper_table([], 'rendered people')
    assert 'paper, on LIP: IoU' in table.columns
    assert any('do not compare' in note for note in table.notes)
    assert not any('do not compare' in note for note in paper_table([], 'ATR').notes)


def test_joints_and_surface(runs):
    table = auxiliary_table(groups_of(runs), 'LIP')
    assert column(table, 'paper mED') == ['51.2', '55.01', '56.82', '', '', '']
    assert column(table, 'paper GPS') == ['', '0.482', '', '0.501', '', '']
    assert column(table, 'pose/mED_spd_code') == ['', '', '', '', '50.0', '']
    assert column(table, 'gps/GPS') == ['', '0.125 ± 0.000', '', '', '', '']


def test_protocols_stand_beside_each_other_with_intervals(runs):
    groups = groups_of(runs)
    intervals = [
        {'dataset/mIoU': Interval(0.25, 0.2004, 0.3, 0)},
        {'dataset/mIoU': Interval(0.1, np.nan, np.nan, 5)},
        {},
    ]
    table = protocol_table(groups, 'LIP', intervals)
    assert column(table, 'dataset/mIoU') == ['0.250 ± 0.177', '', '']
    assert [row[2] for row in table.rows] == ['[0.200, 0.300]', '', '']
    assert column(table, 'image_both/mIoU') == ['0.500 ± 0.354', '0.333', '1.000']


def test_classes_that_do_not_occur_stay_empty():
    scores = [np.array([[0.5, np.nan], [0.7, np.nan]]), np.array([[0.25, 0.0]])]
    table = per_class_table(['SPD', 'S'], 'LIP', scores, ['background', 'hat'])
    assert table.rows == (('background', '0.600', '0.250'), ('hat', '', '0.000'))


def test_spd_is_compared_with_each_other_model(runs):
    groups = groups_of(runs)
    assert reference_group(groups).model == 'SPD'
    table = comparison_table(groups, 'LIP', resamples=50)
    assert column(table, 'compared') == ['SPD - S', 'SPD - SCHP']
    assert column(table, 'score') == ['dataset/mIoU'] * 2
    # SPD's background 14 / 17, hat 3 / 6; S misses both hats: 14 / 20 and 0.
    assert column(table, 'first')[0] == f'{(14 / 17 + 0.5) / 2:.4f}'
    assert column(table, 'second')[0] == '0.3500'
    assert 'SPD is ahead by 0.3118' in column(table, 'in words')[0]
    assert 'equal' in column(table, 'in words')[1]


def test_runs_that_did_not_measure_a_score_are_counted(tmp_path):
    for seed, value in enumerate((0.25, 0.5, float('nan'))):
        write_run(tmp_path / str(seed), 'S', seed, metrics={'gps/GPS': value, 'gps/AP': float('nan')})
    (group,) = groups_of(tmp_path)
    assert spread(group, 'gps/GPS', 2) == '0.38 ± 0.18 (2 of 3 runs)'
    assert spread(group, 'gps/AP') == ''


def test_a_comparison_says_what_is_unlike(tmp_path):
    write_run(tmp_path / 'a', 'SPD')
    write_run(tmp_path / 'b', 'S', iterations=400, label_maps=['x'])
    other = {'parsing/ids': np.array(['b', 'c']), 'parsing/counts': GOOD, 'parsing/classes': CLASSES}
    write_run(tmp_path / 'c', 'SD', iterations=None, details=other)
    table = comparison_table(groups_of(tmp_path), 'LIP', resamples=10)
    assert table.notes[1:] == (
        'SPD (A) and SD (B): parsing: 1 sample (c) not in A, left out.',
        'SPD (A) and SD (B): parsing: 1 sample (a) not in B, left out.',
        'SPD (A) and S (B): trained for other numbers of iterations (A 1000, B 400).',
    )


def test_settings_of_one_model_are_compared_by_their_names(tmp_path):
    write_run(tmp_path / 'a', 'SPD')
    write_run(tmp_path / 'b', 'SPD', iterations=2000, counts=BAD)
    table = comparison_table(groups_of(tmp_path), 'LIP', resamples=10)
    assert column(table, 'compared') == ['SPD (tiny, 1,000 iterations) - SPD (tiny, 2,000 iterations)']
    assert column(protocol_table(groups_of(tmp_path), 'LIP', [{}, {}]), 'settings') == [
        'tiny, 1,000 iterations',
        'tiny, 2,000 iterations',
    ]


def test_what_cannot_be_compared_says_why(tmp_path):
    write_run(tmp_path / 'a', 'SPD')
    write_run(tmp_path / 'b', 'S', details={})
    (row,) = comparison_table(groups_of(tmp_path), 'LIP', resamples=10).rows
    assert row[-1].startswith('not compared: ')


def test_one_model_is_compared_with_nothing(tmp_path):
    write_run(tmp_path / 'a', 'S')
    assert reference_group(groups_of(tmp_path)).model == 'S'
    assert comparison_table(groups_of(tmp_path), 'LIP', resamples=10) is None
    assert reference_group([]) is None


@pytest.mark.skipif(not PAPER.exists(), reason="the paper's text is not here")
@pytest.mark.parametrize(('dataset', 'heading'), [('LIP', 'TABLE I\n'), ('ATR', 'TABLE II\n')])
def test_the_copy_agrees_with_the_papers_text(dataset, heading):
    text = PAPER.read_text().replace('<b>', '').replace('</b>', '')
    lines = text[text.index(heading) :].splitlines()
    for model, _ in PAPER_MODELS:
        line = next(line for line in lines if re.search(rf'(^|\t){model}( \(ours\)| \[13\])?\t', line))
        numbers = [float(number.replace(',', '.')) for number in re.findall(r'\b0[.,]\d+', line)]
        assert tuple(numbers) == PAPER_PARSING[dataset][model]
