"""The segmentor: wiring, missing branches and annotations, sizes, predictions."""

import copy

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from mmspd.anatomy import JOINT_MIRROR, PARSING_MIRROR, SURFACE_MIRROR
from mmspd.models import SPD
from mmspd.models.segmentors.batch import person_boxes
from mmspd.models.segmentors.decoding import foreground_box
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample
from mmspd.testing.samples import make_batch
from tests.models.tiny import tiny_spd

HEADS = ('seg_head', 'pose_head', 'densepose_head')
TASKS = {'seg_head': 'seg', 'pose_head': 'pose', 'densepose_head': 'densepose'}


def build(**changes) -> SPD:
    torch.manual_seed(0)
    return MODELS.build(tiny_spd(**changes))


def batch_of(size, height=64, width=48, **options):
    return make_batch(np.random.default_rng(0), size, height, width, **options)


def losses_of(model, batch):
    data = model.data_preprocessor(copy.deepcopy(batch), True)
    return model.loss(data['inputs'], data['data_samples'])


def predictions_of(model, batch):
    data = model.data_preprocessor(copy.deepcopy(batch))
    with torch.no_grad():
        return model.eval().predict(data['inputs'], data['data_samples'])


@pytest.mark.parametrize(
    'missing', [(), ('densepose_head',), ('pose_head',), ('pose_head', 'densepose_head'), ('seg_head',),
                ('seg_head', 'densepose_head'), ('seg_head', 'pose_head')],
)  # fmt: skip
def test_any_set_of_branches_trains_and_predicts(missing):
    # Without segmentation nothing reads res5.
    model = build(**dict.fromkeys(missing), backbone=dict(num_stages=3 if 'seg_head' in missing else 4))
    losses = losses_of(model, batch_of(2))
    present = [TASKS[head] for head in HEADS if head not in missing]
    assert sorted(key for key in losses if 'loss' in key) == sorted(f'loss_{task}' for task in present)
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    assert [name for name, each in model.named_parameters() if each.requires_grad and each.grad is None] == []
    sample = predictions_of(model, batch_of(2))[0]
    assert ('pred_sem_seg' in sample) is ('seg' in present)
    assert ('pred_instances' in sample) is ('pose' in present)
    assert ('pred_surface' in sample) is ('densepose' in present)


def test_a_missing_partner_leaves_its_inputs_out():
    both, alone = build(), build(pose_head=None)
    width = both.seg_head.refinements.stages[0].context_convs[0].conv.in_channels
    pose_context = both.pose_head.refinements.states[0].context
    assert alone.seg_head.refinements.stages[0].context_convs[0].conv.in_channels == width - pose_context


def test_no_branch_at_all_is_refused():
    with pytest.raises(ValueError, match='at least one'):
        build(**dict.fromkeys(HEADS))


@pytest.mark.parametrize('refinements', [0, 1, 2])
@pytest.mark.parametrize('exchange', ['context', 'prediction'])
def test_every_stage_is_supervised(refinements, exchange):
    changes = dict(num_refinements=refinements, exchange=exchange)
    losses = losses_of(build(seg_head=changes, pose_head=changes), batch_of(1))
    for task in ('seg', 'pose'):
        stages = [f'{task}/stage{i}' for i in range(refinements + 1)]
        assert [key for key in losses if key.startswith(f'{task}/')] == stages


@pytest.mark.parametrize('missing', [(), ('pose_head',), ('seg_head', 'densepose_head')])
@pytest.mark.parametrize('refinements', [0, 1, 2])
@pytest.mark.parametrize('exchange', ['context', 'prediction'])
def test_every_weight_gets_a_gradient(missing, refinements, exchange):
    # Or distributed training would stop.
    changes = dict(num_refinements=refinements, exchange=exchange)
    heads = dict(seg_head=changes, pose_head=changes) | dict.fromkeys(missing)
    backbone = dict(num_stages=3 if 'seg_head' in missing else 4)
    model = build(**heads, backbone=backbone, multi_task_loss=dict(type='MultiTaskLoss', weighting='uncertainty'))
    sum(value for key, value in losses_of(model, batch_of(2)).items() if 'loss' in key).backward()
    assert [name for name, each in model.named_parameters() if each.requires_grad and each.grad is None] == []


