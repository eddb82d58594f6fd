"""``GPSMetric`` on data samples."""

import logging
import math
import pickle

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData

from mmspd.evaluation import GPSMetric
from mmspd.evaluation.functional.surface_reading import map_of_charts
from mmspd.structures import SPDDataSample
from mmspd.surface import BODY_SURFACE, body_surface, body_table, charts_to_vertices
from tests.surface.fake_assets import write_assets

KEYS = ('AP', 'AP50', 'AP75', 'APm', 'APl', 'AR', 'AR50', 'AR75', 'ARm', 'ARl')


def make_sample(number=0, **meta):
    """A person of 40x60 pixels, part 7 on the left and 8 on the right half; four points count, two do not."""
    sample = SPDDataSample(metainfo={'img_path': f'images/{number}.jpg', 'ori_shape': (60, 40)})
    sample.set_metainfo({'dp_surface': BODY_SURFACE} | meta)
    part_logits = torch.zeros(1, 25, 4, 4)
    part_logits[:, 7, :, :2] = 5
    part_logits[:, 8, :, 2:] = 5
    sample.pred_surface = InstanceData(
        bboxes=torch.tensor([[0.0, 0.0, 40.0, 60.0]]), part_logits=part_logits, uv=torch.full((1, 2, 24, 4, 4), 0.5)
    )
    sample.gt_surface_points = InstanceData(
        ori_points=torch.tensor([[5.0, 10.0], [5.0, 40.0], [35.0, 10.0], [90.0, 10.0], [5.0, 5.0], [5.0, 9.0]]),
        labels=torch.tensor([7, 7, 9, 1, 0, 7]),
        uv=torch.tensor([[0.5, 0.5], [0.1, 0.9], [0.5, 0.5], [0.5, 0.5], [0.0, 0.0], [0.5, 0.5]]),
        uv_valid=torch.tensor([True, True, True, True, True, False]),
    )
    return sample


def expected_similarities(k):
    """Of the four points: distances on the body between what is labelled and what is predicted there."""
    parts, uv = np.array([7, 7, 9]), np.array([[0.5, 0.5], [0.1, 0.9], [0.5, 0.5]])
    labelled = charts_to_vertices(body_surface(), parts, uv)
    predicted = charts_to_vertices(body_surface(), np.array([7, 7, 8]), np.full((3, 2), 0.5))
    distances = body_table().between(labelled, predicted).astype(float)
    return [*np.exp(-(distances**2) / (2 * k**2)), 0.0]  # the last point lies outside the box


def body_mask():
    mask = np.zeros((256, 256), dtype=bool)
    mask[:, :128] = True
    return mask


def evaluate(metric, *samples):
    metric.process({}, [sample.to_dict() for sample in samples])
    assert len(metric.results) == len(samples)  # one result a sample, or padded samples would not be dropped
    return metric.evaluate(size=len(samples))


@pytest.mark.parametrize(('scope', 'written'), [('mmspd', ''), ('mmseg', 'mmspd.')])
def test_through_mmengines_evaluator(scope, written):
    with DefaultScope.overwrite_default_scope(scope):
        evaluator = Evaluator([{'type': f'{written}GPSMetric'}])
    evaluator.process([make_sample(1), make_sample(2)])
    metrics = evaluator.evaluate(2)
    similarities = expected_similarities(0.237)
    assert similarities[0] == 1
    assert 0.3 < similarities[1] < 0.9
    assert metrics['gps/GPS'] == pytest.approx(np.mean(similarities), rel=1e-6)
    assert metrics['gps/num_persons'] == 2
    assert all(type(value) is float for value in metrics.values())


def test_keys_with_and_without_masks_and_areas(log):
    assert evaluate(GPSMetric(), make_sample()).keys() == {
        f'gps/{key}' for key in ('GPS', 'num_persons', *KEYS) if key[-1] not in 'ml'
    }
    assert 'GPSm is left out, as 1 of 1 persons come without masks' in log.text
    assert 'APl, ARm, ARl are left out, as the area of 1 of 1 persons is unknown' in log.text
    known = {'dp_body': body_mask(), 'dp_box': np.array([0.0, 0.0, 40.0, 60.0]), 'dp_area': 5000.0}
    metrics = evaluate(GPSMetric(), make_sample(**known))
    assert metrics.keys() == {'gps/GPS', 'gps/num_persons', 'gpsm/GPSm'} | {
        f'{group}/{key}' for group in ('gps', 'gpsm') for key in KEYS
    }
    # The predicted body covers the box, the annotated one half of it; the box has 2,400 pixels.
    assert metrics['gpsm/GPSm'] == pytest.approx(math.sqrt(metrics['gps/GPS'] / 2))
    assert metrics['gps/APm'] == metrics['gps/AP']
    assert math.isnan(metrics['gps/APl'])
    assert 'gps/APl is NaN, as no person of 96^2 pixels or more' in log.text
    mixed = evaluate(GPSMetric(), make_sample(**known), make_sample())
    assert not any(key.startswith('gpsm') for key in mixed)


