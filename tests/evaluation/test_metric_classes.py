import logging
import pickle

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData, PixelData
from PIL import Image

from mmspd.anatomy import JOINTS
from mmspd.evaluation import KeypointMetric, ParsingMetric, SurfacePointMetric
from mmspd.structures import SPDDataSample

NAN = float('nan')


def pixels(values):
    return PixelData(data=torch.tensor(values)[None])


def make_sample(img_id='1_2', annotated=True, **fields):
    """A sample of 2x3 pixels, predicted partly wrong in every task."""
    sample = SPDDataSample(metainfo={'img_id': img_id, 'img_path': f'images/{img_id}.jpg', 'ori_shape': (2, 3)})
    sample.pred_sem_seg = pixels([[0, 1, 1], [0, 0, 13]])
    truth = np.tile(np.arange(16, dtype=np.float32)[None, :, None], (1, 1, 2))
    predicted = truth.copy()
    predicted[0, 0] += (3, 4)
    predicted[0, 9] += (0, 1)
    sample.pred_instances = InstanceData(keypoints=predicted, keypoint_scores=np.ones((1, 16), dtype=np.float32))
    part_logits = torch.zeros(1, 25, 4, 4)
    part_logits[:, 7] = 1
    sample.pred_surface = InstanceData(
        bboxes=torch.tensor([[0.0, 0.0, 3.0, 2.0]]), part_logits=part_logits, uv=torch.full((1, 2, 24, 4, 4), 0.5)
    )
    if annotated:
        sample.gt_sem_seg = pixels([[0, 1, 0], [0, 255, 2]])
        occluded = np.zeros((1, 16), dtype=bool)
        occluded[0, 9] = True
        sample.gt_instances = InstanceData(
            keypoints=truth, keypoints_visible=np.ones((1, 16), dtype=np.float32), keypoints_occluded=occluded
        )
        sample.gt_surface_points = InstanceData(
            points=torch.full((2, 2), 300.0),
            ori_points=torch.tensor([[1.0, 1.0], [0.0, 0.0]]),
            labels=torch.tensor([7, 8]),
            uv=torch.tensor([[0.5, 0.75], [0.25, 0.5]]),
            uv_valid=torch.tensor([True, True]),
        )
    for name, value in fields.items():
        if value is None:
            delattr(sample, name)
        else:
            setattr(sample, name, value)
    return sample


def evaluate(metric, *samples):
    metric.process({}, [sample.to_dict() for sample in samples])
    assert len(metric.results) == len(samples)  # one result a sample, or padded samples would not be dropped
    return metric.evaluate(size=len(samples))


@pytest.mark.parametrize(('scope', 'written'), [('mmspd', ''), ('mmseg', 'mmspd.')])
def test_all_three_through_mmengines_evaluator(scope, written):
    names = ('ParsingMetric', 'KeypointMetric', 'SurfacePointMetric')
    with DefaultScope.overwrite_default_scope(scope):
        evaluator = Evaluator([{'type': written + name} for name in names])
    evaluator.process([make_sample('1'), make_sample('2')])
    metrics = evaluator.evaluate(2)
    # Classes 0, 1, 2, 13 over the two equal images; correct 2, 1, 0, 0; predicted 2, 2, 0, 1; labelled 3, 1, 1, 0.
    assert metrics['dataset/mIoU'] == pytest.approx((2 / 3 + 1 / 2 + 0 + 0) / 4)
    assert metrics['dataset/mPrecision'] == pytest.approx((1 + 1 / 2) / 4)
    assert metrics['image/mRecall'] == pytest.approx((2 / 3 + 1) / 4)
    assert metrics['image_both/mF1'] == pytest.approx((4 / 5 + 2 / 3) / 4)
    assert metrics['dataset/aAcc'] == pytest.approx(3 / 5)
    assert metrics['pose/mED'] == pytest.approx((5 + 1) / 16)
    assert metrics['pose/mED_spd_code'] == pytest.approx(6 / 16)
    assert metrics['pose/mED_visible'] == pytest.approx(5 / 15)
    assert metrics['pose/mED_occluded'] == pytest.approx(1)
    # Torso: joints 13 and 2 at (13, 13), (2, 2): 15.6 px, so 3.1 are allowed. Head: joints 8 and 9: 1.41 px, so 0.7.
    assert metrics['pose/PCK@0.2'] == pytest.approx(15 / 16)
    assert metrics['pose/PCK@0.2_occluded'] == 1
    assert metrics['pose/PCKh@0.5'] == pytest.approx(14 / 16)
    assert metrics['surface/I_accuracy'] == pytest.approx(1 / 2)
    assert metrics['surface/U_error'] == pytest.approx(0.25 / 2)
    assert metrics['surface/V_error'] == pytest.approx(0.25 / 2)
    assert metrics['surface/num_points'] == 4
    assert all(type(value) is float for value in metrics.values())


