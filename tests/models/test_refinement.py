"""What goes into a refinement, and in which order."""

import pytest
import torch
from torch import nn

from mmspd.models.heads.refinement import BranchChannels, BranchState, Refinements, RefinementStage, conv_stack

SEG, POSE = BranchChannels(20, 6), BranchChannels(16, 5)


def states():
    torch.manual_seed(0)
    return (
        BranchState(torch.randn(1, 20, 3, 3), torch.randn(1, 6, 3, 3)),
        BranchState(torch.randn(1, 16, 3, 3), torch.randn(1, 5, 3, 3)),
    )


def stage(own, partner, exchange):
    return RefinementStage(own, partner, nn.Identity(), exchange, 4, (8, 7, 6, 5, 4), (3, 5, 7, 9, 1))


def test_context_exchange_takes_own_prediction_partner_context_own_context():
    seg, pose = states()
    module = stage(SEG, POSE, 'context')
    got = module.gather(seg, pose)
    assert got.shape[1] == 4 + 5 + 6
    torch.testing.assert_close(got[:, :4], module.remap_own(seg.prediction))
    torch.testing.assert_close(got[:, 4:9], pose.context)
    torch.testing.assert_close(got[:, 9:], seg.context)


def test_prediction_exchange_remaps_the_partners_prediction():
    seg, pose = states()
    module = stage(POSE, SEG, 'prediction')
    got = module.gather(pose, seg)
    assert got.shape[1] == 4 + 4 + 5
    torch.testing.assert_close(got[:, :4], module.remap_own(pose.prediction))
    torch.testing.assert_close(got[:, 4:8], module.remap_partner(seg.prediction))
    torch.testing.assert_close(got[:, 8:], pose.context)


def test_without_a_partner_its_inputs_are_left_out():
    seg, _ = states()
    module = stage(SEG, None, 'context')
    assert module.gather(seg, None).shape[1] == 4 + 6


def test_the_next_context_is_the_fourth_convolutions_output():
    seg, pose = states()
    module = stage(SEG, POSE, 'context')
    refined = module(seg, pose)
    context = module.context_convs(module.gather(seg, pose))
    assert [conv.conv.kernel_size[0] for conv in module.context_convs] == [3, 5, 7, 9]
    torch.testing.assert_close(refined.context, context)
    torch.testing.assert_close(refined.prediction, module.top_conv(context))


def test_later_stages_follow_the_partners_new_context():
    own = Refinements(SEG, nn.Identity, 2, 'context', (8, 7, 6, 5, 4), remap_channels=4)
    partner = Refinements(POSE, nn.Identity, 2, 'context', (9, 9, 9, 3, 4), remap_channels=4)
    own.connect(partner)
    assert own.stages[0].context_convs[0].conv.in_channels == 4 + 5 + 6
    assert own.stages[1].context_convs[0].conv.in_channels == 4 + 3 + 5


def test_stages_have_separate_weights():
    refinements = Refinements(SEG, nn.Identity, 2, 'context', (8, 7, 6, 6, 4), remap_channels=4)
    first, second = refinements.stages
    assert not set(map(id, first.parameters())) & set(map(id, second.parameters()))


def test_branches_that_disagree_are_refused():
    one = Refinements(SEG, nn.Identity, 1)
    for other in (Refinements(POSE, nn.Identity, 2), Refinements(POSE, nn.Identity, 1, 'prediction')):
        with pytest.raises(ValueError, match='agree'):
            one.connect(other)


@pytest.mark.parametrize('arguments', [(3, (4, 4), (3, 4)), (3, (4, 4), (3,))])
def test_kernels_must_be_odd_and_complete(arguments):
    with pytest.raises(ValueError, match='odd kernel size'):
        conv_stack(*arguments)


def test_an_unknown_exchange_is_refused():
    with pytest.raises(ValueError, match='exchange'):
        stage(SEG, None, 'both')


def test_separable_kernels_act_on_single_channels():
    full, separable = (conv_stack(6, (8, 4, 4), (3, 5, 1), separable=each) for each in (False, True))
    weights = {name: tuple(each.shape) for name, each in separable.named_parameters() if name.endswith('weight')}
    assert weights == {
        '0.conv.weight': (8, 6, 3, 3),  # a 3x3 stays as it is
        '1.depthwise_conv.conv.weight': (8, 1, 5, 5),
        '1.pointwise_conv.conv.weight': (4, 8, 1, 1),
        '2.conv.weight': (4, 4, 1, 1),
    }
    maps = torch.randn(1, 6, 7, 7)
    assert separable(maps).shape == full(maps).shape == (1, 4, 7, 7)
    # No ReLU between the two: negated twice, the result is the same.
    layer = separable[1]
    inside = torch.randn(1, 8, 7, 7)
    before = layer(inside)
    with torch.no_grad():
        for conv in (layer.depthwise_conv.conv, layer.pointwise_conv.conv):
            conv.weight.neg_()
        layer.depthwise_conv.conv.bias.neg_()
    torch.testing.assert_close(layer(inside), before)


def test_a_separable_stage_has_the_same_inputs_and_outputs():
    seg, pose = states()
    module = RefinementStage(SEG, POSE, nn.Identity(), refine='separable', remap_channels=4, channels=(8, 7, 6, 6, 4))
    refined = module(seg, pose)
    assert refined.prediction.shape[1] == 4
    assert refined.context.shape[1] == 6
    with pytest.raises(ValueError, match='refine must be one of'):
        RefinementStage(SEG, None, nn.Identity(), refine='thin')