def test_parts_and_fixed_scale(log):
    metrics = evaluate(GPSMetric(scale=0.255, per_part_keys=True), make_sample())
    similarities = expected_similarities(0.255)
    assert metrics['gps@0.255/GPS'] == pytest.approx(np.mean(similarities), rel=1e-6)
    assert metrics['gps@0.255/GPS.Torso'] == 0
    assert metrics['gps@0.255/GPS.UpperLegRight'] == pytest.approx(np.mean(similarities[:3]), rel=1e-6)
    assert math.isnan(metrics['gps@0.255/GPS.Head'])
    assert 'gps@0.255/GPS.Head' in log.text
    assert 'GPS, read from charts' in log.text


def test_pixels_and_charts_read_different_places():
    # U falls and V grows steeply within each pixel of a box that begins at half a pixel.
    ramp = (torch.arange(4) + 0.5) / 4
    sample = make_sample()
    sample.pred_surface.bboxes = torch.tensor([[0.5, 0.5, 4.9, 4.9]])
    sample.pred_surface.uv = torch.stack([1 - ramp.expand(24, 4, 4), ramp.expand(24, 4, 4)])[None]
    truth = sample.gt_surface_points[:1]
    truth.ori_points = torch.tensor([[0.2, 1.0]])
    # 0.7 of 4.4 pixels on pixel edges, in the first half cell and a little; as a map, the first of 4 pixels.
    for reading, u in (('charts', 1 - 0.7 / 4.4), ('pixels', int(0.875 * 255) / 255)):
        truth.uv = torch.tensor([[u, 1 - u]])
        sample.gt_surface_points = truth
        assert evaluate(GPSMetric(reading=reading), sample)['gps/GPS'] == 1, reading
        truth.uv = torch.tensor([[1 - u, u]])
        assert evaluate(GPSMetric(reading=reading), sample)['gps/GPS'] < 1
    # Part of the first pixel for a map, left of the box for charts; and within the box, but beyond its whole pixels.
    for place, in_charts, in_map in ((-0.1, False, True), (4.3, True, True), (4.5, False, False)):
        truth.ori_points = torch.tensor([[place, 1.0]])
        assert (evaluate(GPSMetric(), sample)['gps/GPS'] > 0) == in_charts, place
        assert (evaluate(GPSMetric(reading='pixels'), sample)['gps/GPS'] > 0) == in_map, place


def test_maps_are_read_as_the_charts_that_they_were_drawn_from():
    known = {'dp_body': body_mask(), 'dp_box': np.array([0.0, 0.0, 40.0, 60.0])}
    from_charts, from_map = make_sample(1, **known), make_sample(2, **known)
    for sample in (from_charts, from_map):
        sample.pred_surface.part_logits[:, 0, 3] = 9  # background at the bottom
    box, charts = torch.tensor([0.0, 0.0, 40.0, 60.0]), from_map.pred_surface[0]
    prediction = {
        'map_boxes': box[None].numpy(), 'scores': np.array([0.7]),
        'maps': [map_of_charts(charts.part_logits[0], charts.uv[0], box)],
    }  # fmt: skip
    expected = evaluate(GPSMetric(reading='pixels'), from_charts)
    assert 0 < expected['gps/GPS'] < 1
    # The annotated body is the left half of the box.
    body = prediction['maps'][0][0] > 0
    overlap = body[:, :20].sum() / (body[:, 20:].sum() + 60 * 20)
    assert 0.3 < overlap < 0.45
    assert expected['gpsm/GPSm'] == pytest.approx(math.sqrt(expected['gps/GPS'] * overlap))
    metric = GPSMetric(reading='pixels')
    metric.process({}, [from_map.to_dict() | {'pred_surface': prediction}])
    assert metric.evaluate(1) == pytest.approx(expected, abs=0, nan_ok=True)
    unscored = {name: value for name, value in prediction.items() if name != 'scores'}
    for reading, given in (('charts', prediction), ('pixels', unscored)):
        with pytest.raises(ValueError, match=r"images/2\.jpg: .* need reading='pixels', and scores"):
            GPSMetric(reading=reading).process({}, [from_map.to_dict() | {'pred_surface': given}])


