"""Every config, found recursively, builds and runs; the ablations differ in what they declare and in nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmengine.hooks import CheckpointHook
from mmengine.registry import init_default_scope

from mmspd.registry import DATASETS, MODELS
from tests.integration.short_run import read_people, write_foreign_people, write_people

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
RUNNABLE = sorted(path.relative_to(CONFIGS) for path in CONFIGS.rglob('*.py') if '_base_' not in path.parts)


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    return write_people(write_foreign_people(tmp_path_factory.mktemp('people')) / 'LIP')


def load(name):
    cfg = Config.fromfile(CONFIGS / name)
    init_default_scope(cfg.default_scope)
    return cfg


def shrink(pipeline, size):
    """Let a pipeline end in inputs of ``size`` (W, H)."""
    for step in pipeline:
        if step.type == 'PersonAffine':
            step.size = size


def dataset_of(cfg, loader, tree, size):
    settings = cfg[loader].dataset
    read_people(settings, tree)
    for each in settings.get('datasets', [settings]):
        shrink(each.pipeline, size)
    return DATASETS.build(settings)


# By metric: the loss of its branch, and one of its keys.
MEASURES = {
    'ParsingMetric': ('loss_seg', 'dataset/mIoU'),
    'KeypointMetric': ('loss_pose', 'pose/mED'),
    'SurfacePointMetric': ('loss_densepose', 'surface/I_accuracy'),
    'GPSMetric': ('loss_densepose', 'gpsm/GPSm'),
}


def evaluate(cfg, model, tree, stage):
    """Metrics of the loader and the evaluators of a stage, and the evaluators' types."""
    data = dataset_of(cfg, f'{stage}_dataloader', tree, (64, 64))
    evaluator = Evaluator(list(cfg[f'{stage}_evaluator']))
    evaluator.dataset_meta = data.metainfo
    model.eval()
    for index in range(len(data)):
        batch = pseudo_collate([data[index]])
        evaluator.process(model.val_step(batch), batch)
    return evaluator.evaluate(len(data)), [each.type for each in cfg[f'{stage}_evaluator']]


@pytest.mark.parametrize('name', RUNNABLE, ids=str)
def test_config_builds_trains_and_evaluates(name, tree):
    cfg = load(name)
    torch.manual_seed(0)
    cfg.model.backbone.pop('init_cfg', None)  # no downloads
    model = MODELS.build(cfg.model)
    train = dataset_of(cfg, 'train_dataloader', tree, (64, 64))
    # The first and the last: of joined data sets, one of each.
    data = model.data_preprocessor(pseudo_collate([train[0], train[len(train) - 1]]), True)
    model.train()
    losses = model(**data, mode='loss')
    tasks = {'seg_head': 'seg', 'pose_head': 'pose', 'densepose_head': 'densepose'}
    present = [f'loss_{task}' for head, task in tasks.items() if getattr(model, head)]
    assert sorted(key for key in losses if 'loss' in key) == sorted(present)
    assert all(torch.isfinite(losses[key]) and losses[key] > 0 for key in present)

    another_test = cfg.test_dataloader.dataset.type != cfg.val_dataloader.dataset.type
    for stage in ('val', 'test') if another_test else ('val',):
        metrics, measured = evaluate(cfg, model, tree, stage)
        for metric, (loss, key) in MEASURES.items():
            assert (key in metrics) is (loss in present and metric in measured), key
            assert key not in metrics or np.isfinite(metrics[key])


def flatten(tree, prefix=''):
    """Leaves of a nested config by dotted key."""
    if not isinstance(tree, dict) or not tree:
        return {prefix: tree}
    leaves = [flatten(value, f'{prefix}.{key}') for key, value in tree.items()]
    return {key: value for each in leaves for key, value in each.items()}


def differences(one, other):
    ours, theirs = flatten(load(one)._cfg_dict.to_dict()), flatten(load(other)._cfg_dict.to_dict())
    return {key.lstrip('.') for key in ours.keys() | theirs.keys() if ours.get(key, '-') != theirs.get(key, '-')}


CHAIN = {
    'sp': ('model.densepose_head',),
    'sd': ('model.pose_head',),
    's': ('model.pose_head', 'model.densepose_head'),
    'p': ('model.seg_head', 'model.densepose_head', 'model.backbone.num_stages', 'model.neck.deep_level'),
    'd': ('model.seg_head', 'model.pose_head', 'model.backbone.num_stages', 'model.neck.deep_level'),
}


