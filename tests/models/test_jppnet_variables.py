"""JPPNet's variables: their names, what is refused, their layout."""

import numpy as np
import pytest
import torch

from mmspd.models.jppnet_variables import match_variables, to_state_dict, to_weight, variable_names
from mmspd.surface.archives import ArraySpec
from tests.models.tiny_jppnet import tiny_variables, tiny_weights


@pytest.fixture(scope='module')
def weights():
    return tiny_weights()


@pytest.fixture(scope='module')
def entries(weights):
    return {name: ArraySpec('float32', value.shape) for name, value in tiny_variables(weights).items()}


# One of every kind, by the public code's names and by where our model has the layer.
NAMES = {
    'backbone.conv1.weight': 'conv1/weights',
    'backbone.bn1.running_var': 'bn_conv1/moving_variance',
    'backbone.layer1.2.conv3.weight': 'res2c_branch2c/weights',
    'backbone.layer2.0.downsample.0.weight': 'res3a_branch1/weights',
    'backbone.layer2.3.bn1.weight': 'bn3b3_branch2a/gamma',
    'backbone.layer3.0.downsample.1.bias': 'bn4a_branch1/beta',
    'backbone.layer3.22.bn2.running_mean': 'bn4b22_branch2b/moving_mean',
    'backbone.layer4.2.conv2.weight': 'res5c_branch2b/weights',
    'seg_head.classifier.branches.3.bias': 'fc1_human_c3/biases',
    'seg_head.context_convs.1.conv.weight': 'res5d_branch2b_parsing/weights',
    'pose_head.feature_convs.5.conv.bias': 'fc1_pose/pose_conv6/b',
    'pose_head.top_conv.0.conv.weight': 'fc1_pose/pose_conv7/w',
    'pose_head.predictor.conv.weight': 'fc1_pose/pose_conv8/w',
    'seg_head.refinements.stages.0.remap_own.0.conv.weight': 'fc2_parsing/parsing_remap/w',
    'seg_head.refinements.stages.1.remap_partner.0.conv.bias': 'fc3_parsing/pose_remap/b',
    'seg_head.refinements.stages.1.context_convs.3.conv.weight': 'fc3_parsing/parsing_conv4/w',
    'seg_head.refinements.stages.0.top_conv.0.conv.weight': 'fc2_parsing/parsing_conv5/w',
    'seg_head.refinements.stages.1.predictor.branches.0.weight': 'fc3_parsing/parsing_human1/w',
    'pose_head.refinements.stages.0.remap_own.0.conv.weight': 'fc2_pose/pose_remap/w',
    'pose_head.refinements.stages.1.remap_partner.0.conv.weight': 'fc3_pose/parsing_remap/w',
    'pose_head.refinements.stages.1.context_convs.0.conv.weight': 'fc3_pose/conv1/w',
    'pose_head.refinements.stages.0.top_conv.0.conv.bias': 'fc2_pose/conv5/b',
    'pose_head.refinements.stages.1.predictor.conv.bias': 'fc3_pose/conv6/b',
}


def test_names():
    names = variable_names()
    assert {ours: names[ours] for ours in NAMES} == NAMES
    # 104 convolutions and 104 norms of four; 4 + 2 + 8 convolutions with bias at first, then 11 and 8 twice.
    assert len(names) == len(set(names.values())) == 104 * 5 + 2 * (4 + 2 + 8 + 2 * (11 + 8))


@pytest.mark.parametrize('suffix', ['', ':0'])
def test_all_variables_are_matched(weights, entries, suffix):
    match = match_variables({name + suffix: entry for name, entry in entries.items()}, weights)
    assert match.used == {ours: theirs + suffix for ours, theirs in variable_names().items()}
    assert (match.unused, match.missing, match.wrong) == ({}, [], [])


def test_what_is_not_used_has_a_reason(weights, entries):
    extra = dict.fromkeys(
        ['conv1/weights/Momentum', 'fc1_pose/pose_conv1/w/Momentum_1:0', 'global_step', 'beta1_power', 'fc4_pose/w'],
        ArraySpec('float32', ()),
    )
    match = match_variables(entries | extra, weights)
    assert match.unused == {
        'conv1/weights/Momentum': "the optimiser's",
        'fc1_pose/pose_conv1/w/Momentum_1:0': "the optimiser's",
        'global_step': 'a counter of training',
        'beta1_power': 'a counter of training',
        'fc4_pose/w': 'unknown',
    }
    assert len(match.used) == len(variable_names())


def test_what_is_missing_or_wrong_is_named(weights, entries):
    changed = dict(entries)
    del changed['fc3_pose/conv6/b'], changed['bn_conv1/gamma']
    changed['conv1/weights'] = ArraySpec('float32', (2, 3, 7, 7))
    changed['fc1_pose/pose_conv8/b'] = ArraySpec('float64', (16,))
    changed['fc1_human_c0/biases:0'] = changed['fc1_human_c0/biases']
    match = match_variables(changed, weights)
    assert sorted(match.missing) == ['bn_conv1/gamma', 'fc3_pose/conv6/b']
    assert sorted(match.wrong) == [
        'conv1/weights: expected float32 (7, 7, 3, 2), got float32 (2, 3, 7, 7)',
        'fc1_human_c0/biases is there twice, as fc1_human_c0/biases and fc1_human_c0/biases:0',
        'fc1_pose/pose_conv8/b: expected float32 (16,), got float64 (16,)',
    ]
    assert len(match.used) == len(entries) - 5


def test_another_model_is_refused(weights, entries):
    smaller = {name: weight for name, weight in weights.items() if '.stages.1.' not in name}
    with pytest.raises(ValueError, match='not JPPNet'):
        match_variables(entries, smaller)


def test_kernels_change_their_axes():
    kernel = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    weight = to_weight(kernel)
    assert weight.shape == (5, 4, 2, 3)
    assert weight[3, 1, 0, 2] == kernel[0, 2, 1, 3]
    assert torch.equal(to_weight(kernel[0, 0, 0]), torch.arange(5.0))


def test_a_whole_state_dict_with_counters_of_zero(weights):
    variables = tiny_variables(weights)
    state = to_state_dict({ours: variables[theirs] for ours, theirs in variable_names().items()}, weights)
    assert list(state) == list(weights)
    assert all(value.shape == weights[name].shape for name, value in state.items())
    assert state['backbone.bn1.num_batches_tracked'].item() == 0
    np.testing.assert_array_equal(state['backbone.bn1.running_var'], variables['bn_conv1/moving_variance'])


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(weights, value):
    variables = tiny_variables(weights)
    variables['fc2_pose/conv3/w'][0, 0, 0, 0] = value
    variables['bn_conv1/beta'][1] = value
    with pytest.raises(ValueError, match='bn_conv1/beta, fc2_pose/conv3/w'):
        to_state_dict({ours: variables[theirs] for ours, theirs in variable_names().items()}, weights)
