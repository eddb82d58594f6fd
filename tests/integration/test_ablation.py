"""The ablation and its reports, as a user runs them: a tiny budget on a few people."""

import csv
import importlib
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mmspd.utils.whole_files import hold_folder

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
FEW = [
    *(f'{split}_dataloader.dataset.{key}' for split in ('train', 'val', 'test') for key in ('num=6', 'num_val=2')),
    *(
        f'{split}_dataloader.{key}'
        for split in ('train', 'val', 'test')
        for key in ('batch_size=2', 'num_workers=0', 'persistent_workers=False')
    ),
]


def run(tool, *arguments):
    """Run a tool in this process, for to start one takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        patch.setattr(sys, 'argv', [tool, *map(str, arguments)])
        importlib.import_module(tool).main()


def interrupted(*_, **__):
    """In place of a tool that is stopped by Ctrl-C."""
    raise KeyboardInterrupt


@pytest.fixture(scope='module')
def ablation(tmp_path_factory):
    """The folder of an ablation of one model, and the arguments that made it."""
    folder = tmp_path_factory.mktemp('ablation')
    out = folder / 'runs'
    arguments = ('--models', 'spd', '--seeds', 1, '--budget', 2, '--out', out, '--data-root', folder / 'people')
    run('run_ablation', *arguments, '--cfg-options', *FEW)
    return out, arguments


def test_it_ends_in_a_report(ablation):
    out, _ = ablation
    page = (out / 'report.html').read_text()
    assert 'As Table I: parsing on rendered people' in page
    assert 'No pictures' not in page
    assert page.count('data:image/jpeg') == 3  # parsing, joints, surface of best, median and worst
    assert page.count('data:image/svg') == 4  # bars, two curves, one confusion matrix
    assert (out / 'report.md').read_text().startswith('### As Table I')
    rows = list(csv.reader((out / 'report.csv').read_text().splitlines()))
    spd = next(row for row in rows if row[:2] == ['Comparison', 'SPD'])
    metrics = json.loads((out / 'spd-seed0' / 'evaluation' / 'evaluation.json').read_text())['metrics']
    assert spd[2:6] == ['0.547', '0.76', '0.68', '0.71']
    assert float(spd[6]) == pytest.approx(metrics['image_both/mIoU'], abs=5e-4)
    assert spd[-2:] == ['1', f'spd_quick, 2 iterations, {len(FEW)} options']


def test_it_continues_where_it_was(ablation, monkeypatch, capsys):
    called = []

    def tables(command, **_):
        called.append(Path(command[1]).name)
        return subprocess.CompletedProcess(command, len(called) - 1)

    monkeypatch.setattr(subprocess, 'run', tables)
    monkeypatch.setattr(subprocess, 'Popen', interrupted)
    _, arguments = ablation
    run('run_ablation', *arguments, '--cfg-options', *FEW)
    assert called == ['paper_tables.py']
    assert 'spd-seed0: done before' in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:  # the tables fail
        run('run_ablation', *arguments, '--cfg-options', *FEW)
    assert caught.value.code == 1


def test_other_settings_are_refused(ablation):
    _, arguments = ablation
    with pytest.raises(SystemExit, match=r'error: .* the runs here have other settings'):
        run('run_ablation', *arguments)


class Failing:
    """A tool that fails."""

    def __init__(self, command, stdout, **_):
        stdout.write(b'a\nlast line\n')

    def wait(self):
        return 3


def test_a_run_that_fails_is_named_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, 'Popen', Failing)
    with pytest.raises(SystemExit) as caught:
        run('run_ablation', '--models', 's,sp', '--seeds', 1, '--budget', 2, '--out', tmp_path)
    log = tmp_path / 's-seed0' / 'log.txt'
    assert str(caught.value) == f's-seed0: tools/train.py ended with status 3; see {log}\na\nlast line'


def test_an_interrupted_ablation_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, 'Popen', interrupted)
    with pytest.raises(SystemExit) as caught:
        run('run_ablation', '--models', 's', '--seeds', 3, '--budget', 2, '--out', tmp_path)
    assert caught.value.code == 130
    assert 'the same command continues' in capsys.readouterr().err


def test_stopping_ends_what_runs_and_starts_nothing_more(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        tools = importlib.import_module('run_ablation').Tools()
    sleeper = [sys.executable, '-c', 'print("up", flush=True); import time; time.sleep(600)']
    with (tmp_path / 'log').open('wb') as output, ThreadPoolExecutor(1) as pool:
        running = pool.submit(tools.run, sleeper, 1, output)
        while not (tmp_path / 'log').stat().st_size:
            assert not running.done()
        tools.stop()
        assert running.result() == -signal.SIGTERM
        with pytest.raises(RuntimeError, match='before it began'):
            tools.run(sleeper, 1, output)


def test_two_ablations_do_not_work_in_one_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, 'Popen', interrupted)
    with hold_folder(tmp_path, wait=False), pytest.raises(SystemExit, match='another ablation is running here'):
        run('run_ablation', '--models', 's', '--out', tmp_path)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('--models', 's,x,y'), 'expected some of s,sp,sd,spd,jppnet, got x, y'),
        (('--dataset', 'lip', '--size', 'quick'), 'lip has r101, got quick'),
        (('--seeds', 0), 'must be at least 1'),
        (('--cfg-options', 'a=1', 'train_cfg.max_iters=5'), 'train_cfg.max_iters is set by --budget'),
    ],
)
def test_wrong_arguments_are_explained(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        run('run_ablation', *arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_figures_of_chosen_samples(ablation, tmp_path, capsys):
    out, _ = ablation
    run('paper_figures', out, '--out', tmp_path, '--tasks', 'pose', 'surface')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['pose.png', 'surface.png']
    assert capsys.readouterr().out.split() == [str(tmp_path / 'pose.png'), str(tmp_path / 'surface.png')]
    with pytest.raises(SystemExit, match='error: rendered people has no sample nobody'):
        run('paper_figures', out, '--out', tmp_path / 'none', '--samples', 'nobody')
    with pytest.raises(SystemExit, match='error: no run was evaluated on ATR'):
        run('paper_figures', out, '--out', tmp_path / 'none', '--dataset', 'ATR')
    assert not (tmp_path / 'none').exists()


def test_tables_alone(ablation, capsys):
    run('paper_tables', ablation[0])
    assert capsys.readouterr().out.startswith('### As Table I')


def test_tables_without_runs_say_so(tmp_path):
    with pytest.raises(SystemExit, match=r'error: .*: no evaluated run'):
        run('paper_tables', tmp_path)