def test_both_branches_refine_from_the_previous_pass():
    changes = dict(num_refinements=2)
    model = build(seg_head=changes, pose_head=changes).eval()
    feats = model.extract_feat(torch.randn(1, 3, 64, 64))
    seg0, pose0 = model.seg_head.initial(feats.deep), model.pose_head.initial(feats.shallow)
    seg1, pose1 = model.seg_head.refine(0, seg0, pose0), model.pose_head.refine(0, pose0, seg0)
    seg2, pose2 = model.seg_head.refine(1, seg1, pose1), model.pose_head.refine(1, pose1, seg1)
    seg, pose = model.forward_branches(feats)
    torch.testing.assert_close(seg[2], seg2.prediction)
    torch.testing.assert_close(pose[2], pose2.prediction)


def test_parsing_is_the_mean_of_all_stages_and_pose_the_last():
    model = build().eval()
    inputs = torch.randn(1, 3, 64, 64)
    feats = model.extract_feat(inputs)
    seg, pose = model.forward_branches(feats)
    sample = model.predict(inputs)[0]
    want = torch.nn.functional.interpolate((seg[0] + seg[1]) / 2, size=(64, 64), mode='bilinear', align_corners=False)
    torch.testing.assert_close(sample.seg_logits.data, want[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(sample.pred_fields.heatmaps, pose[-1][0])


@pytest.mark.parametrize(
    'options', [dict(with_parsing=False), dict(with_pose=False), dict(with_surface=False),
                dict(with_parsing=False, with_pose=False, with_surface=False)],
)  # fmt: skip
def test_a_missing_annotation_is_a_zero_loss_in_the_graph(options):
    model = build()
    losses = losses_of(model, batch_of(2, **options))
    for option, task in (('with_parsing', 'seg'), ('with_pose', 'pose'), ('with_surface', 'densepose')):
        assert (losses[f'loss_{task}'].item() == 0.0) is (option in options), task
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters() if p.requires_grad)


def test_mixed_batches_equal_the_annotated_samples_alone():
    # Norms over images and points are means over what is annotated, so empty samples must not change them.
    model = build().eval()
    full, bare = batch_of(1), batch_of(1, with_parsing=False, with_pose=False, with_surface=False)
    mixed = {key: full[key] + bare[key] for key in full}
    alone, together = losses_of(model, full), losses_of(model, mixed)
    for key in alone:
        torch.testing.assert_close(together[key], alone[key], atol=1e-4, rtol=1e-4)


def test_nobody_in_the_picture():
    # All background, no joints, no surface points: parsing learns the background, the others nothing, all is finite.
    model = build()
    batch = batch_of(2, with_pose=False, with_surface=False)
    for sample in batch['data_samples']:
        sample.gt_sem_seg.data.zero_()
        del sample.gt_instance_labels  # nor is there a person's box
    losses = losses_of(model, batch)
    assert losses['loss_seg'] > 0
    assert losses['loss_pose'] == losses['loss_densepose'] == 0
    sum(value for key, value in losses.items() if 'loss' in key).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.requires_grad)
    with torch.no_grad():  # a network that sees nobody, too
        for classifier in (model.seg_head.classifier, model.seg_head.refinements.stages[0].predictor):
            classifier.branches[0].bias[0] = 1e4
    for sample in predictions_of(model, batch):
        assert not sample.pred_sem_seg.data.any()
        assert sample.pred_surface.bboxes.tolist() == [[0, 0, 48, 64]]
        assert np.isfinite(sample.pred_instances.keypoints).all()


def test_samples_of_other_projects_lack_fields_altogether():
    model = build()
    losses = model.loss(torch.randn(2, 3, 64, 64), [SPDDataSample(), SPDDataSample()])
    assert all(value.item() == 0.0 for key, value in losses.items() if 'loss' in key)