def test_keys_name_their_protocol():
    metrics = evaluate(ParsingMetric(per_class_keys=True), make_sample())
    assert {key.split('/')[0] for key in metrics} == {'dataset', 'image', 'image_both'}
    assert metrics['dataset/IoU.Background'] == pytest.approx(2 / 3)
    assert metrics['image/F1.Hair'] == 0
    assert metrics['image/Recall.Face'] == 0
    assert np.isnan(metrics['image_both/IoU.Dress'])
    assert metrics['dataset/fgAcc'] == pytest.approx(1 / 2)
    assert len(metrics) == 3 * 4 * 21 + 2


def test_per_joint_keys_and_thresholds():
    metrics = evaluate(KeypointMetric(pck_threshold=0.5, per_joint_keys=True, prefix='joints'), make_sample())
    assert metrics['joints/mED.right_ankle'] == pytest.approx(5)
    assert metrics['joints/PCK@0.5.right_ankle'] == 1
    assert metrics['joints/PCKh@0.5.head_top'] == 0
    assert sum(key.startswith('joints/mED.') for key in metrics) == len(JOINTS)
    assert not any(key.endswith('.left') for key in metrics)


def test_per_side_keys(log):
    metrics = evaluate(KeypointMetric(per_side_keys=True), make_sample())
    # Joint 0, the right ankle, is 5 px off, joint 9, the head top, 1 px and occluded; six joints a side, four centre.
    assert metrics['pose/mED.right'] == pytest.approx(5 / 6)
    assert metrics['pose/mED.left'] == 0
    assert metrics['pose/mED_occluded.centre'] == pytest.approx(1)
    assert np.isnan(metrics['pose/AUC_occluded.left'])
    assert not any(key.endswith('head_top') for key in metrics)
    assert len(metrics) == 6 * 3 * 4 + 3
    (line,) = [each.getMessage() for each in log.records if 'NaN, as no such joint is annotated' in each.getMessage()]
    missing = {key.removeprefix('pose/') for key, value in metrics.items() if np.isnan(value)}
    measures = ('mED', 'mED_torso', 'mED_head', 'PCK@0.2', 'PCKh@0.5', 'AUC')
    assert missing == {f'{measure}_occluded.{side}' for measure in measures for side in ('left', 'right')}
    assert set(line.split(': ')[2].split(', ')) == missing
    for title in ('joints\n', 'joints, visible\n', 'joints, occluded\n'):
        (table,) = [each.getMessage() for each in log.records if each.getMessage().startswith(title)]
        assert [row.split()[1] for row in table.splitlines()[4:-1]] == [*JOINTS, 'right', 'left', 'centre']


def test_without_word_of_occlusion_every_joint_is_visible():
    sample = make_sample()
    del sample.gt_instances.keypoints_occluded
    metrics = evaluate(KeypointMetric(), sample)
    assert metrics['pose/mED_visible'] == metrics['pose/mED'] == pytest.approx(6 / 16)
    assert np.isnan(metrics['pose/mED_occluded'])


def test_class_names_of_the_data_set_are_used(log):
    metric = ParsingMetric(per_class_keys=True)
    metric.dataset_meta = {'classes': ('none', 'some', 'all')}
    sample = make_sample(pred_sem_seg=pixels([[0, 1, 1], [0, 0, 2]]))
    assert evaluate(metric, sample)['image/IoU.all'] == 1
    assert "protocol 'image_both'" in log.text
    assert '| some' in log.text


@pytest.mark.parametrize('metric', [ParsingMetric, KeypointMetric, SurfacePointMetric])
def test_nothing_annotated_is_nan_with_a_warning(metric, log):
    metrics = evaluate(metric(), make_sample(annotated=False), make_sample(annotated=False))
    measured = [v for k, v in metrics.items() if 'num_' not in k and 'excluded' not in k]
    assert measured
    assert np.isnan(measured).all()
    causes = ('nothing annotated', 'no such joint is annotated')
    warned = [record.getMessage() for record in log.records if record.levelno == logging.WARNING]
    assert any(cause in line for cause in causes for line in warned)


