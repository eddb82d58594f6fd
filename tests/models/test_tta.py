"""Test-time augmentation against means worked out from its parts."""

import copy

import numpy as np
import torch

from mmspd.anatomy import JOINT_MIRROR, PARSING_MIRROR, SURFACE_MIRROR
from mmspd.geometry import mirroring, scaling
from mmspd.models import SPDTTAModel
from mmspd.models.segmentors.decoding import joints_in_picture
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample
from tests.models.tiny import tiny_spd

SIZE = 64


def tta_model() -> SPDTTAModel:
    torch.manual_seed(0)
    return SPDTTAModel(MODELS.build(tiny_spd())).eval()


def variant(image, scale, flip):
    """An input of ``scale`` times SIZE, mirrored or not, and its sample, for an original picture of 40 x 80."""
    size = round(SIZE * scale)
    inputs = torch.nn.functional.interpolate(image[None], size=(size, size), mode='bilinear', align_corners=False)[0]
    matrix = scaling(size / 40, size / 80)
    if flip:
        inputs, matrix = inputs.flip(-1), mirroring(size) @ matrix
    meta = dict(ori_shape=(80, 40), img_shape=(size, size), warp_matrix=matrix, flip=flip)
    return inputs, SPDDataSample(metainfo=meta)


def run(model, image, variants):
    pairs = [variant(image, *each) for each in variants]
    data = dict(inputs=[[inputs] for inputs, _ in pairs], data_samples=[[sample] for _, sample in pairs])
    with torch.no_grad():
        merged = model.test_step(copy.deepcopy(data))
        parts = [model.module.test_step(dict(inputs=[i], data_samples=[copy.deepcopy(s)]))[0] for i, s in pairs]
    assert len(merged) == 1
    return merged[0], parts


def test_logits_and_charts_are_the_means_of_the_parts():
    merged, parts = run(tta_model(), torch.rand(3, SIZE, SIZE) * 255, [(0.75, False), (1.0, True), (1.25, False)])
    logits = torch.stack([part.seg_logits.data for part in parts])
    torch.testing.assert_close(merged.seg_logits.data, (logits[0] + logits[1] + logits[2]) / 3)
    torch.testing.assert_close(merged.pred_sem_seg.data[0], merged.seg_logits.data.argmax(0))
    part_logits = torch.stack([part.pred_surface.part_logits for part in parts])
    torch.testing.assert_close(merged.pred_surface.part_logits, part_logits.mean(0), atol=1e-5, rtol=0)
    # U and V of the mirrored variant do not count.
    uv = (parts[0].pred_surface.uv + parts[2].pred_surface.uv) / 2
    torch.testing.assert_close(merged.pred_surface.uv, uv, atol=1e-5, rtol=0)
    assert merged.pred_surface.mirrored.tolist() == [False]


def test_joints_are_decoded_from_the_mean_of_heatmaps_of_one_size():
    merged, parts = run(tta_model(), torch.rand(3, SIZE, SIZE) * 255, [(1.0, False), (1.0, True)])
    mean = (parts[0].pred_fields.heatmaps + parts[1].pred_fields.heatmaps) / 2
    torch.testing.assert_close(merged.pred_fields.heatmaps, mean, atol=1e-6, rtol=0)
    want = joints_in_picture(mean, scaling(SIZE / 40, SIZE / 80), (SIZE, SIZE)).keypoints
    np.testing.assert_allclose(merged.pred_instances.keypoints, want, atol=1e-3)


def test_heatmaps_of_other_sizes_are_brought_to_the_same_place_first():
    model = tta_model()
    _, (small, large) = run(model, torch.rand(3, SIZE, SIZE) * 255, [(1.0, False), (1.25, False)])
    # A joint at original (10, 30), drawn into each variant's heatmaps by its own geometry.
    for part in (small, large):
        size, cells = part.img_shape[0], part.pred_fields.heatmaps.shape[-1]
        x, y = (scaling(size / 40, size / 80) @ [10, 30, 1])[:2] * (cells - 1) / (size - 1)
        ys, xs = np.mgrid[:cells, :cells]
        heatmap = np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 8).astype(np.float32)
        part.pred_fields.set_field(torch.from_numpy(np.repeat(heatmap[None], 16, 0)), 'heatmaps')
    merged = model.merge_preds([[small, large]])[0]
    np.testing.assert_allclose(merged.pred_instances.keypoints[0], np.tile([10.0, 30.0], (16, 1)), atol=0.15)


def test_a_mirrored_picture_gives_the_mirrored_result_with_sides_swapped():
    model, image = tta_model(), torch.rand(3, SIZE, SIZE) * 255
    scales = [(scale, flip) for scale in (0.75, 1.0, 1.25) for flip in (False, True)]
    straight, _ = run(model, image, scales)
    mirrored, _ = run(model, image.flip(-1), scales)
    want = straight.seg_logits.data.flip(-1)[torch.as_tensor(PARSING_MIRROR.copy())]
    torch.testing.assert_close(mirrored.seg_logits.data, want, atol=1e-4, rtol=0)
    joints = straight.pred_instances.keypoints.copy()
    joints[..., 0] = 39 - joints[..., 0]
    np.testing.assert_allclose(mirrored.pred_instances.keypoints, joints[:, JOINT_MIRROR], atol=0.05)
    parts = straight.pred_surface.part_logits.flip(-1)[:, torch.as_tensor(SURFACE_MIRROR.copy())]
    torch.testing.assert_close(mirrored.pred_surface.part_logits, parts, atol=1e-4, rtol=0)


def test_charts_of_different_boxes_meet_in_the_mean_box():
    model = tta_model()
    _, (left, right) = run(model, torch.rand(3, SIZE, SIZE) * 255, [(1.0, False), (1.25, False)])
    cells = left.pred_surface.part_logits.shape[-1]
    for part, box in ((left, [0.0, 0.0, 16.0, 40.0]), (right, [8.0, 0.0, 24.0, 40.0])):
        # In each box the logits are the column of the picture that a cell's centre lies on.
        columns = box[0] + (torch.arange(cells) + 0.5) / cells * (box[2] - box[0])
        part.pred_surface.bboxes = torch.tensor([box])
        part.pred_surface.part_logits = columns.expand(1, 25, cells, cells).clone()
    merged = model.merge_preds([[left, right]])[0].pred_surface
    assert merged.bboxes.tolist() == [[4.0, 0.0, 20.0, 40.0]]
    # Columns 4 to 20: the left box knows them up to its last centre, 15.5, the right one from its first, 8.5.
    want = 4 + (torch.arange(cells) + 0.5)
    want = (want.clamp(0.5, 15.5) + want.clamp(8.5, 23.5)) / 2
    torch.testing.assert_close(merged.part_logits[0, 0, 0], want, atol=1e-4, rtol=0)


def test_uv_of_mirrored_variants_only_is_kept_and_marked():
    merged, parts = run(tta_model(), torch.rand(3, SIZE, SIZE) * 255, [(1.0, True)])
    torch.testing.assert_close(merged.pred_surface.uv, parts[0].pred_surface.uv, atol=1e-5, rtol=0)
    assert merged.pred_surface.mirrored.tolist() == [True]


def test_models_with_one_branch_merge_what_they_have():
    torch.manual_seed(0)
    model = SPDTTAModel(MODELS.build(tiny_spd(pose_head=None, densepose_head=None))).eval()
    merged, _ = run(model, torch.rand(3, SIZE, SIZE) * 255, [(1.0, False), (1.0, True)])
    assert 'pred_sem_seg' in merged
    assert 'pred_instances' not in merged
    assert 'pred_surface' not in merged
