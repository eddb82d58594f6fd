"""Data samples for tests of models, against the renderer they come from."""

import copy

import numpy as np
import pytest
import torch

from mmspd.synthetic.people import render_person
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.synthetic.settings import PeopleSettings
from mmspd.testing import make_batch, make_data_sample, samples


def rendered(index, height, width):
    return render_person(0, index, PeopleSettings(size=(height, width)))


@pytest.mark.parametrize('index', range(6))
def test_fields_are_those_of_the_rendered_person(index):
    sample = make_data_sample(np.random.default_rng(7), 90, 60, num_points=20, index=index)
    person = rendered(index, 90, 60)
    np.testing.assert_array_equal(sample.gt_sem_seg.data[0], person.label)
    assert sample.gt_sem_seg.data.dtype == torch.int64
    visible = ~np.isnan(person.joints).any(axis=1)
    assert visible.sum() >= 6
    labels, instances = sample.gt_instance_labels, sample.gt_instances
    np.testing.assert_array_equal(labels.keypoint_weights[0], visible)
    np.testing.assert_array_equal(labels.keypoints[0][visible], person.joints[visible])
    np.testing.assert_array_equal(labels.bboxes[0], person.box)
    np.testing.assert_array_equal(instances.keypoints[0, visible], person.joints[visible])
    np.testing.assert_array_equal(instances.keypoints_visible[0], visible)
    np.testing.assert_array_equal(instances.keypoints_occluded[0], person.occluded)
    np.testing.assert_array_equal(instances.bboxes[0], person.box)
    heatmaps = sample.gt_fields.heatmaps
    assert heatmaps.shape == (16, 12, 8)  # 90 / 8 and 60 / 8, rounded up
    np.testing.assert_array_equal(heatmaps.flatten(1).max(dim=1).values > 0, visible)
    for joint in np.flatnonzero(visible):
        row, column = np.unravel_index(int(heatmaps[joint].argmax()), (12, 8))
        # A cell is (W - 1) / (w - 1) pixels; the peak is the nearest cell.
        np.testing.assert_allclose([column * 59 / 7, row * 89 / 11], person.joints[joint], atol=4.8)
    points = sample.gt_surface_points
    columns, rows = points.points.long().unbind(1)
    np.testing.assert_array_equal(points.labels, person.parts[rows, columns])
    np.testing.assert_array_equal(points.uv, person.uv[rows, columns])
    np.testing.assert_array_equal(points.uv_valid, points.labels > 0)
    assert (points.labels == 0).sum() == 5
    assert len(points) == 20
    assert sample.ori_shape == sample.img_shape == (90, 60)


def test_the_generator_chooses_person_and_points():
    def drawn(seed):
        return make_data_sample(np.random.default_rng(seed), 64, 48)

    chosen = [drawn(seed) for seed in range(12)]
    different = {sample.gt_sem_seg.data.numpy().tobytes() for sample in chosen}
    assert 3 <= len(different) <= 6
    for seed, sample in enumerate(chosen):
        again = drawn(seed)
        assert torch.equal(again.gt_sem_seg.data, sample.gt_sem_seg.data)
        assert torch.equal(again.gt_surface_points.points, sample.gt_surface_points.points)


def test_points_of_the_background_are_not_on_eyes_or_mouth(monkeypatch):
    # The upper half is body, its right half without a chart: no point there, neither of a part nor of the background.
    parts, coarse = np.zeros((16, 16), np.uint8), np.full((16, 16), -1, np.int8)
    parts[:8, :8], coarse[:8] = 23, 13
    blank = np.zeros((16, 16), np.uint8)
    person = RenderedPerson(
        blank, blank, np.full((16, 2), np.nan, np.float32), np.zeros(16, bool), parts,
        np.zeros((16, 16, 2), np.float32), coarse, np.array([0, 0, 16, 10], np.float32), 90,
    )  # fmt: skip
    monkeypatch.setattr(samples, 'sample_person', lambda *_: person)
    points = make_data_sample(np.random.default_rng(0), 16, 16, num_points=400).gt_surface_points
    columns, rows = points.points.long().unbind(1)
    # All 7 x 7 pixels off the part's edge, all 32 of the background in the box.
    assert ((rows < 7) & (columns < 7)).sum() == (points.labels == 23).sum() == 49
    assert ((rows >= 8) & (rows < 10)).sum() == (points.labels == 0).sum() == 32
    assert len(points) == 81


@pytest.mark.parametrize('seed', range(3))
def test_annotations_that_are_off_say_nothing(seed):
    sample = make_data_sample(
        np.random.default_rng(seed), 64, 64, with_parsing=False, with_pose=False, with_surface=False
    )
    assert (sample.gt_sem_seg.data == 255).all()
    assert not sample.gt_instance_labels.keypoint_weights.any()
    assert not sample.gt_instances.keypoints_visible.any()
    assert not sample.gt_instances.keypoints_occluded.any()
    assert not sample.gt_fields.heatmaps.any()
    assert len(sample.gt_surface_points) == 0
    assert sample.gt_surface_points.uv.shape == (0, 2)


def test_batch_pairs_different_images_with_their_annotation():
    batch = make_batch(np.random.default_rng(0), 7, 48, 40, num_points=8)
    people = [rendered(index, 48, 40) for index in range(6)]
    shown = []
    for image, sample in zip(batch['inputs'], batch['data_samples'], strict=True):
        assert image.shape == (3, 48, 40)
        assert image.dtype == torch.uint8
        (index,) = (i for i, each in enumerate(people) if np.array_equal(each.image, image.permute(1, 2, 0)))
        np.testing.assert_array_equal(sample.gt_sem_seg.data[0], people[index].label)
        np.testing.assert_array_equal(sample.gt_instances.bboxes[0], people[index].box)
        shown.append(index)
    assert sorted(shown[:6]) == [0, 1, 2, 3, 4, 5]
    assert shown[6] == shown[0]  # there is no seventh


def test_changing_a_sample_leaves_later_ones_as_they_were():
    first = make_batch(np.random.default_rng(0), 1, 48, 40)
    kept = copy.deepcopy(first)
    sample = first['data_samples'][0]
    first['inputs'][0].zero_()
    sample.gt_sem_seg.data.zero_()
    for item in (sample.gt_instance_labels.bboxes, sample.gt_surface_points.uv, sample.gt_instance_labels.keypoints):
        item.zero_()
    sample.gt_instances.bboxes[:] = 0
    again = make_batch(np.random.default_rng(0), 1, 48, 40)
    assert torch.equal(again['inputs'][0], kept['inputs'][0])
    got, want = again['data_samples'][0], kept['data_samples'][0]
    assert torch.equal(got.gt_sem_seg.data, want.gt_sem_seg.data)
    assert torch.equal(got.gt_instance_labels.keypoints, want.gt_instance_labels.keypoints)
    assert torch.equal(got.gt_instance_labels.bboxes, want.gt_instance_labels.bboxes)
    assert torch.equal(got.gt_surface_points.uv, want.gt_surface_points.uv)
    np.testing.assert_array_equal(got.gt_instances.bboxes, want.gt_instances.bboxes)
