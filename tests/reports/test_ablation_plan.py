"""The plan of an ablation: what is run, with which settings, and what is left to do."""

import shutil
from pathlib import Path

import pytest
import torch

from mmspd.reports.ablation import MODELS, SIZES, Settings, config_of, keep_settings, plan_runs

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
SETTINGS = Settings('people', 'quick', budget=10)


@pytest.mark.parametrize(('dataset', 'size'), [(dataset, size) for dataset, sizes in SIZES.items() for size in sizes])
@pytest.mark.parametrize('model', MODELS)
def test_every_model_has_a_config(dataset, size, model):
    assert config_of(CONFIGS, dataset, size, model).is_file()


def test_models_take_turns_seed_by_seed(tmp_path):
    runs = plan_runs(CONFIGS, tmp_path, SETTINGS, ['s', 'spd'], seeds=2)
    assert [run.name for run in runs] == ['s-seed0', 'spd-seed0', 's-seed1', 'spd-seed1']
    assert [run.seed for run in runs] == [0, 0, 1, 1]


def test_a_budget_shortens_training_schedule_and_checkpoints_alike(tmp_path):
    (run,) = plan_runs(CONFIGS, tmp_path, Settings('people', 'quick', budget=10, options=('a=1',)), ['s'], seeds=1)
    arguments = run.training(SETTINGS)
    options = arguments[arguments.index('--cfg-options') + 1 :]
    assert options == [
        'train_cfg.max_iters=10',
        'train_cfg.val_interval=5',
        'default_hooks.checkpoint.interval=3',
        'param_scheduler.0.end=10',
    ]
    assert run.checkpoint == tmp_path / 's-seed0' / 'iter_10.pth'
    assert '--resume' in arguments


def test_without_a_budget_the_config_decides(tmp_path):
    settings = Settings('lip', 'r101', data_root='my LIP', options=('model.x=1',), amp=True, tta=True)
    (run,) = plan_runs(CONFIGS, tmp_path, settings, ['jppnet'], seeds=1)
    assert run.config == CONFIGS / 'jppnet' / 'jppnet_r101_lip.py'
    assert run.iterations == 400_000
    training, testing = run.training(settings), run.testing(settings)
    assert training[-5:] == ['--amp', '--data-root', 'my LIP', '--cfg-options', 'model.x=1']
    assert testing[-5:] == ['--tta', '--data-root', 'my LIP', '--cfg-options', 'model.x=1']
    assert testing[:2] == [str(run.config), str(run.checkpoint)]
    assert testing[testing.index('--record') + 1] == str(run.record)


def test_what_is_done_is_known_by_its_files(tmp_path):
    (run,) = plan_runs(CONFIGS, tmp_path, SETTINGS, ['s'], seeds=1)
    assert not run.is_trained
    run.folder.mkdir()
    torch.save({}, run.folder / 'iter_5.pth')
    run.checkpoint.write_bytes(b'cut off')
    assert not run.is_trained
    torch.save({}, run.checkpoint)
    assert run.is_trained
    assert not run.is_evaluated
    run.record.mkdir()
    (run.record / 'evaluation.json').touch()
    assert run.is_evaluated


def test_a_folder_keeps_its_settings(tmp_path):
    keep_settings(tmp_path / 'new', SETTINGS)
    keep_settings(tmp_path / 'new', SETTINGS)
    with pytest.raises(ValueError, match=r'budget was 10, is 20; options was \[\], is \[.x=1.\]'):
        keep_settings(tmp_path / 'new', Settings('people', 'quick', budget=20, options=('x=1',)))
    assert [path.name for path in (tmp_path / 'new').iterdir()] == ['ablation.json']


def test_a_missing_config_is_named(tmp_path):
    shutil.copytree(CONFIGS / 'quick', tmp_path / 'quick')
    with pytest.raises(FileNotFoundError, match='spd_quick'):
        plan_runs(tmp_path / 'elsewhere', tmp_path, Settings('people', 'quick'), ['spd'], seeds=1)
