import numpy as np
import pytest
import torch

from mmspd.codecs import SPDHeatmap
from mmspd.datasets.transforms import PackSPDInputs, PersonAffine, PoseTargets
from mmspd.structures import SPDDataSample


def test_targets_decode_to_the_transformed_joints(make_results):
    results = PoseTargets(stride=8, sigma=2)(PersonAffine((257, 383), test_mode=True)(make_results()))
    assert results['heatmaps'].shape == (16, 48, 33)
    joints, scores = SPDHeatmap((257, 383)).decode(results['heatmaps'])
    seen = results['keypoint_weights'][0] > 0
    assert np.flatnonzero(~seen).tolist() == [3]
    np.testing.assert_allclose(joints[0, seen], results['transformed_keypoints'][0, seen], atol=0.1)
    assert (scores[0, ~seen] == 0).all()


def test_joints_outside_the_input_have_no_target(make_results):
    results = PoseTargets()(PersonAffine((64, 96), scale_range=(1.6, 1.6))(make_results()))
    np.testing.assert_array_equal(results['keypoint_weights'], results['transformed_keypoints_visible'])
    outside = results['keypoint_weights'][0] == 0
    assert outside.sum() > 1
    assert not results['heatmaps'][outside].any()
    assert results['heatmaps'][~outside].any(axis=(1, 2)).all()


def pack(results, **options):
    out = PackSPDInputs(**options)(results)
    return out['inputs'], out['data_samples']


def test_training_sample_has_the_fields_of_the_structure(make_results):
    results = PoseTargets()(PersonAffine((64, 96), scale_range=(1.6, 1.6), flip_prob=1)(make_results()))
    results['img_id'] = '36_453991'
    inputs, sample = pack(results, fill_missing=True)
    assert type(sample) is SPDDataSample
    assert inputs.dtype == torch.uint8
    np.testing.assert_array_equal(inputs.numpy(), results['img'].transpose(2, 0, 1))
    assert inputs.is_contiguous()
    assert sample.gt_sem_seg.data.dtype == torch.int64
    np.testing.assert_array_equal(sample.gt_sem_seg.data[0].numpy(), results['gt_seg_map'])
    np.testing.assert_array_equal(sample.gt_instances.keypoints, make_results()['keypoints'])
    np.testing.assert_array_equal(sample.gt_instances.bboxes, [[5, 6, 30, 50]])
    np.testing.assert_array_equal(sample.gt_instance_labels.keypoints.numpy(), results['transformed_keypoints'])
    np.testing.assert_array_equal(sample.gt_instance_labels.keypoint_weights.numpy(), results['keypoint_weights'])
    assert sample.gt_instance_labels.bboxes.shape == (1, 4)
    np.testing.assert_array_equal(sample.gt_fields.heatmaps.numpy(), results['heatmaps'])
    kept = results['transformed_dp_kept']
    points = sample.gt_surface_points
    assert 0 < len(points) == kept.sum() < 30
    np.testing.assert_array_equal(points.points.numpy(), results['transformed_dp_points'][kept])
    np.testing.assert_array_equal(points.ori_points.numpy(), results['dp_points'][kept])
    np.testing.assert_array_equal(points.labels.numpy(), results['transformed_dp_labels'][kept])
    assert points.uv.dtype == torch.float32
    assert points.uv_valid.dtype == torch.bool
    assert set(sample.metainfo) == {'img_path', 'img_id', 'ori_shape', 'img_shape', 'warp_matrix', 'flip'}
    assert sample.ori_shape == (60, 41)
    assert sample.img_shape == (96, 64)


@pytest.fixture
def bare_results(make_results):
    results = make_results()
    for key in [key for key in results if key.startswith(('dp_', 'keypoints', 'gt_'))]:
        del results[key]
    return PersonAffine((60, 90), test_mode=True)(results)


def test_missing_annotation_is_filled_in_for_training(bare_results):
    _, sample = pack(bare_results, fill_missing=True)
    assert (sample.gt_sem_seg.data == 255).all()
    assert sample.gt_sem_seg.data.shape == (1, 90, 60)
    assert not sample.gt_instance_labels.keypoint_weights.any()
    assert sample.gt_fields.heatmaps.shape == (16, 12, 8)
    assert not sample.gt_fields.heatmaps.any()
    assert len(sample.gt_surface_points) == 0
    assert sample.gt_surface_points.points.shape == sample.gt_surface_points.uv.shape == (0, 2)
    assert sample.gt_surface_points.labels.dtype == torch.int64


def test_where_the_person_is_reaches_the_metric(make_results):
    known = {'dp_body': np.eye(256, dtype=bool), 'dp_box': np.array([1, 2, 3, 4], np.float32), 'dp_area': 5.0}
    results = PersonAffine((64, 96), test_mode=True)(make_results())
    sample = pack(results | known)[1].to_dict()
    assert all(np.array_equal(sample[key], value) for key, value in known.items())
    assert not known.keys() & set(pack(results)[1].metainfo_keys())


def test_joints_without_targets_in_the_pipeline_teach_nothing(make_results):
    """An empty heatmap beside a joint of weight 1 would teach that nobody has joints."""
    _, sample = pack(PersonAffine((64, 96), test_mode=True)(make_results()), fill_missing=True)
    assert sample.gt_instances.keypoints_visible.sum() == 15
    assert not sample.gt_fields.heatmaps.any()
    assert not sample.gt_instance_labels.keypoint_weights.any()


def test_missing_annotation_is_left_out_otherwise(bare_results):
    _, sample = pack(bare_results)
    assert sample.keys() == []


def test_label_read_after_the_transform_keeps_the_original_size(bare_results, make_results):
    results = bare_results
    results['gt_seg_map'] = make_results()['gt_seg_map']
    assert pack(results)[1].gt_sem_seg.data.shape == (1, 60, 41)


@pytest.mark.parametrize('points', [0, 1])
def test_few_points_pack(make_results, points):
    results = PersonAffine((64, 96), test_mode=True)(make_results(points=points))
    assert len(pack(results)[1].gt_surface_points) == points