def test_a_prediction_that_is_not_a_number_shows_with_a_warning(log):
    sample = make_sample()
    sample.pred_instances.keypoints[0, 3] = NAN
    metrics = evaluate(KeypointMetric(), sample)
    assert np.isnan(metrics['pose/mED'])
    # Wrong for the shares, beside the two joints that are too far off for half a head.
    assert metrics['pose/PCKh@0.5'] == pytest.approx(13 / 16)
    assert (
        'NaN, as a predicted joint is no number: mED, mED_visible, mED_torso, mED_torso_visible, mED_head, ' in log.text
    )
    assert 'mED_spd_code' in log.text
    assert '1 joints are compared with predictions that are no finite numbers: left_hip of 1_2' in log.text


def test_a_missing_length_is_named(log):
    sample = make_sample()
    sample.gt_instances.keypoints_visible[0, 8] = 0  # the upper neck
    metrics = evaluate(KeypointMetric(), sample)
    for key in ('mED_head', 'PCKh@0.5', 'AUC'):
        assert np.isnan(metrics[f'pose/{key}']), key
        assert np.isnan(metrics[f'pose/{key}_occluded']), key
    assert metrics['pose/PCKh@0.5_excluded'] == 1
    assert metrics['pose/mED_torso'] > 0
    assert 'mED_head, PCKh@0.5, AUC leave out 1 persons without a head of known length' in log.text
    assert 'NaN, as nobody with such a joint has a head of known length: mED_head, mED_head_visible' in log.text


def test_samples_without_annotation_count_nothing():
    for metric in (ParsingMetric, KeypointMetric, SurfacePointMetric):
        alone = evaluate(metric(), make_sample())
        assert evaluate(metric(), make_sample(annotated=False), make_sample()) == alone


BRANCHES = [(ParsingMetric, 'pred_sem_seg'), (KeypointMetric, 'pred_instances'), (SurfacePointMetric, 'pred_surface')]


@pytest.mark.parametrize(('metric', 'element'), BRANCHES)
def test_a_model_without_the_branch_has_no_score(metric, element):
    metric = metric()
    metric.process({}, [make_sample(**{element: None}).to_dict()])
    assert metric.results == []
    assert metric.evaluate(1) == {}


@pytest.mark.parametrize(('metric', 'element'), BRANCHES)
def test_a_prediction_that_goes_missing_is_named(metric, element):
    metric = metric()
    metric.process({}, [make_sample().to_dict()])
    with pytest.raises(ValueError, match=rf'images/1_2\.jpg: no {element}'):
        metric.process({}, [make_sample(**{element: None}).to_dict()])


@pytest.mark.parametrize(
    ('fields', 'message'),
    [
        ({'pred_sem_seg': pixels([[0, 1]])}, r'same size, got \(1, 2\) and \(2, 3\)'),
        ({'pred_sem_seg': pixels([[0, 1, 1], [0, 0, 20]])}, r'prediction must hold 0\.\.19'),
        ({'gt_sem_seg': pixels([[0, 1, 1], [0, 0, 20]])}, r'label must hold 0\.\.19 or 255 \(ignored\), found \[20\]'),
    ],
)
def test_wrong_maps_name_the_image(fields, message):
    with pytest.raises(ValueError, match=rf'^images/1_2\.jpg: .*{message}'):
        evaluate(ParsingMetric(), make_sample(**fields))


def test_one_pixel_image():
    sample = make_sample(pred_sem_seg=pixels([[1]]), gt_sem_seg=pixels([[1]]))
    assert evaluate(ParsingMetric(), sample)['dataset/mIoU'] == 1


def test_another_number_of_persons_names_the_image():
    sample = make_sample(pred_instances=InstanceData(keypoints=np.zeros((2, 16, 2))))
    with pytest.raises(ValueError, match=r'images/1_2\.jpg: predicted keypoints must have the shape \(1, 16, 2\)'):
        evaluate(KeypointMetric(), sample)


def surface_of(persons):
    return InstanceData(
        bboxes=torch.zeros(persons, 4),
        part_logits=torch.zeros(persons, 25, 4, 4),
        uv=torch.zeros(persons, 2, 24, 4, 4),
    )


