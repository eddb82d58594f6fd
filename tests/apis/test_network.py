"""The quick way to predictions against whole predictions, and against what the pipeline and the model give by hand."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmspd.anatomy import JOINT_MIRROR, LABEL_SETS, SURFACE_MIRROR
from mmspd.apis import load_model
from mmspd.apis.assembling import person_of
from mmspd.apis.crops import whole_picture
from mmspd.apis.network import Network, Window
from mmspd.codecs.charts import paste_surface
from mmspd.geometry import apply_to_boxes
from mmspd.registry import TRANSFORMS
from tests.apis.made import VARIANTS, noise, write_model
from tests.models.tiny_jppnet import TINY_JPPNET

BOX = np.array([5.25, 8.2, 41.3, 70.75])


@pytest.fixture(scope='module')
def network(tiny_files):
    return Network(load_model(*tiny_files, 'cpu'), fast=False)


def windows_of(*sizes, box=BOX):
    return [Window(noise(*size, seed=number), box) for number, size in enumerate(sizes)]


def enlarged(logits, size):
    return F.interpolate(torch.from_numpy(logits)[None], size=size, mode='bilinear', align_corners=False)[0].numpy()


def assert_same(one, other, size, atol=1e-4):
    """Two predictions of a window of (H, W), whose logits may be of other sizes."""
    for name in ('logits', 'joints', 'joint_scores', 'charts'):
        assert (getattr(one, name) is None) == (getattr(other, name) is None), name
    if one.logits is not None:
        np.testing.assert_allclose(enlarged(one.logits, size), enlarged(other.logits, size), atol=atol)
    if one.joints is not None:
        np.testing.assert_allclose(one.joints, other.joints, atol=atol * 100)
        np.testing.assert_allclose(one.joint_scores, other.joint_scores, atol=atol)
    if one.charts is not None:
        np.testing.assert_allclose(one.charts.box, other.charts.box, atol=1e-3)
        np.testing.assert_allclose(one.charts.part_logits, other.charts.part_logits, atol=atol)
        np.testing.assert_allclose(one.charts.uv, other.charts.uv, atol=atol)


def by_whole_predictions(network, windows, tta=False):
    other = copy.copy(network)
    other._plain = False
    return other.predict(windows, tta)


@pytest.mark.parametrize('box', [None, BOX])
def test_the_quick_way_equals_whole_predictions(network, box):
    assert network._plain
    sizes = [(80, 50), (72, 61), (300, 43)]
    windows = windows_of(*sizes, box=box)
    quick, whole = network.predict(windows), by_whole_predictions(network, windows)
    for size, one, other in zip(sizes, quick, whole, strict=True):
        assert one.logits.shape[1:] == (8, 6)
        assert other.logits.shape[1:] == size
        assert_same(one, other, size)
    assert len({one.joints.tobytes() for one in quick}) == 3


def test_one_pixel_is_a_window(network):
    quick, whole = (predict([Window(noise(1, 1), None)])[0] for predict in (
        network.predict, lambda windows: by_whole_predictions(network, windows),
    ))  # fmt: skip
    assert_same(quick, whole, (1, 1))
    assert (np.abs(quick.joints) <= 0.5).all()


def test_large_windows_have_a_smaller_frame_and_the_same_result(network, monkeypatch):
    monkeypatch.setattr('mmspd.apis.network._LARGEST_FRAME', 3000)
    window = Window(noise(110, 230), np.array([20.3, 8.2, 190.4, 100.1]))
    quick, whole = network.predict([window])[0], by_whole_predictions(network, [window])[0]
    # 110 x 230 pixels times 3000 / 25300: both sides times 0.344.
    assert whole.logits.shape[1:] == (38, 79)
    np.testing.assert_allclose(enlarged(quick.logits, (38, 79)), whole.logits, atol=1e-4)
    np.testing.assert_allclose(quick.joints, whole.joints, atol=1e-2)
    np.testing.assert_allclose(quick.charts.box, whole.charts.box, atol=1e-3)
    np.testing.assert_allclose(network.predict([window], tta=True)[0].charts.box, window.box, atol=1e-3)


@pytest.mark.parametrize('tta', [False, True])
@pytest.mark.parametrize('box', [None, BOX])
def test_a_batch_gives_what_each_gives_alone(network, tta, box):
    sizes = [(80, 50), (40, 90), (64, 48)]
    windows = windows_of(*sizes, box=None if box is None else np.array([3.0, 4, 40, 38]))
    together = network.predict(windows, tta)
    for window, size, one in zip(windows, sizes, together, strict=True):
        assert_same(one, network.predict([window], tta)[0], size)


def test_rewriting_changes_nothing_but_rounding(tiny_files, network):
    windows = windows_of((80, 50))
    assert_same(
        network.predict(windows)[0], Network(load_model(*tiny_files, 'cpu')).predict(windows)[0], (80, 50), 1e-3
    )


def by_pipeline(files, image, variant=(1.0, False), box=None):
    """The model's prediction of a picture that went through the config's own pipeline, as tools/test.py makes it."""
    loaded = load_model(*files, 'cpu')
    affine, pack = Config.fromfile(files[0]).test_pipeline
    scale, flip = variant
    steps = Compose([TRANSFORMS.build(affine | dict(scale=scale, flip=flip)), TRANSFORMS.build(pack)])
    packed = steps(dict(img=image, ori_shape=image.shape[:2], img_shape=image.shape[:2], label_set='lip'))
    sample = packed['data_samples']
    if box is not None:
        moved = torch.from_numpy(apply_to_boxes(sample.warp_matrix, box[None])).float()
        sample.gt_instance_labels = InstanceData(bboxes=moved)
    batch = loaded.model.data_preprocessor(dict(inputs=[packed['inputs']], data_samples=[sample]))
    with torch.no_grad():
        return loaded.model.predict(**batch)[0]


@pytest.mark.parametrize('box', [None, BOX])
def test_a_person_is_what_testing_with_the_config_gives(tiny_files, network, box):
    image = noise(80, 50)
    want = by_pipeline(tiny_files, image, box=box)
    found = network.predict([Window(image, box)])[0]
    person = person_of(whole_picture((80, 50)), found, LABEL_SETS['lip'], (80, 50))
    assert len(np.unique(person.parsing)) > 1
    assert (person.parsing == want.pred_sem_seg.data[0].numpy()).mean() > 0.999
    np.testing.assert_allclose(person.joints, want.pred_instances.keypoints[0], atol=1e-3)
    np.testing.assert_allclose(person.joint_scores, want.pred_instances.keypoint_scores[0], atol=1e-5)
    surface = want.pred_surface
    pasted = paste_surface(surface.part_logits[0], surface.uv[0], surface.bboxes[0], 80, 50).numpy()
    same = person.iuv[0] == pasted[0]
    assert same.mean() > 0.999
    np.testing.assert_allclose(person.iuv[:, same], pasted[:, same], atol=1e-4)


def test_tta_is_the_mean_of_its_parts(tiny_files, network):
    assert network.loaded.variants == tuple(VARIANTS)
    image = noise(80, 50)
    parts = [by_pipeline(tiny_files, image, variant, BOX) for variant in VARIANTS]
    found = network.predict([Window(image, BOX)], tta=True)[0]
    np.testing.assert_allclose(
        found.logits, np.mean([part.seg_logits.data.numpy() for part in parts], axis=0), atol=1e-4
    )
    charts = [part.pred_surface for part in parts]
    np.testing.assert_allclose(found.charts.box, BOX, atol=1e-3)
    mean = np.mean([chart.part_logits[0].numpy() for chart in charts], axis=0)
    np.testing.assert_allclose(found.charts.part_logits, mean, atol=1e-4)
    # Of the mirrored ones U and V do not count.
    straight = [chart.uv[0].numpy() for chart, (_, flip) in zip(charts, VARIANTS, strict=True) if not flip]
    np.testing.assert_allclose(found.charts.uv, np.mean(straight, axis=0), atol=1e-4)
    assert np.abs(found.logits - parts[0].seg_logits.data.numpy()).max() > 0.01


@pytest.mark.parametrize('box', [None, BOX])
def test_a_mirrored_picture_gives_the_mirrored_result_with_sides_swapped(network, box):
    image = noise(80, 50)
    mirrored_box = None if box is None else np.array([50 - box[2], box[1], 50 - box[0], box[3]])
    straight = network.predict([Window(image, box)], tta=True)[0]
    mirrored = network.predict([Window(np.ascontiguousarray(image[:, ::-1]), mirrored_box)], tta=True)[0]
    np.testing.assert_allclose(mirrored.logits, straight.logits[LABEL_SETS['lip'].mirror][..., ::-1], atol=1e-3)
    joints = straight.joints[JOINT_MIRROR]
    np.testing.assert_allclose(mirrored.joints, np.stack([49 - joints[:, 0], joints[:, 1]], axis=1), atol=0.2)
    np.testing.assert_allclose(mirrored.joint_scores, straight.joint_scores[JOINT_MIRROR], atol=1e-4)
    x1, y1, x2, y2 = straight.charts.box
    np.testing.assert_allclose(mirrored.charts.box, [50 - x2, y1, 50 - x1, y2], atol=1e-3)
    parts = straight.charts.part_logits[SURFACE_MIRROR][..., ::-1]
    np.testing.assert_allclose(mirrored.charts.part_logits, parts, atol=1e-3)
    assert np.abs(straight.logits - straight.logits[..., ::-1]).max() > 0.01


@pytest.mark.parametrize('tta', [False, True])
@pytest.mark.parametrize('missing', ['seg_head', 'pose_head', 'densepose_head'])
def test_a_branch_that_the_model_does_not_have_is_none(tmp_path, missing, tta):
    # A model without segmentation stops at the third stage of its backbone.
    config, checkpoint = write_model(tmp_path, **{missing: None} | _without_seg(missing))
    network = Network(load_model(config, checkpoint, 'cpu'), fast=False)
    windows = windows_of((80, 50))
    found = network.predict(windows, tta)[0]
    names = dict(seg_head='logits', pose_head='joints', densepose_head='charts')
    assert [name for head, name in names.items() if getattr(found, name) is None] == [names[missing]]
    assert_same(found, by_whole_predictions(network, windows, tta)[0], (80, 50))


def _without_seg(missing):
    return dict(backbone=dict(num_stages=3)) if missing == 'seg_head' else {}


def test_a_model_on_tensorflows_grid_is_predicted_as_testing_does(tmp_path):
    jppnet = copy.deepcopy(TINY_JPPNET) | dict(
        grid='corner', data_preprocessor=dict(type='SPDDataPreProcessor', mean=[104.0] * 3, std=[60.0] * 3)
    )
    jppnet['pose_head']['decode'] = 'argmax'
    files = write_model(tmp_path, grid='corner', model=jppnet)
    network = Network(load_model(*files, 'cpu'), fast=False)
    assert not network._plain
    image = noise(80, 50)
    found, want = network.predict([Window(image, None)])[0], by_pipeline(files, image)
    np.testing.assert_allclose(found.logits, want.seg_logits.data.numpy(), atol=1e-4)
    np.testing.assert_array_equal(found.joints, want.pred_instances.keypoints[0])
    assert found.charts is None
    # The quick way would lay the cells elsewhere.
    network._plain = True
    assert np.abs(enlarged(network.predict([Window(image, None)])[0].logits, (80, 50)) - found.logits).max() > 0.01
