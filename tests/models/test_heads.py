"""The branches' layers against the published numbers, and their losses against numbers worked out by hand."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmspd.models import SPDDensePoseHead, SPDPoseHead, SPDSegHead
from mmspd.models.heads.aspp import ASPPClassifier
from mmspd.models.sampling import roi_align
from mmspd.models.segmentors.batch import stack_joints
from mmspd.structures import SPDDataSample
from mmspd.testing.samples import make_data_sample


def layers(module):
    """(in, out, kernel, dilation) of each convolution, in order."""
    convs = (nn.Conv2d, nn.ConvTranspose2d)
    return [
        (each.in_channels, each.out_channels, each.kernel_size[0], each.dilation[0])
        for each in module.modules()
        if isinstance(each, convs)
    ]


REFINEMENT = [(512, 3), (256, 5), (256, 7), (256, 9), (256, 1)]


def refinement_layers(prediction, partner, context=256):
    """The remapped prediction, then the five convolutions on 128 + partner + context channels."""
    found, channels = [(prediction, 128, 1, 1)], 128 + partner + context
    for width, kernel in REFINEMENT:
        found.append((channels, width, kernel, 1))
        channels = width
    return found


def test_layers_of_the_segmentation_branch():
    with torch.device('meta'):
        seg, pose = SPDSegHead(), SPDPoseHead()
        seg.refinements.connect(pose.refinements)
    rates = (6, 12, 18, 24)
    assert layers(seg.classifier) == [(2048, 20, 3, rate) for rate in rates]
    assert layers(seg.context_convs) == [(2048, 512, 3, 1), (512, 256, 3, 1)]
    last = [(256, 20, 3, rate) for rate in rates]
    assert [sorted(layers(stage)) for stage in seg.refinements.stages] == [sorted(refinement_layers(20, 256) + last)]


def test_layers_of_the_pose_branch():
    with torch.device('meta'):
        seg, pose = SPDSegHead(exchange='prediction'), SPDPoseHead(exchange='prediction')
        pose.refinements.connect(seg.refinements)
    widths = (512, 512, 256, 256, 256, 256)
    assert layers(pose.feature_convs) == [(i, o, 3, 1) for i, o in zip((1024, *widths), widths, strict=False)]
    assert layers(pose.top_conv) == [(256, 512, 1, 1)]
    assert layers(pose.predictor) == [(512, 16, 1, 1)]
    # JPPNet's exchange: the partner's 20 logits are remapped to 128 channels, too.
    more = [(20, 128, 1, 1), (256, 16, 1, 1)]
    assert [sorted(layers(stage)) for stage in pose.refinements.stages] == [sorted(refinement_layers(16, 128) + more)]


def test_layers_of_the_dense_pose_branch():
    with torch.device('meta'):
        head = SPDDensePoseHead()
    assert head.pool_sizes == (7, 14, 28)
    assert layers(head.level_convs) == [(1024, 512, 3, 1)] * 3
    for predictor, channels in ((head.part_predictor, 25), (head.uv_predictor, 48)):
        assert layers(predictor) == [(512, 512, 3, 1)] * 8 + [(512, channels, 4, 1)]
        assert predictor(torch.empty(1, 512, 28, 28, device='meta'), head.chart_size).shape == (1, channels, 112, 112)


def test_hidden_layers_have_relu_and_predictions_have_none():
    head = SPDPoseHead(8, feature_channels=(4, 4), top_channels=4, remap_channels=4, refine_channels=(4,) * 5)
    hidden = [*head.feature_convs, *head.top_conv, *head.refinements.stages[0].context_convs]
    assert all(isinstance(conv.activate, nn.ReLU) and conv.with_activation for conv in hidden)
    head.predictor.conv.bias.data.fill_(-3.0)
    assert head.initial(torch.zeros(1, 8, 6, 6)).prediction.min() < 0


def test_the_pyramid_sums_its_rates():
    aspp = ASPPClassifier(1, 1, rates=(1, 2))
    for number, branch in enumerate(aspp.branches):
        branch.weight.data.zero_()
        branch.bias.data.fill_(0.25)
        branch.weight.data[0, 0, 1, 2] = 10.0**number  # looks to the right, as far as the rate
    feat = torch.zeros(1, 1, 1, 7)
    feat[..., 4] = 1.0
    assert aspp(feat)[0, 0, 0].tolist() == [0.5, 0.5, 10.5, 1.5, 0.5, 0.5, 0.5]


def two_class_head(**options):
    return SPDSegHead(4, num_classes=2, rates=(1,), context_channels=(4,), remap_channels=4,
                      refine_channels=(4,) * 5, **options)  # fmt: skip


def test_equation_2_against_the_nearest_label_of_each_cell():
    # Everywhere 3 : 1 for class 1. Cell i of 2 has its centre on pixels 1 and 2 of 4: the nearest are 1 and 3.
    logits = torch.zeros(1, 2, 2, 2)
    logits[:, 1] = math.log(3.0)
    labels = torch.full((1, 4, 4), 255)
    labels[0, 0::2] = labels[0, :, 0::2] = 0  # read by nobody
    labels[0, 1, 1], labels[0, 1, 3], labels[0, 3, 1], labels[0, 3, 3] = 1, 0, 255, 1
    terms, annotated = two_class_head(loss_size='feature').task_loss([logits, logits], labels)
    want = -(2 * math.log(3 / 4) + math.log(1 / 4)) / 3
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(dict(stage0=want, stage1=want))
    assert annotated


def test_equation_2_at_the_labels_size():
    # Logits ln 3 * (0, 1) become ln 3 * (0, 1/4, 3/4, 1) when enlarged from two columns to four.
    logits = torch.zeros(1, 2, 1, 2)
    logits[0, 1, 0, 1] = math.log(3.0)
    labels = torch.tensor([[[0, 1, 255, 1]]])
    terms, _ = two_class_head(loss_size='label').task_loss([logits], labels)
    odds = 3.0**0.25
    want = -(math.log(1 / 2) + math.log(odds / (1 + odds)) + math.log(3 / 4)) / 3
    assert terms['stage0'].item() == pytest.approx(want)


def test_losses_of_one_name_are_all_kept():
    # mmseg's cross entropy is named loss_ce by default, however often it is listed.
    twice = [dict(type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=weight) for weight in (1.0, 3.0)]
    logits, labels = torch.randn(1, 2, 2, 2), torch.tensor([[[0, 1], [1, 255]]])
    terms = two_class_head(loss_decode=twice).task_loss([logits], labels).terms
    assert sorted(terms) == ['stage0_ce', 'stage0_ce1']
    assert terms['stage0_ce1'].item() == pytest.approx(3 * terms['stage0_ce'].item())


def test_labels_that_are_all_ignored_give_zero():
    logits = torch.randn(1, 2, 2, 2, requires_grad=True)
    terms, annotated = two_class_head().task_loss([logits], torch.full((1, 4, 4), 255))
    terms['stage0'].backward()
    assert terms['stage0'].item() == 0.0
    assert not annotated
    assert logits.grad.abs().sum() == 0


@pytest.mark.parametrize(('loss', 'want'), [('norm', 2.0), ('mean', 4 / 8), ('coordinates', (1 + 0) / 2)])
def test_the_pose_losses_are_chosen_by_name(loss, want):
    head = SPDPoseHead(8, num_joints=1, feature_channels=(4,), top_channels=4, remap_channels=4,
                       refine_channels=(4,) * 5, loss=loss)  # fmt: skip
    target = torch.zeros(1, 1, 2, 4)
    pred = target.clone()
    pred[0, 0, 1, 2] = 2.0  # the joint is one cell to the left of it
    terms, annotated = head.task_loss([pred], target, torch.tensor([[[1.0, 1.0]]]), torch.ones(1, 1))
    assert terms['stage0'].item() == pytest.approx(want, rel=1e-4)
    assert annotated


def test_joint_targets_are_in_cells_whose_outermost_lie_on_the_outermost_pixels():
    sample = make_data_sample(np.random.default_rng(0), 33, 65)
    sample.gt_instance_labels.keypoints[0, :3] = torch.tensor([[0.0, 0.0], [64.0, 32.0], [16.0, 24.0]])
    targets = stack_joints([sample, SPDDataSample()], torch.zeros(2, 16, 5, 9), (33, 65))
    assert targets.joints[0, :3].tolist() == [[0.0, 0.0], [8.0, 4.0], [2.0, 3.0]]
    assert targets.weights[1].sum() == 0


def small_surface_head(**options):
    torch.manual_seed(0)
    return SPDDensePoseHead(3, pool_sizes=(2, 4), pool_channels=5, num_convs=1, channels=4, chart_size=8, **options)


def test_the_cascade_goes_from_coarse_to_fine():
    head = small_surface_head()
    feat, rois = torch.randn(2, 3, 8, 8), torch.tensor([[1, 4.0, 0.0, 40.0, 64.0], [0, 0.0, 0.0, 64.0, 64.0]])
    coarse = head.level_convs[0](roi_align(feat, rois, 2, 1 / 8))
    fine = head.level_convs[1](roi_align(feat, rois, 4, 1 / 8))
    enlarged = F.interpolate(coarse, scale_factor=2, mode='bilinear', align_corners=False)
    torch.testing.assert_close(head.pool(feat, rois), fine + enlarged)
    with pytest.raises(ValueError, match='coarse to fine'):
        SPDDensePoseHead(3, pool_sizes=(4, 2))


@pytest.mark.parametrize(('combine', 'names'), [('sum', ['I', 'U', 'V']), ('product', ['IUV'])])
def test_points_outside_their_box_do_not_count(combine, names):
    head = small_surface_head(combine=combine)
    rois = torch.tensor([[0, 8.0, 8.0, 24.0, 24.0]])
    charts = head(torch.randn(1, 3, 8, 8), rois)
    points = torch.tensor([[10.0, 12.0], [20.0, 9.0], [30.0, 12.0]])  # the third lies to the right of the box
    labels, uv = torch.tensor([3, 4, 5]), torch.rand(3, 2)

    def loss(count):
        index, valid = torch.zeros(count, dtype=torch.int64), torch.ones(count, dtype=torch.bool)
        return head.task_loss(charts, rois, points[:count], index, labels[:count], uv[:count], valid)

    assert list(loss(3).terms) == names
    assert [term.item() for term in loss(3).terms.values()] == [term.item() for term in loss(2).terms.values()]
    assert [term.item() for term in loss(2).terms.values()] != [term.item() for term in loss(1).terms.values()]
    assert not loss(0).annotated
