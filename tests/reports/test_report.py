"""What a report holds: every table and chart of what was measured, and why pictures are missing."""

import numpy as np
import pytest

from mmspd.reports.report import report_on
from mmspd.reports.runs import find_runs, group_runs
from tests.reports.runs import CLASSES, GOOD, write_log, write_run

CONFUSION = {'parsing/confusion': np.array([[14, 0], [3, 3]])}
PARSING = {'parsing/ids': np.array(['b', 'a']), 'parsing/counts': GOOD, 'parsing/classes': CLASSES, **CONFUSION}


def report_of(folder, pictures=False):
    return report_on('LIP', group_runs(find_runs([folder])), 20, pictures)


@pytest.fixture
def runs(tmp_path):
    for model in ('S', 'JPPNet'):
        write_run(tmp_path / model, model, details=PARSING, metrics={'dataset/mIoU': 0.5})
        write_log(tmp_path / model, [{'step': 1, 'loss_seg': 3.0}, {'step': 2, 'loss_seg': 1.5, 'dataset/mIoU': 0.25}])
    write_run(tmp_path / 'pose', 'P', details={}, metrics={'pose/mED': 9.0})
    return tmp_path


def test_a_report_has_every_table_and_chart(runs):
    section = report_of(runs)
    titles = [table.title for table in section.tables]
    assert [title.split(':')[0] for title in titles[:3]] == ['Table I', 'As Section IV.D', 'Protocols']
    assert titles[3:] == ['Is it better? Comparisons on LIP', 'IoU of each class on LIP, protocol `dataset`']
    assert section.tables[-1].columns == ('class', 'JPPNet', 'S')
    assert [figure.alt for figure in section.figures] == [
        'Bars: IoU of 2 classes, JPPNet, S',
        'Curves of loss_seg over iterations: JPPNet, S',
        'Curves of dataset/mIoU over iterations: JPPNet, S',
        'Confusion matrix of JPPNet',
        'Confusion matrix of S',
    ]
    assert 'losses of different models do not compare' in section.figures[1].caption
    assert section.texts == []


def test_intervals_stand_beside_scores(runs):
    protocols = report_of(runs).tables[2]
    row = next(row for row in protocols.rows if row[0] == 'S')
    # Background 14 / 17 and hat 3 / 6; one of two images has no hat that is predicted.
    assert row[1] == '0.500'
    low, high = (float(end) for end in row[2][1:-1].split(', '))
    assert 0.4 <= low <= (14 / 17 + 0.5) / 2 <= high


def test_missing_pictures_are_explained(runs):
    (text,) = report_of(runs, pictures=True).texts
    assert text.startswith('No pictures of samples: the records do not say where their data set is')


def test_models_of_other_classes_have_tables_of_their_own(runs):
    write_run(runs / 'other', 'SPD', details=PARSING | {'parsing/classes': np.array(['background', 'shoe'])})
    section = report_of(runs)
    columns = [table.columns for table in section.tables if table.title.startswith('IoU of each class')]
    assert columns == [('class', 'JPPNet', 'S'), ('class', 'SPD')]
    compared = next(table for table in section.tables if table.title.startswith('Is it better'))
    assert 'not compared: parsing: ' in compared.rows[0][-1]
