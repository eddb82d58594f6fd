"""Equations 1 to 4 and the other losses on numbers small enough to check by hand."""

import math

import pytest
import torch

from mmspd.models.losses import (
    MultiTaskLoss,
    TaskLoss,
    combine_terms,
    coordinate_loss,
    heatmap_mean_square,
    heatmap_norm,
    soft_argmax,
    surface_terms,
)
from mmspd.models.losses.task_loss import term_name


def task(value, annotated=True, **more):
    return TaskLoss({'a': torch.tensor(value), **{k: torch.tensor(v) for k, v in more.items()}}, annotated)


def test_equation_1_weighs_and_sums():
    losses = MultiTaskLoss()({'seg': task(2.0, b=3.0), 'pose': task(10.0), 'densepose': task(5.0)})
    assert losses['loss_seg'].item() == pytest.approx(1.0 * (2 + 3))
    assert losses['loss_pose'].item() == pytest.approx(0.8 * 10)
    assert losses['loss_densepose'].item() == pytest.approx(0.6 * 5)
    assert losses['seg/b'].item() == 3.0


def test_only_weighted_losses_carry_the_word_that_mmengine_sums():
    losses = MultiTaskLoss()({'seg': task(2.0), 'pose': task(1.0)})
    assert sorted(key for key in losses if 'loss' in key) == ['loss_pose', 'loss_seg']


def test_raw_terms_are_detached():
    term = torch.tensor(2.0, requires_grad=True)
    losses = MultiTaskLoss()({'seg': TaskLoss({'a': term}, True)})
    assert losses['loss_seg'].requires_grad
    assert not losses['seg/a'].requires_grad


def test_uncertainty_weights_start_at_the_fixed_ones_and_are_kendalls():
    loss = MultiTaskLoss(weighting='uncertainty')
    out = loss({'seg': task(2.0), 'pose': task(3.0)})
    s_seg, s_pose = math.log(1 / 1.0), math.log(0.5 / 0.8)
    assert out['weight/seg'].item() == pytest.approx(1.0)
    assert out['weight/pose'].item() == pytest.approx(0.8)
    assert out['loss_seg'].item() == pytest.approx(math.exp(-s_seg) * 2 + s_seg / 2)
    assert out['loss_pose'].item() == pytest.approx(0.5 * math.exp(-s_pose) * 3 + s_pose / 2)


def test_uncertainty_settles_where_the_derivative_says():
    # d/ds of f L exp(-s) + s/2 is 0 at exp(s) = 2 f L.
    loss = MultiTaskLoss(weights=dict(pose=1.0), weighting='uncertainty')
    optimizer = torch.optim.SGD(loss.parameters(), lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        loss({'pose': task(3.0)})['loss_pose'].backward()
        optimizer.step()
    assert loss.log_variances['pose'].exp().item() == pytest.approx(2 * 0.5 * 3, rel=1e-3)


def test_uncertainty_leaves_a_task_alone_that_nothing_is_annotated_for():
    loss = MultiTaskLoss(weighting='uncertainty')
    loss({'pose': task(0.0, annotated=False)})['loss_pose'].backward()
    assert loss.log_variances['pose'].grad.item() == 0.0


def test_weights_of_other_tasks_are_forgotten():
    loss = MultiTaskLoss(weighting='uncertainty')
    loss.keep_tasks(['seg', 'densepose'])
    assert sorted(loss.state_dict()) == ['log_variances.densepose', 'log_variances.seg']
    loss({'seg': task(2.0), 'densepose': task(1.0)})


@pytest.mark.parametrize(
    ('name', 'want'), [('loss_ce', 'ce'), ('pointloss_ce', 'pointce'), ('d0.loss_cls', 'd0.cls'), ('loss', 'value')]
)
def test_terms_are_not_summed_by_mmengine(name, want):
    assert term_name(name) == want


@pytest.mark.parametrize(
    'arguments',
    [dict(weighting='none'), dict(weights=dict(depth=1.0)), dict(weights=dict(seg=-1.0)),
     dict(weights=dict(seg=0.0), weighting='uncertainty')],
)  # fmt: skip
def test_bad_weights_are_refused(arguments):
    with pytest.raises(ValueError, match='weight'):
        MultiTaskLoss(**arguments)


def heatmaps():
    pred, target = torch.zeros(2, 2, 2, 3), torch.zeros(2, 2, 2, 3)
    target[0, 0, 0, 0], target[0, 1, 1, 2] = 3.0, 4.0
    target[1, 0, 0, 1] = 2.0
    return pred, target


def test_norm_is_the_unsquared_length_of_an_images_volume():
    pred, target = heatmaps()
    weights = torch.ones(2, 2)
    assert heatmap_norm(pred, target, weights).item() == pytest.approx((5 + 2) / 2)
    weights[0, 1] = 0  # joint 1 of image 0 is not annotated: 3 remains
    assert heatmap_norm(pred, target, weights).item() == pytest.approx((3 + 2) / 2)


def test_norm_of_16_gaussians_and_no_prediction():
    # The sum over a plane of a squared Gaussian of sigma 2 is pi sigma^2.
    ys, xs = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing='ij')
    target = torch.exp(-((xs - 24) ** 2 + (ys - 24) ** 2) / 8).expand(1, 16, 48, 48)
    want = math.sqrt(16 * math.pi * 4)
    assert heatmap_norm(torch.zeros_like(target), target, torch.ones(1, 16)).item() == pytest.approx(want, rel=1e-3)


