"""The converter as a command, and the original network's outputs against a TensorFlow graph's."""

import argparse
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmspd.models.jppnet_variables import expected_shape, to_state_dict, variable_names
from mmspd.registry import MODELS
from mmspd.utils.checkpoint import load_checkpoint_file, require_weights
from tests.models.tiny_jppnet import TINY_JPPNET, tiny_variables, tiny_weights

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = Path(__file__).with_name('jppnet_outputs.json')


def load_tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / 'tools' / 'model_converters' / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def converter():
    return load_tool('jppnet_tf_to_mmspd')


@pytest.fixture
def variables():
    return tiny_variables(tiny_weights())


@pytest.fixture
def args(tmp_path):
    config = tmp_path / 'tiny.py'
    config.write_text(f"default_scope = 'mmspd'\nmodel = {TINY_JPPNET!r}\n")
    return argparse.Namespace(
        source=tmp_path / 'variables.npz', out=tmp_path / 'out.pth', config=config, verbose=False, force=False
    )


def test_a_conversion_loads_into_the_model(converter, args, variables, capsys):
    np.savez(args.source, **variables, **{'conv1/weights/Momentum': np.zeros(1), 'other': np.zeros(1)})
    converter.convert(args)
    printed = capsys.readouterr().out
    assert f'{len(variables)} variables used, 2 not used' in printed
    assert 'not used: other (unknown)' in printed
    assert 'Momentum' not in printed
    checkpoint = load_checkpoint_file(args.out)
    model = MODELS.build(TINY_JPPNET)
    require_weights(model, checkpoint, 'out.pth')
    assert model.load_state_dict(checkpoint['state_dict']) == ([], [])
    np.testing.assert_array_equal(
        model.pose_head.predictor.conv.weight.detach()[:, :, 0, 0], variables['fc1_pose/pose_conv8/w'][0, 0].T
    )


def test_verbose_lists_every_variable(converter, args, variables, capsys):
    np.savez(args.source, **variables, **{'conv1/weights/Momentum': np.zeros(1)})
    args.verbose = True
    converter.convert(args)
    printed = capsys.readouterr().out
    assert all(name in printed for name in [*variables, *variable_names(), 'conv1/weights/Momentum'])


def remove(variables):
    del variables['fc3_pose/conv6/w']


def reshape(variables):
    variables['fc3_pose/conv6/w'] = variables['fc3_pose/conv6/w'][0]


def spoil(variables):
    variables['fc3_pose/conv6/w'][0] = np.nan


def widen(variables):
    variables['fc3_pose/conv6/w'] = variables['fc3_pose/conv6/w'].astype(np.float64)


@pytest.mark.parametrize('change', [remove, reshape, spoil, widen])
def test_a_partial_match_is_refused_and_leaves_nothing(converter, args, variables, change):
    change(variables)
    np.savez(args.source, **variables)
    with pytest.raises(ValueError, match='fc3_pose/conv6/w'):
        converter.convert(args)
    assert sorted(path.name for path in args.out.parent.iterdir()) == ['tiny.py', 'variables.npz']


def test_an_existing_file_is_replaced_only_when_told(converter, args, variables):
    np.savez(args.source, **variables)
    args.out.write_text('mine')
    with pytest.raises(FileExistsError, match='--force'):
        converter.convert(args)
    assert args.out.read_text() == 'mine'
    args.force = True
    converter.convert(args)
    assert 'state_dict' in load_checkpoint_file(args.out)


def test_the_original_network_gives_tensorflows_outputs():
    # jppnet_outputs.json is written by tools/model_converters/jppnet_tf_graph.py --size 96 81 --fixture FILE.json
    graph, stored = load_tool('jppnet_tf_graph'), json.loads(OUTPUTS.read_text())
    cfg = Config.fromfile(ROOT / 'configs' / 'jppnet' / 'jppnet_r101_original.py')
    model = MODELS.build(dict(cfg.model, _scope_='mmspd')).eval()
    weights = model.state_dict()
    variables = {
        ours: graph.random_variable(theirs, expected_shape(weights[ours]), stored['seed'])
        for ours, theirs in variable_names().items()
    }
    model.load_state_dict(to_state_dict(variables, weights))
    inputs = torch.from_numpy(graph.random_input(tuple(stored['size']), stored['batch'], stored['seed']))
    with torch.no_grad():
        outputs = model(inputs.permute(0, 3, 1, 2), mode='tensor')
    ours = dict(zip(graph.OUTPUTS, [*outputs.seg, *outputs.pose], strict=True))
    assert set(stored['outputs']) == set(ours)
    for name, want in stored['outputs'].items():
        output = ours[name].permute(0, 2, 3, 1).numpy()
        assert list(output.shape) == want['shape']
        assert abs(output.mean(dtype=np.float64) - want['mean']) < 1e-3, name
        assert abs(output.std(dtype=np.float64) - want['std']) < 1e-3, name
        np.testing.assert_allclose(output.reshape(-1)[want['places']], want['values'], rtol=0, atol=1e-3, err_msg=name)