def test_a_record_says_how_it_was_measured():
    counted, empty = make_sample(1), make_sample(2)
    empty.gt_surface_points = empty.gt_surface_points[:0]
    fixed = GPSMetric(scale=0.255, reading='pixels')
    metrics = evaluate(fixed, empty, counted)
    assert fixed.details['ids'].tolist() == ['1']
    assert fixed.details['gps'].tolist() == [metrics['gps@0.255/GPS']]
    assert (fixed.details['scale'].item(), fixed.details['reading'].item()) == (0.255, 'pixels')
    assert fixed.details.keys() == {'ids', 'gps', 'scale', 'reading'}
    per_part = GPSMetric()
    metrics = evaluate(per_part, make_sample(3, dp_body=body_mask(), dp_box=np.array([0.0, 0.0, 40.0, 60.0])))
    assert per_part.details['gpsm'].tolist() == [metrics['gpsm/GPSm']]
    assert math.isnan(per_part.details['scale'].item())
    assert per_part.details['reading'].item() == 'charts'


def test_official_files(tmp_path):
    write_assets(tmp_path / 'assets')
    samples = [make_sample(number, dp_surface=None) for number in range(2)]
    metrics = evaluate(GPSMetric(surface=str(tmp_path / 'assets'), copies=str(tmp_path / 'copy')), *samples)
    assert 0 < metrics['gps/GPS'] < 1
    assert (tmp_path / 'copy' / 'Pdist_matrix.mapped' / 'distances.json').exists()
    assert len(list((tmp_path / 'assets').iterdir())) == 3
    with pytest.raises(ValueError, match=r'images/0\.jpg: its surface points are of mmspd_body, but .* on densepose'):
        evaluate(GPSMetric(surface=str(tmp_path / 'assets')), make_sample())
    with pytest.raises(ValueError, match=r'are of a surface without name, but .* on mmspd_body'):
        evaluate(GPSMetric(surface=BODY_SURFACE), *samples)


def test_surfaces_without_distances_are_named_once(log):
    other, metric = make_sample(dp_surface='somebody'), GPSMetric()
    assert evaluate(metric, other) == {}
    assert '1 persons are not measured' in log.text
    assert '(somebody)' in log.text
    assert 'into a folder and name it in assets' in log.text
    log.clear()
    assert evaluate(metric, other) == {}
    assert log.text == ''
    assert evaluate(GPSMetric(), other, make_sample())['gps/num_persons'] == 1


def test_assets_serve_densepose_and_may_be_missing(tmp_path, log):
    unnamed = make_sample(dp_surface=None)
    metric = GPSMetric(assets=str(tmp_path / 'assets'))
    assert evaluate(metric, unnamed) == {}
    assert "(without name). For DensePose-COCO's, put the files of its evaluation into" in log.text
    assert f'into {tmp_path}/assets' in log.text
    body = evaluate(GPSMetric(assets=str(tmp_path / 'assets')), make_sample())
    assert body == evaluate(GPSMetric(), make_sample())
    write_assets(tmp_path / 'assets')
    metric = GPSMetric(assets=str(tmp_path / 'assets'))
    on_densepose = evaluate(metric, unnamed)
    assert on_densepose == evaluate(GPSMetric(surface=str(tmp_path / 'assets')), unnamed)
    assert on_densepose['gps/GPS'] != body['gps/GPS']
    assert evaluate(metric, make_sample()) == body
    assert evaluate(metric, make_sample(dp_surface='somebody')) == {}
    (tmp_path / 'assets' / 'SMPL_subdiv.mat').unlink()
    with pytest.raises(FileNotFoundError, match=r'SMPL_subdiv\.mat: no such file'):
        GPSMetric(assets=str(tmp_path / 'assets'))


def test_no_warning_of_a_prefix(log):
    assert GPSMetric().prefix == ''
    assert 'prefix' not in log.text


def test_persons_without_points_are_not_counted(log):
    def without(sample):
        del sample.gt_surface_points
        return sample

    empty = make_sample()
    empty.gt_surface_points = empty.gt_surface_points[:0]
    background = make_sample()
    background.gt_surface_points = background.gt_surface_points[4:]
    nobody = [without(make_sample()), empty, background]
    assert evaluate(GPSMetric(), make_sample(), *nobody) == evaluate(GPSMetric(), make_sample())
    metrics = evaluate(GPSMetric(), *nobody)
    assert metrics.pop('gps/num_persons') == 0
    assert np.isnan(list(metrics.values())).all()
    warned = [record.getMessage() for record in log.records if record.levelno == logging.WARNING]
    for key in metrics:
        assert any(f'{key} is NaN, as no person' in line for line in warned), key


