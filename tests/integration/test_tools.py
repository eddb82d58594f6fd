"""The command lines, run as a user runs them."""

import argparse
import json
import os
import pickle
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.integration.short_run import write_short_config

ROOT = Path(__file__).resolve().parents[2]
TOOLS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / 'tools').rglob('*.py')
    if "if __name__ == '__main__':" in path.read_text(encoding='utf-8')  # the others are imported by tools
)
# Prints what each tool says to --help, in one process: to start one takes seconds.
ASK_FOR_HELP = """
import contextlib, io, json, runpy, sys, traceback
from pathlib import Path

texts = {}
for tool in json.loads(sys.argv[1]):
    said = io.StringIO()
    sys.argv, sys.path[0] = [tool, '--help'], str(Path(tool).parent)
    with contextlib.redirect_stdout(said):
        try:
            runpy.run_path(tool, run_name='__main__')
        except SystemExit as end:
            print('exit status', end.code or 0)
        except Exception:
            traceback.print_exc(file=said)
    texts[tool] = said.getvalue()
print(json.dumps(texts))
"""


def run(tool, *arguments, check=True):
    done = subprocess.run(
        [sys.executable, str(ROOT / tool), *map(str, arguments)],
        env=dict(os.environ, OMP_NUM_THREADS='1'), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A config file and a checkpoint of its tiny model after two iterations, trained with --amp."""
    folder = tmp_path_factory.mktemp('run')
    config = write_short_config(folder, iterations=2, interval=2)
    done = run('tools/train.py', config, '--work-dir', folder / 'work', '--amp')
    assert 'Failed to search registry' not in done.stdout + done.stderr, 'a registry of mmspd is missing'
    return config, folder / 'work' / 'iter_2.pth'


@pytest.fixture(scope='module')
def tested(trained, tmp_path_factory):
    """A folder with metrics and pictures of that model."""
    folder = tmp_path_factory.mktemp('tested')
    options = ('--work-dir', folder, '--out', folder / 'deep' / 'metrics.json', '--show-dir', folder / 'pictures')
    run('tools/test.py', *trained, *options)
    return folder


@pytest.fixture(scope='module')
def help_texts():
    done = subprocess.run(
        [sys.executable, '-c', ASK_FOR_HELP, json.dumps(TOOLS)],
        env=dict(os.environ, OMP_NUM_THREADS='1'), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def test_tools_are_found():
    assert {'tools/train.py', 'tools/test.py', 'tools/demo.py'} <= set(TOOLS)
    assert len(TOOLS) > 8


@pytest.mark.parametrize('tool', TOOLS)
def test_every_tool_explains_itself_with_an_example(tool, help_texts):
    text = help_texts[tool]
    assert 'exit status 0' in text, text
    assert f'python {tool}' in text


def test_testing_writes_metrics_and_pictures(tested):
    out, pictures = tested / 'deep' / 'metrics.json', tested / 'pictures'
    metrics = json.loads(out.read_text())
    assert {'dataset/mIoU', 'image/mIoU', 'image_both/mIoU', 'pose/mED', 'surface/I_accuracy'} <= metrics.keys()
    assert [path.name for path in out.parent.iterdir()] == ['metrics.json']
    drawn = sorted(pictures.iterdir())
    assert len(drawn) == 2  # one for each person of the validation set
    assert np.asarray(Image.open(drawn[0])).std() > 10


def metrics_without_and_with(option, trained, tested, tmp_path):
    run('tools/test.py', *trained, '--work-dir', tmp_path, '--out', tmp_path / 'm.json', option)
    return [json.loads(path.read_text()) for path in (tested / 'deep' / 'metrics.json', tmp_path / 'm.json')]


def test_augmented_testing_gives_other_numbers(trained, tested, tmp_path):
    plain, augmented = metrics_without_and_with('--tta', trained, tested, tmp_path)
    assert plain.keys() == augmented.keys()
    assert plain['pose/mED'] != augmented['pose/mED']


def without(metrics, keys):
    return {key: value for key, value in metrics.items() if key not in keys}


def test_the_network_rewritten_for_speed_gives_the_same_numbers(trained, tested, tmp_path):
    plain, fast = metrics_without_and_with('--fast', trained, tested, tmp_path)
    unmeasured = {key for key, value in plain.items() if value is None}
    assert {key for key, value in fast.items() if value is None} == unmeasured
    assert without(fast, unmeasured) == pytest.approx(without(plain, unmeasured), rel=1e-4)


def test_mixed_precision_gives_nearly_the_same_numbers(trained, tested, tmp_path):
    full, mixed = metrics_without_and_with('--amp', trained, tested, tmp_path)
    assert full['surface/U_error'] != mixed['surface/U_error']
    assert full['surface/U_error'] == pytest.approx(mixed['surface/U_error'], rel=0.05)


def test_resuming_nothing_starts_from_the_configs_weights(trained, tmp_path):
    build_config = runpy.run_path(str(ROOT / 'tools' / 'train.py'))['build_config']
    config, checkpoint = trained
    args = argparse.Namespace(
        config=config, data_root=None, work_dir=tmp_path, resume='latest', amp=False, seed=None, launcher='none',
        cfg_options={'load_from': 'weights.pth'},
    )  # fmt: skip
    assert (build_config(args).load_from, build_config(args).resume) == ('weights.pth', False)
    args.work_dir = checkpoint.parent
    assert (build_config(args).load_from, build_config(args).resume) == (str(checkpoint), True)


def test_a_hostile_checkpoint_executes_nothing(trained, tmp_path):
    marker = tmp_path / 'executed'

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    hostile = tmp_path / 'hostile.pth'
    hostile.write_bytes(pickle.dumps({'state_dict': {}, 'meta': Payload()}))
    done = run('tools/test.py', trained[0], hostile, '--work-dir', tmp_path / 'work', check=False)
    assert done.returncode != 0
    assert 'hostile.pth' in done.stderr
    assert not marker.exists()
    pickle.loads(hostile.read_bytes())
    assert marker.exists(), 'the payload would have worked'


def test_a_checkpoint_of_another_config_is_refused(trained, tmp_path):
    config, checkpoint = trained
    # What a model without refinements would have saved.
    weights = torch.load(checkpoint, weights_only=False)['state_dict']
    torch.save({key: value for key, value in weights.items() if 'refinements' not in key}, tmp_path / 'other.pth')
    done = run('tools/test.py', config, tmp_path / 'other.pth', '--work-dir', tmp_path / 'work', check=False)
    assert done.returncode != 0
    assert 'other.pth does not fit the model' in done.stderr
    assert 'seg_head.refinements.stages.0.remap_own' in done.stderr


def test_a_missing_tree_shows_the_layout_and_another_way(tmp_path):
    options = ('--work-dir', tmp_path, '--data-root', tmp_path / 'LIP')
    done = run('tools/train.py', ROOT / 'configs' / 'spd' / 'p_r50_lip.py', *options, check=False)
    assert done.returncode != 0
    for part in (str(tmp_path / 'LIP'), 'TrainVal_parsing_annotations', 'make demo'):
        assert part in done.stderr


def test_cost_of_branches_adds_up():
    configs = [ROOT / 'configs' / 'quick' / f'{name}_quick.py' for name in ('spd', 's')]
    lines = run('tools/analysis/model_cost.py', *configs, '--size', 64, 64).stdout.splitlines()
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in lines if line.startswith('| s')]
    for name in ('spd_quick', 's_quick'):
        parameters = {part: float(count) for config, part, count, *_ in rows if config == name}
        total = parameters.pop('total')
        assert total == pytest.approx(sum(parameters.values()), abs=0.03)
        assert ('pose_head' in parameters) is (name == 'spd_quick')
    assert next(row[4] for row in rows if row[1] == 'total') == '1.000'
