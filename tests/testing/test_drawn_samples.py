"""Data samples for tests of models."""

import numpy as np
import pytest
import torch

from mmspd.testing.figures import draw_person
from mmspd.testing.samples import make_batch, make_data_sample


def test_fields_are_those_of_the_drawn_person():
    sample = make_data_sample(np.random.default_rng(7), 90, 60, num_points=20)
    person = draw_person(np.random.default_rng(7), 60, 90)
    np.testing.assert_array_equal(sample.gt_sem_seg.data[0], person.label)
    assert sample.gt_sem_seg.data.dtype == torch.int64
    visible = ~np.isnan(person.joints).any(axis=1)
    labels = sample.gt_instance_labels
    np.testing.assert_array_equal(labels.keypoint_weights[0], visible)
    np.testing.assert_array_equal(labels.keypoints[0][visible], person.joints[visible])
    np.testing.assert_array_equal(labels.bboxes[0], person.box)
    heatmaps = sample.gt_fields.heatmaps
    assert heatmaps.shape == (16, 12, 8)  # 90 / 8 and 60 / 8, rounded up
    for joint in np.flatnonzero(visible):
        row, column = np.unravel_index(int(heatmaps[joint].argmax()), (12, 8))
        # A cell is (W - 1) / (w - 1) pixels; the peak is the nearest cell.
        np.testing.assert_allclose([column * 59 / 7, row * 89 / 11], person.joints[joint], atol=4.3)
    points = sample.gt_surface_points
    columns, rows = points.points.long().unbind(1)
    np.testing.assert_array_equal(points.labels, person.parts[rows, columns])
    np.testing.assert_array_equal(points.uv, person.uv[rows, columns])
    np.testing.assert_array_equal(points.uv_valid, points.labels > 0)
    assert (points.labels == 0).sum() == 5
    assert len(points) == 20
    assert sample.ori_shape == sample.img_shape == (90, 60)


@pytest.mark.parametrize('seed', range(3))
def test_annotations_that_are_off_say_nothing(seed):
    sample = make_data_sample(
        np.random.default_rng(seed), 64, 64, with_parsing=False, with_pose=False, with_surface=False
    )
    assert (sample.gt_sem_seg.data == 255).all()
    assert not sample.gt_instance_labels.keypoint_weights.any()
    assert not sample.gt_instances.keypoints_visible.any()
    assert not sample.gt_fields.heatmaps.any()
    assert len(sample.gt_surface_points) == 0
    assert sample.gt_surface_points.uv.shape == (0, 2)


def test_batch_pairs_images_with_their_annotation():
    batch = make_batch(np.random.default_rng(0), 3, 48, 40, num_points=8)
    assert [tuple(image.shape) for image in batch['inputs']] == [(3, 48, 40)] * 3
    assert all(image.dtype == torch.uint8 for image in batch['inputs'])
    assert not torch.equal(batch['inputs'][0], batch['inputs'][1])
    for image, sample in zip(batch['inputs'], batch['data_samples'], strict=True):
        # Hair is dark whatever the person: picture and label belong together.
        hair = sample.gt_sem_seg.data[0] == 2
        assert image[:, hair].float().mean() < image[:, sample.gt_sem_seg.data[0] == 0].float().mean()