def test_nobody_predicted_is_a_miss():
    sample = make_sample(dp_body=body_mask(), dp_box=np.array([0.0, 0.0, 40.0, 60.0]))
    sample.pred_surface = sample.pred_surface[:0]
    metrics = evaluate(GPSMetric(), sample)
    assert metrics['gps/GPS'] == metrics['gpsm/GPSm'] == metrics['gps/AR'] == metrics['gps/AP'] == 0
    assert metrics['gps/num_persons'] == 1


@pytest.mark.parametrize('annotated', [True, False])
def test_predicted_pseudo_labels_are_no_truth(annotated):
    sample = make_sample(dp_predicted=True)
    if not annotated:
        del sample.gt_surface_points
    with pytest.raises(ValueError, match=r'images/0\.jpg: .*predicted pseudo-labels are no truth'):
        evaluate(GPSMetric(), sample)


@pytest.mark.parametrize('field', ['bboxes', 'part_logits', 'uv'])
@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
def test_predictions_that_are_not_finite_name_the_image(field, value):
    sample = make_sample()
    sample.pred_surface[field].view(-1)[3] = value
    with pytest.raises(ValueError, match=rf'images/0\.jpg: pred_surface\.{field} holds NaN or infinity'):
        evaluate(GPSMetric(), sample)


def test_a_score_that_is_no_number_names_the_image():
    sample = make_sample()
    sample.pred_surface.scores = torch.tensor([float('nan')])
    with pytest.raises(ValueError, match=r'images/0\.jpg: pred_surface\.scores holds nan'):
        evaluate(GPSMetric(), sample)


def test_several_persons_and_missing_predictions_are_refused():
    sample = make_sample()
    sample.pred_surface = InstanceData.cat([sample.pred_surface, sample.pred_surface])
    with pytest.raises(ValueError, match=r'images/0\.jpg: pred_surface holds 2 persons'):
        evaluate(GPSMetric(), sample)
    without = make_sample()
    del without.pred_surface
    metric = GPSMetric()
    assert evaluate(metric, make_sample())
    with pytest.raises(ValueError, match='no pred_surface, which earlier samples have'):
        metric.process({}, [make_sample().to_dict(), without.to_dict()])
    metric = GPSMetric()
    metric.process({}, [without.to_dict()])
    assert metric.evaluate(1) == {}


@pytest.mark.parametrize(
    ('arguments', 'error', 'message'),
    [
        ({'scale': 0}, ValueError, 'scale must be positive metres'),
        ({'scale': float('nan')}, ValueError, 'scale must be positive metres'),
        ({'reading': 'map'}, ValueError, 'reading must be one of'),
        ({'surface': BODY_SURFACE, 'assets': 'nowhere'}, ValueError, 'give surface or assets, not both'),
        ({'surface': 'nowhere'}, FileNotFoundError, 'nowhere: no such folder'),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        GPSMetric(**arguments)


def test_scores_order_the_precision():
    def scored(number, score, outside):
        sample = make_sample(number, dp_area=1500.0)
        sample.pred_surface.scores = torch.tensor([score])
        if outside:
            sample.pred_surface.bboxes = sample.pred_surface.bboxes + 500
        else:
            sample.gt_surface_points = sample.gt_surface_points[:1]
        return sample

    right_first = evaluate(GPSMetric(), scored(0, 0.2, True), scored(1, 0.9, False))
    wrong_first = evaluate(GPSMetric(), scored(0, 0.9, True), scored(1, 0.2, False))
    # Half of the persons: recalls 0 to 0.5, 51 of 101, at a precision of 1 or 1 / 2.
    assert right_first['gps/AP'] == pytest.approx(51 / 101)
    assert wrong_first['gps/AP'] == pytest.approx(51 / 101 / 2)
    # The wrong prediction's box has 2,400 pixels, medium as the person: it counts there too.
    assert wrong_first['gps/APm'] == wrong_first['gps/AP']


def test_results_are_small():
    metric = GPSMetric()
    metric.process({}, [make_sample(dp_body=body_mask(), dp_box=np.array([0.0, 0.0, 40.0, 60.0])).to_dict()])
    assert len(pickle.dumps(metric.results)) < 2000  # they travel between processes, and are kept for every image
