"""Training at several scales."""

import copy

import numpy as np
import pytest
import torch

from mmspd.codecs.heatmap import draw_gaussians
from mmspd.models.losses import TaskLoss
from mmspd.models.segmentors.batch import JointTargets
from mmspd.models.segmentors.scales import mean_of_scales, resize_inputs, resize_joints, supervise_scales
from mmspd.registry import MODELS
from mmspd.testing.samples import make_batch
from tests.models.tiny import tiny_spd

SCALES = (1.0, 0.75, 0.5)


def build(**changes):
    torch.manual_seed(0)
    return MODELS.build(tiny_spd(**changes))


def losses_of(model, batch):
    data = model.data_preprocessor(copy.deepcopy(batch), True)
    return model.loss(data['inputs'], data['data_samples'])


def test_inputs_shrink_without_a_shift():
    ramp = torch.arange(8.0).expand(1, 3, 4, 8)
    assert resize_inputs(ramp, 1) is ramp
    half = resize_inputs(ramp, 0.5)
    assert half.shape == (1, 3, 2, 4)
    assert half[0, 0, 0].tolist() == [0.5, 2.5, 4.5, 6.5]  # the mean of each pair
    assert resize_inputs(ramp[..., :1, :1], 0.5).shape == (1, 3, 1, 1)


def test_joints_keep_their_place_on_the_picture():
    # 9 cells to 5: cells 0, 2, 4, 6, 8 stay, so a peak on an even cell lies on half its number.
    heatmaps = torch.from_numpy(draw_gaussians(np.array([[4.0, 2.0]]), (9, 9), 2))[None]
    targets = JointTargets(heatmaps, torch.tensor([[[4.0, 2.0]]]), torch.ones(1, 1))
    small = resize_joints(targets, (5, 5))
    assert small.joints.tolist() == [[[2.0, 1.0]]]
    assert torch.equal(small.heatmaps, heatmaps[..., ::2, ::2])
    assert divmod(int(small.heatmaps.argmax()), 5) == (1, 2)


def test_the_mean_is_taken_at_the_first_scales_size():
    large, small = torch.full((1, 1, 4, 4), 3.0), torch.tensor([[[[0.0, 6.0]]]])
    edges, corners = (mean_of_scales([[large], [small]], align)[0][0, 0, 0] for align in (False, True))
    # Two cells enlarged to four: 0, 1.5, 4.5, 6 from edge to edge, 0, 2, 4, 6 between the outermost cells.
    assert edges.tolist() == [1.5, 2.25, 3.75, 4.5]
    assert torch.allclose(corners, torch.tensor([1.5, 2.5, 3.5, 4.5]))
    assert torch.equal(mean_of_scales([[large]], False)[0], large)


def test_every_scale_and_their_mean_are_summed():
    def total(stages):
        return TaskLoss({f'stage{i}': stage.sum() for i, stage in enumerate(stages)}, True)

    one, other = [torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2)], [torch.full((1, 1, 1, 1), 5.0)] * 2
    loss = supervise_scales({1.0: one, 0.5: other}, False, total)
    assert {name: value.item() for name, value in loss.terms.items()} == {
        'stage0': 12.0, 'stage1': 10.0,  # means 3 and 2.5 over 4 cells
        'scale1_stage0': 4.0, 'scale1_stage1': 0.0, 'scale0.5_stage0': 5.0, 'scale0.5_stage1': 5.0,
    }  # fmt: skip
    assert supervise_scales({1.0: one}, False, total).terms.keys() == {'stage0', 'stage1'}


@pytest.mark.parametrize('loss_size', ['label', 'feature'])
@pytest.mark.parametrize('loss', ['norm', 'coordinates'])
def test_the_model_trains_at_all_scales_with_shared_weights(loss_size, loss):
    changes = dict(seg_head=dict(loss_size=loss_size), pose_head=dict(loss=loss))
    one, three = build(**changes), build(**changes, scales=SCALES)
    assert one.state_dict().keys() == three.state_dict().keys()
    batch = make_batch(np.random.default_rng(0), 2, 72, 56)
    single, losses = losses_of(one.eval(), batch), losses_of(three.eval(), batch)
    for task, weight in (('seg', 1.0), ('pose', 0.8)):
        terms = {name: value for name, value in losses.items() if name.startswith(f'{task}/')}
        assert len(terms) == 8  # two stages at three scales, and their mean
        assert losses[f'loss_{task}'].item() == pytest.approx(weight * sum(terms.values()).item(), rel=1e-5)
        assert losses[f'{task}/scale1_stage1'].item() == pytest.approx(single[f'{task}/stage1'].item(), rel=1e-5)
        assert losses[f'{task}/scale0.5_stage1'] != losses[f'{task}/scale0.75_stage1']
    assert losses['loss_densepose'].item() == pytest.approx(single['loss_densepose'].item(), rel=1e-5)


def test_predictions_are_those_of_one_scale():
    batch = make_batch(np.random.default_rng(0), 1, 64, 48)
    outputs = []
    for model in (build(), build(scales=SCALES)):
        data = model.data_preprocessor(copy.deepcopy(batch))
        outputs.append(model.eval()(data['inputs'], data['data_samples'], mode='tensor'))
    assert torch.equal(outputs[0].seg[-1], outputs[1].seg[-1])
    assert torch.equal(outputs[0].pose[-1], outputs[1].pose[-1])


@pytest.mark.parametrize('scales', [(), (0.5, 1.0), (1.0, 1.0), (1.0, -0.5), (1.0, 0.0)])
def test_wrong_scales_are_refused(scales):
    with pytest.raises(ValueError, match='scales must begin with 1'):
        build(scales=scales)


def test_a_foreign_head_has_one_scale():
    head = dict(type='FCNHead', in_channels=64, in_index=1, channels=4, num_classes=20, norm_cfg=dict(type='BN'))
    with pytest.raises(ValueError, match='several scales need SPDSegHead'):
        MODELS.build(dict(tiny_spd(), seg_head=head, scales=SCALES))