def test_surface_of_nobody_is_background():
    metrics = evaluate(SurfacePointMetric(), make_sample(pred_surface=surface_of(0)))
    assert metrics['surface/I_accuracy'] == 0
    assert metrics['surface/num_outside'] == 2
    assert np.isnan(metrics['surface/U_error'])


def test_surface_of_several_persons_is_refused():
    with pytest.raises(ValueError, match=r'images/1_2\.jpg: pred_surface holds 2 persons'):
        evaluate(SurfacePointMetric(), make_sample(pred_surface=surface_of(2)))


def test_results_are_small():
    # They travel between processes, and are kept for every image.
    for metric in (ParsingMetric(), KeypointMetric(), SurfacePointMetric()):
        metric.process({}, [make_sample().to_dict()])
        assert len(pickle.dumps(metric.results)) < 2000


def test_predictions_are_written_for_submission(tmp_path):
    metric = ParsingMetric(output_dir=str(tmp_path / 'out'), format_only=True)
    assert evaluate(metric, make_sample('7_8', annotated=False)) == {}
    files = list((tmp_path / 'out').iterdir())
    assert [file.name for file in files] == ['7_8.png']  # and nothing unfinished
    with Image.open(files[0]) as image:
        assert image.mode == 'L'
        assert np.asarray(image).tolist() == [[0, 1, 1], [0, 0, 13]]


def test_writing_and_scoring_at_once(tmp_path):
    metrics = evaluate(ParsingMetric(output_dir=str(tmp_path)), make_sample())
    assert metrics['dataset/aAcc'] == pytest.approx(3 / 5)
    assert (tmp_path / '1_2.png').exists()


def test_a_failed_write_leaves_the_older_file(tmp_path, monkeypatch):
    evaluate(ParsingMetric(output_dir=str(tmp_path)), make_sample())
    before = (tmp_path / '1_2.png').read_bytes()

    def fail(self, path, **kwargs):
        path.write_bytes(b'half')
        raise OSError('disk full')

    monkeypatch.setattr(Image.Image, 'save', fail)
    with pytest.raises(OSError, match='disk full'):
        evaluate(ParsingMetric(output_dir=str(tmp_path)), make_sample())
    assert (tmp_path / '1_2.png').read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize('img_id', ['../1', 'a/b', 'a\\b', '..', '', '/etc/1', 'a\0b'])
def test_ids_that_lead_elsewhere_are_refused(tmp_path, img_id):
    metric = ParsingMetric(output_dir=str(tmp_path / 'out'), format_only=True)
    with pytest.raises(ValueError, match='cannot name a file'):
        evaluate(metric, make_sample(img_id))
    assert not list(tmp_path.rglob('*.png'))


@pytest.mark.parametrize(
    ('metric', 'arguments', 'message'),
    [
        (ParsingMetric, {'format_only': True}, 'set output_dir'),
        (ParsingMetric, {'ignore_index': -1}, 'ignore_index must not be negative'),
        (ParsingMetric, {'boundary': 0}, "fraction of the image's diagonal, such as 0.0075, got 0"),
        (ParsingMetric, {'boundary': 3}, 'got 3'),
        (ParsingMetric, {'intervals': 0}, 'number of resamples, such as 1000, got 0'),
        (KeypointMetric, {'pck_threshold': 0}, 'pck_threshold must be positive and finite, got 0'),
        (KeypointMetric, {'pckh_threshold': float('inf')}, 'pckh_threshold must be positive and finite, got inf'),
    ],
)
def test_wrong_arguments_are_refused(metric, arguments, message):
    with pytest.raises(ValueError, match=message):
        metric(**arguments)


@pytest.mark.parametrize('annotated', [True, False])
def test_predicted_pseudo_labels_are_no_truth(annotated):
    sample = make_sample(annotated=annotated)
    sample.set_metainfo({'dp_predicted': True})
    with pytest.raises(
        ValueError, match=r'images/1_2\.jpg: .*predicted pseudo-labels are no truth .*surface_file=None'
    ):
        evaluate(SurfacePointMetric(), sample)
    sample.set_metainfo({'dp_predicted': False})
    assert evaluate(SurfacePointMetric(), sample, make_sample())['surface/num_points'] == (4 if annotated else 2)