def test_an_image_with_an_empty_list_of_boxes_trains_on_the_whole_and_predicts_nothing():
    model, batch = build(), batch_of(1)
    sample = batch['data_samples'][0]
    whole = person_boxes([SPDDataSample()], (64, 48), torch.device('cpu'))
    sample.gt_instance_labels = sample.gt_instance_labels[:0]
    assert torch.equal(person_boxes([sample], (64, 48), torch.device('cpu')), whole)
    assert predictions_of(model, batch)[0].pred_surface.part_logits.shape == (0, 25, 16, 16)


def test_several_boxes_of_an_image_give_as_many_charts():
    model, batch = build(), batch_of(2)
    boxes = torch.tensor([[0.0, 0.0, 24.0, 64.0], [24.0, 0.0, 48.0, 64.0]])
    batch['data_samples'][1].gt_instance_labels = InstanceData(bboxes=boxes)
    one, two = predictions_of(model, batch)
    assert len(one.pred_surface) == 1
    torch.testing.assert_close(two.pred_surface.bboxes, boxes)
    # The second box's charts are those of a picture that has it alone.
    batch['data_samples'][1].gt_instance_labels = InstanceData(bboxes=boxes[1:])
    alone = predictions_of(model, batch)[1].pred_surface
    torch.testing.assert_close(two.pred_surface.part_logits[1:], alone.part_logits, atol=1e-5, rtol=0)
    assert not torch.allclose(two.pred_surface.part_logits[0], alone.part_logits[0], atol=1e-3)


def test_a_foreign_head_takes_samples_without_a_label():
    head = dict(type='FCNHead', in_channels=64, in_index=1, channels=8, num_convs=1, num_classes=20, dropout_ratio=0,
                loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True))  # fmt: skip
    torch.manual_seed(0)
    model = MODELS.build(tiny_spd(seg_head=None) | dict(seg_head=head)).eval()
    full, inputs = batch_of(1)['data_samples'][0], torch.randn(2, 3, 64, 48)
    alone = model.loss(inputs[:1], [full])['loss_seg']
    torch.testing.assert_close(model.loss(inputs, [full, SPDDataSample()])['loss_seg'], alone, atol=1e-4, rtol=1e-4)
    assert model.loss(inputs, [SPDDataSample(), SPDDataSample()])['loss_seg'].item() == 0.0


def test_mixed_precision_computes_losses_and_predictions_in_float32():
    model = build()
    want = losses_of(model, batch_of(2))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        got = losses_of(model, batch_of(2))
        sample = predictions_of(model, batch_of(1))[0]
    for key, value in got.items():
        assert value.dtype == torch.float32, key
        torch.testing.assert_close(value, want[key], atol=0.02, rtol=0.02)
    fields = (
        sample.seg_logits.data,
        sample.pred_fields.heatmaps,
        sample.pred_surface.part_logits,
        sample.pred_surface.uv,
    )
    assert {field.dtype for field in fields} == {torch.float32}


@pytest.mark.parametrize(('height', 'width', 'count'), [(64, 48, 1), (61, 47, 2), (97, 130, 1), (16, 16, 1)])
def test_odd_sizes_and_single_samples(height, width, count):
    model = build(backbone=dict(frozen_bn=True))
    batch = batch_of(count, height, width)
    assert torch.isfinite(losses_of(model, batch)['loss_pose'])
    for sample in predictions_of(model, batch):
        assert sample.pred_sem_seg.data.shape == (1, height, width)
        assert np.isfinite(sample.pred_instances.keypoints).all()


