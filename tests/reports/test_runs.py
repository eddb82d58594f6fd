"""Which runs are found, and which are put together."""

import numpy as np
import pytest

from mmspd.reports.runs import find_runs, group_names, group_runs
from tests.reports.runs import BAD, CLASSES, GOOD, write_run

PARSING = {'parsing/ids': np.array(['a', 'b']), 'parsing/counts': GOOD, 'parsing/classes': CLASSES}


def test_runs_are_found_at_any_depth_once(tmp_path):
    write_run(tmp_path / 'deep' / 'one', 'S')
    write_run(tmp_path / 'two', 'SP')
    found = find_runs([tmp_path, tmp_path / 'two', tmp_path / 'deep' / 'one' / 'evaluation'])
    assert [(run.model, run.folder.parent.name) for run in found] == [('S', 'one'), ('SP', 'two')]


def test_folders_without_runs_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere: expected a folder'):
        find_runs([tmp_path / 'nowhere'])
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match=r'empty: no evaluated run .* `tools/test\.py --record`'):
        find_runs([tmp_path / 'empty'])


def test_a_record_that_names_no_model_goes_by_its_folder(tmp_path):
    write_run(tmp_path / 'run', None, dataset=None)
    (run,) = find_runs([tmp_path])
    assert (run.model, run.dataset) == ('evaluation', '')


def test_seeds_of_one_setting_become_a_group(tmp_path):
    write_run(tmp_path / 'a', 'SPD', 0, metrics={'dataset/mIoU': 0.25, 'gps/GPS': float('nan')}, date='x', data={})
    write_run(tmp_path / 'b', 'SPD', 1, metrics={'dataset/mIoU': 0.75}, counts=BAD, date='y', checkpoint='z')
    write_run(tmp_path / 'c', 'SPD', 0, iterations=2000)
    write_run(tmp_path / 'd', 'SPD', 0, dataset='ATR', options=['model.x=1'])
    groups = group_runs(find_runs([tmp_path]))
    assert [(group.dataset, len(group.runs)) for group in groups] == [('LIP', 2), ('LIP', 1), ('ATR', 1)]
    first = groups[0]
    assert first.values('dataset/mIoU').tolist() == [0.25, 0.75]
    assert first.values('gps/GPS').size == 0
    assert first.about == 'tiny, 1,000 iterations'
    assert groups[2].about == 'tiny, 1,000 iterations, model.x=1'
    assert [arrays['counts'].tolist() for arrays in first.details('parsing')] == [GOOD.tolist(), BAD.tolist()]
    assert group_names(groups[:2]) == ['SPD (tiny, 1,000 iterations)', 'SPD (tiny, 2,000 iterations)']
    assert group_names(groups[2:]) == ['SPD']


def test_a_seed_that_comes_twice_would_count_twice(tmp_path):
    write_run(tmp_path / 'a', 'S')
    write_run(tmp_path / 'b', 'S')
    with pytest.raises(ValueError, match=r'a.evaluation, .*b.evaluation: several evaluations of one model from seed 0'):
        group_runs(find_runs([tmp_path]))


def test_systems_of_others_have_no_seed_and_stay_apart_by_name(tmp_path):
    write_run(tmp_path / 'a', 'SCHP', None)
    write_run(tmp_path / 'b', 'JPPNet', None)
    assert [group.model for group in group_runs(find_runs([tmp_path]))] == ['SCHP', 'JPPNet']


def test_confusion_is_summed_over_runs(tmp_path):
    for seed in (0, 1):
        confusion = np.array([[1, 2], [3, 4]]) * (seed + 1)
        write_run(tmp_path / str(seed), 'S', seed, details=PARSING | {'parsing/confusion': confusion})
    (group,) = group_runs(find_runs([tmp_path]))
    assert group.confusion().tolist() == [[3, 6], [9, 12]]
    write_run(tmp_path / 'other', 'P', details={})
    assert group_runs(find_runs([tmp_path / 'other']))[0].confusion() is None


def test_models_of_other_classes_stay_apart(tmp_path):
    write_run(tmp_path / 'a', 'S', 0)
    write_run(tmp_path / 'b', 'S', 1, details=PARSING | {'parsing/classes': np.array(['background', 'shoe'])})
    write_run(tmp_path / 'c', 'S', 2, details={})
    groups = group_runs(find_runs([tmp_path]))
    assert [group.classes for group in groups] == [('background', 'hat'), ('background', 'shoe'), ()]
    names = [f'S ({tmp_path / name / "evaluation"})' for name in 'abc']
    assert group_names(groups) == names  # their settings are the same


@pytest.mark.parametrize(
    ('details', 'message'),
    [
        ({'parsing/ids': np.array(['a'])}, "array 'classes' is missing"),
        (PARSING | {'parsing/confusion': np.zeros((3, 3), int)}, r'confusion of 2 classes, got \(3, 3\)'),
    ],
)
def test_a_record_whose_arrays_do_not_fit_is_named(tmp_path, details, message):
    write_run(tmp_path / 'a', 'S', details=details)
    with pytest.raises(ValueError, match=f'a.evaluation: .*{message}'):
        find_runs([tmp_path])


def test_records_without_a_seed_are_not_one_seed_twice(tmp_path):
    write_run(tmp_path / 'a', 'SCHP', None)
    write_run(tmp_path / 'b', 'SCHP', None)
    (group,) = group_runs(find_runs([tmp_path]))
    assert len(group.runs) == 2


def test_result_files_have_no_training_settings(tmp_path):
    write_run(tmp_path / 'a', 'SCHP', None, config='spd_r101_lip', iterations=None, files={'parsing': 'x', 'pose': 'y'})
    (group,) = group_runs(find_runs([tmp_path]))
    assert group.about == 'result files of parsing, pose'


def test_results_that_were_moved_lie_beside_the_record(tmp_path):
    write_run(tmp_path / 'a', 'S', results=str(tmp_path / 'old' / 'results'))
    write_run(tmp_path / 'b', 'S', None)
    first, second = find_runs([tmp_path])
    assert (first.results, second.results) == (tmp_path / 'old' / 'results', None)
    (tmp_path / 'a' / 'results').mkdir()
    assert first.results == tmp_path / 'a' / 'results'
    (tmp_path / 'old' / 'results').mkdir(parents=True)
    assert first.results == tmp_path / 'old' / 'results'


def test_training_logs_lie_beside_the_checkpoint_or_the_record(tmp_path):
    trained = tmp_path / 'trained'
    trained.mkdir()
    (trained / 'iter_1.pth').touch()
    write_run(tmp_path / 'a', 'S', checkpoint=str(trained / 'iter_1.pth'))
    write_run(tmp_path / 'b', 'S', 1, checkpoint=str(tmp_path / 'moved' / 'iter_1.pth'))
    assert [run.work_dir for run in find_runs([tmp_path])] == [trained, tmp_path / 'b']
