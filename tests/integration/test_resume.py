"""A run that is killed resumes to the losses of a run that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from mmspd.utils.checkpoint import load_checkpoint_file
from tests.integration.short_run import write_short_config
from tests.models.tiny import tiny_spd

ROOT = Path(__file__).resolve().parents[2]
ITERATIONS, INTERVAL = 12, 4


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    # Random numbers inside the network, and batch norm's statistics, must be resumed too.
    backbone = dict(
        type='ConvNeXt', arch=dict(depths=(1, 1, 1, 1), channels=(8, 16, 32, 64)), drop_path_rate=0.5,
        out_indices=(1, 2, 3),
    )  # fmt: skip
    neck = dict(type='SPDNeck', shallow_level=1, deep_level=2, size_level=0)
    model = tiny_spd(seg_head=dict(norm_cfg=dict(type='BN')))
    model.update(backbone=backbone, neck=neck)
    return write_short_config(tmp_path_factory.mktemp('run'), ITERATIONS, INTERVAL, model)


def command(config, work_dir, *more):
    return [sys.executable, str(ROOT / 'tools' / 'train.py'), str(config), '--work-dir', str(work_dir), *more]


def run(arguments):
    environment = dict(os.environ, OMP_NUM_THREADS='1')
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def logged(work_dir):
    """The last record of each iteration: losses and learning rate."""
    records = {}
    for file in sorted(work_dir.glob('*/vis_data/*.json')):
        text = file.read_text() if file.stem != 'scalars' else ''
        for line in text[: text.rfind('\n') + 1].splitlines():  # the last line may be half written
            record = json.loads(line)
            if 'loss' in record:
                wanted = {key: value for key, value in record.items() if 'time' not in key and key != 'memory'}
                records[record['iter']] = wanted
    return records


def kill_after(arguments, iteration, work_dir):
    """Kill a run, without any warning to it, once it has logged an iteration."""
    process = subprocess.Popen(
        arguments, env=dict(os.environ, OMP_NUM_THREADS='1'), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None and iteration not in logged(work_dir):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_run_resumes_to_the_losses_of_an_unbroken_one(config, tmp_path):
    run(command(config, tmp_path / 'unbroken'))
    want = logged(tmp_path / 'unbroken')
    assert sorted(want) == list(range(1, ITERATIONS + 1))

    # Killed after iteration 6, it goes on from the checkpoint of iteration 4.
    kill_after(command(config, tmp_path / 'broken'), 6, tmp_path / 'broken')
    before = logged(tmp_path / 'broken')
    assert max(before) < ITERATIONS
    # It might as well have been killed while writing the next one.
    whole = (tmp_path / 'broken' / 'iter_4.pth').read_bytes()
    (tmp_path / 'broken' / 'iter_5.pth').write_bytes(whole[: len(whole) // 2])
    run(command(config, tmp_path / 'broken', '--resume'))
    assert logged(tmp_path / 'broken') == want

    ours, theirs = (load_checkpoint_file(tmp_path / name / f'iter_{ITERATIONS}.pth') for name in ('unbroken', 'broken'))
    assert all(torch.equal(value, theirs['state_dict'][key]) for key, value in ours['state_dict'].items())
    momentum = [each['optimizer']['state'] for each in (ours, theirs)]
    assert momentum[0].keys() == momentum[1].keys()
    assert all(
        torch.equal(torch.as_tensor(value), torch.as_tensor(momentum[1][number][key]))
        for number, state in momentum[0].items()
        for key, value in state.items()
    )


def test_another_seed_gives_other_losses(config, tmp_path):
    # Or the test above would compare runs that no seed reaches.
    for seed in (0, 1):
        options = ('--seed', str(seed), '--cfg-options', 'train_cfg.max_iters=2', 'val_cfg=None', 'val_dataloader=None',
                   'val_evaluator=None')  # fmt: skip
        run(command(config, tmp_path / str(seed), *options))
    assert logged(tmp_path / '0')[1]['loss'] != logged(tmp_path / '1')[1]['loss']