def test_predictions_return_to_the_original_picture():
    model = build().eval()
    inputs = torch.randn(1, 3, 64, 64)
    straight = model.predict(inputs)[0]
    meta = dict(ori_shape=(128, 32), img_shape=(64, 64))
    resized = model.predict(inputs, [SPDDataSample(metainfo=meta)])[0]
    assert resized.pred_sem_seg.data.shape == (1, 128, 32)
    joints = (straight.pred_instances.keypoints + 0.5) * [0.5, 2.0] - 0.5
    np.testing.assert_allclose(resized.pred_instances.keypoints, joints, atol=1e-4)
    boxes = straight.pred_surface.bboxes * torch.tensor([0.5, 2.0, 0.5, 2.0])
    torch.testing.assert_close(resized.pred_surface.bboxes, boxes)


def test_a_mirrored_input_comes_back_with_sides_swapped():
    # The same network input, once said to be upright and once to be mirrored: every answer must be the other's mirror.
    model = build().eval()
    inputs = torch.randn(1, 3, 64, 64)
    upright = model.predict(inputs, [SPDDataSample(metainfo=dict(ori_shape=(64, 64), img_shape=(64, 64)))])[0]
    matrix = np.array([[-1.0, 0, 63], [0, 1, 0], [0, 0, 1]])
    meta = dict(ori_shape=(64, 64), img_shape=(64, 64), flip=True, warp_matrix=matrix)
    mirrored = model.predict(inputs, [SPDDataSample(metainfo=meta)])[0]
    want = upright.seg_logits.data.flip(-1)[torch.as_tensor(PARSING_MIRROR.copy())]
    torch.testing.assert_close(mirrored.seg_logits.data, want, atol=1e-4, rtol=0)
    joints = upright.pred_instances.keypoints.copy()
    joints[..., 0] = 63 - joints[..., 0]
    np.testing.assert_allclose(mirrored.pred_instances.keypoints, joints[:, JOINT_MIRROR], atol=0.02)
    parts = upright.pred_surface.part_logits.flip(-1)[:, torch.as_tensor(SURFACE_MIRROR.copy())]
    torch.testing.assert_close(mirrored.pred_surface.part_logits, parts)
    assert mirrored.pred_surface.mirrored.tolist() == [True]
    # mmseg's own pipelines say flip without a matrix.
    del meta['warp_matrix']
    same = model.predict(inputs, [SPDDataSample(metainfo=meta)])[0]
    torch.testing.assert_close(same.seg_logits.data, mirrored.seg_logits.data)


def test_the_dense_pose_box_is_given_or_found_or_everything():
    logits = torch.zeros(3, 8, 6)
    logits[0] = 1.0
    assert foreground_box(logits, (64, 48)) is None
    logits[2, 2:5, 1:3] = 2.0
    assert foreground_box(logits, (64, 48)).tolist() == [[8.0, 16.0, 24.0, 40.0]]
    model = build()
    inputs, size = torch.zeros(2, 3, 64, 48), (64, 48)
    samples = [SPDDataSample(), batch_of(1)['data_samples'][0]]
    given = samples[1].gt_instance_labels.bboxes[0].tolist()
    found = model.given_or_found_rois(samples, torch.stack([logits, logits]), size, inputs.device)
    assert found.tolist() == [[0, 8.0, 16.0, 24.0, 40.0], [1, *given]]
    nothing = model.given_or_found_rois(samples[:1], None, size, inputs.device)
    assert nothing.tolist() == [[0, 0.0, 0.0, 48.0, 64.0]]


def test_encode_decode_needs_a_segmentation_head():
    assert build().encode_decode(torch.zeros(1, 3, 64, 48), []).shape == (1, 20, 64, 48)
    with pytest.raises(ValueError, match='no seg_head'):
        build(seg_head=None).encode_decode(torch.zeros(1, 3, 64, 48), [])


def test_inputs_of_several_sizes_are_refused():
    batch = batch_of(2)
    batch['inputs'][1] = batch['inputs'][1][:, :-1]
    with pytest.raises(ValueError, match='one size'):
        build().data_preprocessor(batch)


def test_targets_of_another_stride_are_refused():
    batch = batch_of(1)
    batch['data_samples'][0].gt_fields.set_field(torch.zeros(16, 4, 4), 'heatmaps')
    with pytest.raises(ValueError, match='stride of the features'):
        losses_of(build(), batch)
