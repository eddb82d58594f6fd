"""Which runs are found, and which are put together."""

import numpy as np
import pytest

from mmspd.reports.runs import find_runs, group_names, group_runs
from tests.reports.runs import BAD, GOOD, write_run


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
    write_run(tmp_path / 'd', 'SPD', 0, dataset='ATR')
    groups = group_runs(find_runs([tmp_path]))
    assert [(group.dataset, len(group.runs)) for group in groups] == [('LIP', 2), ('LIP', 1), ('ATR', 1)]
    first = groups[0]
    assert first.values('dataset/mIoU').tolist() == [0.25, 0.75]
    assert first.values('gps/GPS').size == 0
    assert first.about == 'tiny, 1,000 iterations'
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
        write_run(
            tmp_path / str(seed), 'S', seed, details={'parsing/ids': np.array(['a']), 'parsing/confusion': confusion}
        )
    (group,) = group_runs(find_runs([tmp_path]))
    assert group.confusion().tolist() == [[3, 6], [9, 12]]
    write_run(tmp_path / 'other', 'P', details={})
    assert group_runs(find_runs([tmp_path / 'other']))[0].confusion() is None


def test_training_logs_lie_beside_the_checkpoint_or_the_record(tmp_path):
    trained = tmp_path / 'trained'
    trained.mkdir()
    (trained / 'iter_1.pth').touch()
    write_run(tmp_path / 'a', 'S', checkpoint=str(trained / 'iter_1.pth'))
    write_run(tmp_path / 'b', 'S', 1, checkpoint=str(tmp_path / 'moved' / 'iter_1.pth'))
    assert [run.work_dir for run in find_runs([tmp_path])] == [trained, tmp_path / 'b']