def test_mean_square_averages_cells_joints_and_images():
    pred, target = heatmaps()
    weights = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    want = ((9 / 6 + 16 / 6) / 2 + 4 / 6) / 2
    assert heatmap_mean_square(pred, target, weights).item() == pytest.approx(want)


def test_equation_3_halves_the_mean_squared_distance():
    pred = torch.zeros(1, 3, 5, 5)
    pred[0, 0, 1, 2] = pred[0, 1, 4, 4] = pred[0, 2, 0, 0] = 4.0
    joints = torch.tensor([[[2.0, 4.0], [4.0, 3.0], [9.0, 9.0]]])  # distances 3, 1; the third is not annotated
    weights = torch.tensor([[1.0, 1.0, 0.0]])
    assert coordinate_loss(pred, joints, weights).item() == pytest.approx((9 + 1) / (2 * 2), rel=1e-4)


def test_soft_argmax_of_nothing_is_the_centre():
    torch.testing.assert_close(soft_argmax(torch.zeros(1, 1, 3, 5)), torch.tensor([[[2.0, 1.0]]]))


@pytest.mark.parametrize('function', [heatmap_norm, heatmap_mean_square])
def test_no_annotated_joint_gives_zero_with_a_graph(function):
    pred = torch.randn(2, 16, 4, 4, requires_grad=True)
    loss = function(pred, torch.zeros_like(pred), torch.zeros(2, 16))
    loss.backward()
    assert loss.item() == 0.0
    assert torch.equal(pred.grad, torch.zeros_like(pred))


def test_images_without_joints_do_not_dilute_the_mean():
    pred, target = heatmaps()
    weights = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    assert heatmap_norm(pred, target, weights).item() == pytest.approx(5.0)


def surface_case():
    logits = torch.zeros(3, 25)
    logits[0, 2] = math.log(24.0)  # probability 1/2 for part 2
    uv = torch.zeros(3, 2, 24)
    uv[0, :, 1] = torch.tensor([0.5, 0.9])
    uv[1, :, 0] = torch.tensor([2.5, 0.25])
    labels = torch.tensor([2, 1, 0])
    target = torch.tensor([[0.1, 0.4], [0.25, 0.25], [float('nan'), float('nan')]])
    valid = torch.tensor([True, True, False])
    return logits, uv, labels, target, valid


def test_equation_4_terms():
    entropy, huber = surface_terms(*surface_case())
    torch.testing.assert_close(entropy, torch.tensor([math.log(2), math.log(25), math.log(25)]))
    # Huber, delta 1: d^2 / 2 up to 1, then d - 1/2.
    want = torch.tensor([[0.4**2 / 2, 0.5**2 / 2], [2.25 - 0.5, 0.0], [0.0, 0.0]])
    torch.testing.assert_close(huber, want)


def test_equation_4_summed_and_multiplied():
    *_, valid = surface_case()
    entropy, huber = surface_terms(*surface_case())
    summed = combine_terms(entropy, huber, valid, 'sum')
    assert summed['I'].item() == pytest.approx((math.log(2) + 2 * math.log(25)) / 3)
    assert summed['U'].item() == pytest.approx((0.08 + 1.75) / 2)
    assert summed['V'].item() == pytest.approx(0.125 / 2)
    product = combine_terms(entropy, huber, valid, 'product')
    assert product['IUV'].item() == pytest.approx((math.log(2) * 0.205 + math.log(25) * 1.75) / 2)


def test_the_product_teaches_nothing_about_the_background():
    logits, uv, labels, target, valid = surface_case()
    for combine, learns in (('sum', True), ('product', False)):
        leaf = logits.clone().requires_grad_()
        sum(combine_terms(*surface_terms(leaf, uv, labels, target, valid), valid, combine).values()).backward()
        assert bool(leaf.grad[2].abs().sum() > 0) is learns


def test_no_points_give_zero():
    empty = torch.zeros(0)
    terms = combine_terms(empty, torch.zeros(0, 2), empty.bool())
    assert all(term.item() == 0.0 for term in terms.values())
