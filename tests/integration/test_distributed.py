"""Several processes do what one does: gradients, logged losses, samples, metrics, pictures."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch

from tests.integration.short_run import NUM_TRAIN, write_short_config
from tests.integration.two_processes import CASES, PEOPLE, logged_and_gradients
from tests.models.tiny import tiny_spd

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 180  # seconds after which a run hangs


class Started:
    """A command that runs, in a session of its own; its output goes to a file, as a full pipe would stop it."""

    def __init__(self, *command, cwd, **environment):
        self.output = tempfile.TemporaryFile('w+')  # noqa: SIM115, closed with the object
        self.process = subprocess.Popen(
            list(map(str, command)), cwd=cwd, stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True,
            env=dict(os.environ, OMP_NUM_THREADS='1', PYTHON=sys.executable) | environment,
        )  # fmt: skip

    def said(self):
        self.output.seek(0)
        return self.output.read()


def finish(*started, status=0):
    """Outputs of commands that end in time and as wanted; none outlives this."""
    try:
        for each in started:
            each.process.wait(timeout=LIMIT)
    finally:
        for each in started:
            if each.process.poll() is None:
                os.killpg(each.process.pid, signal.SIGKILL)
    for each in started:
        assert each.process.returncode == status, each.said()[-3000:]
    return [each.said() for each in started]


@pytest.fixture(scope='module')
def halves(tmp_path_factory):
    """What each of two processes got from its half of every case."""
    folder = tmp_path_factory.mktemp('halves')
    program = (sys.executable, '-m', 'tests.integration.two_processes')
    finish(*(Started(*program, rank, folder, cwd=ROOT) for rank in range(2)))
    return [torch.load(folder / f'{rank}.pth') for rank in range(2)]


@pytest.mark.parametrize('name', CASES)
def test_two_halves_are_the_whole_batch(halves, name):
    logged, gradients = logged_and_gradients(CASES[name], range(4), distributed=False)
    assert any(gradient.abs().max() > 1e-3 for gradient in gradients.values())
    for half in halves:
        half_logged, half_gradients = half['cases'][name]
        torch.testing.assert_close(half_logged, logged, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(half_gradients, gradients, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('stream', ['fixed', 'drawn'])
def test_two_processes_take_each_sample_once_an_epoch(halves, stream):
    taken = [triple for half in halves for triple in half[stream]]
    assert len({seed for seed, *_ in taken}) == 1
    for epoch in range(2):
        assert sorted(index for _, when, index in taken if when == epoch) == list(range(PEOPLE))


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    """A run of two iterations without validation, which tests on the training people, one by one."""
    file = write_short_config(tmp_path_factory.mktemp('run'), 2, 2, tiny_spd(backbone=dict(frozen_bn=True)))
    text = 'test_dataloader.update(batch_size=1)\nval_cfg = val_dataloader = val_evaluator = None\n'
    people = 'test_dataloader["dataset"].update(split="train", surface_file="densepose_train.json")\n'
    file.write_text(file.read_text() + text + people)
    return file


@pytest.fixture(scope='module')
def trained(config):
    """The folder of work dirs of one process that took batches of four and of two that took batches of two."""
    folder = config.parent
    whole = ('--cfg-options', 'train_dataloader.batch_size=4')
    finish(
        Started(sys.executable, ROOT / 'tools/train.py', config, '--work-dir', 'one', *whole, cwd=folder),
        Started(ROOT / 'tools/dist_train.sh', config.name, 2, '--work-dir', 'two', cwd=folder),
    )
    return folder


def logged(work_dir):
    """Losses and gradient norms by iteration."""
    lines = next(work_dir.glob('*/vis_data/scalars.json')).read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if 'time' not in key} for line in lines]


def test_two_processes_train_as_one(trained):
    one, two = logged(trained / 'one'), logged(trained / 'two')
    assert len(one) == len(two) == 2
    for ours, theirs in zip(one, two, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4)


def test_two_processes_test_as_one_exactly(config, trained):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    what = (config.name, 'one/iter_2.pth')
    single, double = (
        ('--out', f'{name}.json', '--show-dir', f'{name}_drawn', '--show-interval', 3, '--work-dir', f'{name}_tested')
        for name in ('one', 'two')
    )
    finish(
        Started(sys.executable, ROOT / 'tools/test.py', *what, *single, cwd=trained),
        Started(ROOT / 'tools/dist_test.sh', *what, 2, *double, cwd=trained, PORT=port),
    )
    one, two = (json.loads((trained / f'{name}.json').read_text()) for name in ('one', 'two'))
    assert NUM_TRAIN % 2 == 1  # so that the second process tests one person twice
    for key in ('dataset/mIoU', 'image/mIoU', 'pose/mED', 'surface/I_accuracy', 'surface/U_error'):
        assert one[key] is not None  # it was measured
    assert one == two
    drawn = [
        {path.name: path.read_bytes() for path in (trained / f'{name}_drawn').iterdir()} for name in ('one', 'two')
    ]
    assert len(drawn[0]) == 2  # persons 0 and 3: one in each process
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [(('dist_train.sh', 'CONFIG'), 'usage: tools/dist_train.sh CONFIG NUM_PROCESSES'),
     (('dist_test.sh', 'CONFIG', 'CHECKPOINT'), 'usage: tools/dist_test.sh CONFIG CHECKPOINT NUM_PROCESSES'),
     (('slurm_train.sh', 'gpu', 'spd', 'CONFIG'), 'usage: tools/slurm_train.sh PARTITION JOB CONFIG WORK_DIR'),
     (('dist_train.sh', 'CONFIG', 'two'), "NUM_PROCESSES must be a positive whole number, got 'two'"),
     (('dist_test.sh', 'CONFIG', 'CHECKPOINT', '0'), "NUM_PROCESSES must be a positive whole number, got '0'")],
)  # fmt: skip
def test_scripts_say_what_they_need(arguments, said, tmp_path):
    script, *rest = arguments
    assert said in finish(Started(ROOT / 'tools' / script, *rest, cwd=tmp_path), status=2)[0]


def words_of(script, *arguments, cwd, stand_in='PYTHON', **environment):
    """What a script hands to the program that starts the processes, for which a stand-in prints its arguments."""
    program = cwd / 'srun'
    program.write_text('#!/bin/sh\necho "$MASTER_PORT"\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    environment['PYTHON'] = str(program) if stand_in == 'PYTHON' else 'python'
    path = os.pathsep.join([str(cwd), os.environ['PATH']])
    return finish(Started(ROOT / 'tools' / script, *arguments, cwd=cwd, PATH=path, **environment))[0].splitlines()


def test_several_machines_meet_at_the_first(tmp_path):
    alone = Started(ROOT / 'tools/dist_train.sh', 'CONFIG', 4, cwd=tmp_path, NNODES='2')
    assert 'set MASTER_ADDR' in finish(alone, status=2)[0]
    place = dict(NNODES='2', NODE_RANK='1', MASTER_ADDR='192.0.2.1', PORT='29501')
    words = words_of('dist_train.sh', 'CONFIG', 4, '--amp', cwd=tmp_path, **place)
    text = ' '.join(words)
    for part in ('--nnodes 2', '--node_rank 1', '--master_addr 192.0.2.1', '--master_port 29501', '--nproc_per_node 4'):
        assert part in text
    assert words[-5:] == [str(ROOT / 'tools/train.py'), 'CONFIG', '--amp', '--launcher', 'pytorch']


def test_slurm_gets_a_task_for_each_gpu(tmp_path):
    options = dict(GPUS='4', SRUN_ARGS='--time 10 --exclusive', PORT='29501')
    words = words_of('slurm_train.sh', 'gpu', 'spd', 'a b.py', 'dir', '--amp', cwd=tmp_path, stand_in='srun', **options)
    text = ' '.join(words)
    for part in ('--partition gpu', '--job-name spd', '--gres gpu:4', '--ntasks 4', '--ntasks-per-node 4'):
        assert part in text
    assert '--time 10 --exclusive python -u' in text
    assert words[0] == '29501'
    tail = ['--work-dir', 'dir', '--launcher', 'slurm', '--amp']
    assert words[-7:] == [str(ROOT / 'tools/train.py'), 'a b.py', *tail]