@pytest.mark.parametrize('pattern', ['spd/{}_r101_lip.py', 'spd/{}_r50_lip.py', 'quick/{}_quick.py'])
@pytest.mark.parametrize('member', CHAIN)
def test_ablations_differ_only_in_what_they_declare(pattern, member):
    declared = CHAIN[member]
    found = differences(pattern.format('spd'), pattern.format(member))
    assert found, 'an ablation changes something'
    assert all(key == each or key.startswith(f'{each}.') for key in found for each in [_owner(key, declared)]), found
    assert {_owner(key, declared) for key in found} == set(declared)


def _owner(key, declared):
    return next((each for each in declared if key == each or key.startswith(f'{each}.')), '')


def test_resnet_50_changes_depth_and_weights_only():
    found = differences('spd/spd_r101_lip.py', 'spd/spd_r50_lip.py')
    assert found == {'model.backbone.depth', 'model.backbone.init_cfg.checkpoint'}


JPPNET = {
    'model.scales',
    'model.seg_head.num_refinements',
    'model.seg_head.exchange',
    'model.pose_head.num_refinements',
    'model.pose_head.exchange',
    'model.multi_task_loss.weights.pose',
}


@pytest.mark.parametrize(
    ('name', 'sp'),
    [
        ('jppnet/jppnet_r101_lip.py', 'spd/sp_r101_lip.py'),
        ('jppnet/jppnet_r50_people.py', 'spd/sp_r50_people.py'),
        ('quick/jppnet_quick.py', 'quick/sp_quick.py'),
    ],
)
def test_jppnet_is_sp_with_more_scales_and_refinements_that_exchange_predictions(name, sp):
    assert {key for key in differences(name, sp) if key.startswith('model.')} == JPPNET
    model = load(name).model
    assert model.scales == (1.0, 0.75, 0.5)
    assert {head: (model[head].num_refinements, model[head].exchange) for head in ('seg_head', 'pose_head')} == {
        'seg_head': (2, 'prediction'),
        'pose_head': (2, 'prediction'),
    }
    assert (model.multi_task_loss.weights.seg, model.multi_task_loss.weights.pose) == (1.0, 1.0)


def test_jppnet_has_its_backbone_on_people_too():
    found = differences('jppnet/jppnet_r101_people.py', 'jppnet/jppnet_r50_people.py')
    assert found == {'model.backbone.depth', 'model.backbone.init_cfg.checkpoint'}


def test_the_papers_settings():
    cfg = load('spd/spd_r101_lip.py')
    assert cfg.model.multi_task_loss.weights == dict(seg=1.0, pose=0.8, densepose=0.6)
    assert cfg.train_cfg.max_iters == 400000
    assert cfg.optim_wrapper.optimizer == dict(type='SGD', lr=1e-4, momentum=0.9, weight_decay=0.0)
    sizes = [step.size for step in cfg.train_pipeline if step.type == 'PersonAffine']
    assert sizes == [(384, 384)]


@pytest.mark.parametrize('name', RUNNABLE, ids=str)
def test_levels_without_gradient_are_allowed_for(name):
    # A level that only gives its size leaves its norm unused, at which distributed training stops unless told.
    cfg = load(name)
    assert cfg.get('find_unused_parameters', False) is ('size_level' in cfg.model.neck)


@pytest.mark.parametrize('name', RUNNABLE, ids=str)
def test_headers_give_the_command(name):
    header = [line for line in (CONFIGS / name).read_text().splitlines() if line.startswith('#')]
    assert any(f'python tools/train.py configs/{name}' in line for line in header)


@pytest.mark.parametrize(
    ('key', 'rule'), [('dataset/mIoU', 'greater'), ('pose/mED', 'less'), ('surface/I_accuracy', 'greater')]
)
def test_the_best_checkpoint_is_the_one_with_the_better_metric(key, rule):
    # save_best='auto' takes the first metric; a model without segmentation has another first one.
    settings = dict(load('quick/spd_quick.py').default_hooks.checkpoint)
    settings.pop('type')
    assert CheckpointHook(**settings | dict(save_best=key)).rules == [rule]
