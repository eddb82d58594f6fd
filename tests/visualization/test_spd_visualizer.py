"""The visualizer: registry, mmseg's hook, partial samples, files."""

import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData, PixelData
from mmseg.engine.hooks import SegVisualizationHook

from mmspd.anatomy import JOINTS, LABEL_SETS, PARSING_PALETTE, SAFE_SIDE_COLOURS, SIDE_COLOURS
from mmspd.registry import VISUALIZERS
from mmspd.structures import SPDDataSample
from mmspd.testing import make_batch, make_data_sample
from mmspd.visualization import SPDVisualizer
from mmspd.visualization.contours import U_COLOURS, V_COLOURS
from mmspd.visualization.drawing import PART_COLOURS
from mmspd.visualization.panels import SamplePainter

HEIGHT, WIDTH, CELLS = 90, 60, 8


def predicted(sample: SPDDataSample) -> SPDDataSample:
    """Add predictions that differ from the ground truth."""
    logits = torch.zeros(1, 25, CELLS, CELLS)
    logits[:, 3] = 1
    sample.pred_sem_seg = PixelData(data=torch.full((1, HEIGHT, WIDTH), 7))
    sample.pred_instances = InstanceData(
        keypoints=np.random.default_rng(1).uniform(5, 55, (1, 16, 2)).astype(np.float32),
        keypoint_scores=np.ones((1, 16), np.float32),
    )
    sample.pred_surface = InstanceData(
        bboxes=torch.tensor([[10.0, 10, 40, 80]]), part_logits=logits, uv=torch.full((1, 2, 24, CELLS, CELLS), 0.5)
    )
    return sample


@pytest.fixture
def batch():
    return make_batch(np.random.default_rng(0), 1, HEIGHT, WIDTH)


@pytest.fixture
def sample(batch):
    return predicted(batch['data_samples'][0])


@pytest.fixture
def image(batch):
    """R, G, B."""
    return batch['inputs'][0].flip(0).permute(1, 2, 0).contiguous().numpy()


@pytest.fixture
def painter(image):
    return SamplePainter(image, PARSING_PALETTE, alpha=1.0, keypoint_threshold=0.1)


def test_builds_from_a_config_in_both_scopes(tmp_path):
    config = {'type': 'SPDVisualizer', 'vis_backends': [{'type': 'LocalVisBackend'}], 'save_dir': str(tmp_path)}
    with DefaultScope.overwrite_default_scope('mmspd'):
        assert isinstance(VISUALIZERS.build(dict(config, name='a')), SPDVisualizer)
    with DefaultScope.overwrite_default_scope('mmseg'):
        assert isinstance(VISUALIZERS.build(dict(config, type='mmspd.SPDVisualizer', name='b')), SPDVisualizer)


def test_file_appears_whole_and_alone(tmp_path, image, sample):
    path = tmp_path / 'new' / 'sheet.png'
    visualizer = SPDVisualizer()
    visualizer.add_datasample('x', image, sample, out_file=str(path))
    sheet = visualizer.draw_sheet(image, sample)
    np.testing.assert_array_equal(cv2.imread(str(path))[..., ::-1], sheet)
    assert list(path.parent.iterdir()) == [path]
    # Two rows of 4 panels of 240x360 and a legend beside them.
    assert sheet.shape[0] > 2 * 360
    assert sheet.shape[1] > 4 * 240


@pytest.mark.parametrize(
    ('fields', 'rows', 'columns'),
    [
        ([], 1, 1),
        (['gt_sem_seg'], 1, 2),
        (['gt_sem_seg', 'gt_instances'], 1, 3),
        (['pred_sem_seg', 'gt_instances'], 2, 3),
        (['pred_surface'], 1, 2),
    ],
)
def test_only_what_exists_is_drawn(image, sample, fields, rows, columns):
    part = SPDDataSample()
    for field in fields:
        setattr(part, field, getattr(sample, field))
    sheet = SPDVisualizer().draw_sheet(image, part)
    assert rows == round(sheet.shape[0] / 392)
    assert columns == sheet.shape[1] // 252


def test_nothing_annotated_and_no_sample(image):
    empty = make_data_sample(
        np.random.default_rng(0), HEIGHT, WIDTH, with_parsing=False, with_pose=False, with_surface=False
    )
    visualizer = SPDVisualizer()
    alone = visualizer.draw_sheet(image, None)
    np.testing.assert_array_equal(visualizer.draw_sheet(image, empty), alone)
    np.testing.assert_array_equal(visualizer.draw_sheet(image, SPDDataSample()), alone)


def test_switches(image, sample):
    visualizer = SPDVisualizer()
    both = visualizer.draw_sheet(image, sample)
    truth, prediction = (visualizer.draw_sheet(image, sample, gt, not gt) for gt in (True, False))
    assert truth.shape[0] < both.shape[0]
    assert not np.array_equal(truth[:360, :900], prediction[:360, :900])
    alone = visualizer.draw_sheet(image, sample, draw_gt=False, draw_pred=False)
    np.testing.assert_array_equal(alone, visualizer.draw_sheet(image, None))


def test_parsing_panels_have_the_palettes_colours(painter, sample):
    truth, prediction = painter.ground_truth(sample)['parsing'], painter.prediction(sample)['parsing']
    assert (prediction == PARSING_PALETTE[7]).all()
    label = sample.gt_sem_seg.data[0].numpy()
    centres = truth[2::4, 2::4]  # magnified by 4
    assert len(np.unique(label)) > 4
    np.testing.assert_array_equal(centres[label > 0], np.array(PARSING_PALETTE)[label[label > 0]])


def test_left_is_drawn_in_lefts_colour_where_left_is():
    batch = make_batch(np.random.default_rng(0), 6, HEIGHT, WIDTH)
    checked = 0
    for picture, sample in zip(batch['inputs'], batch['data_samples'], strict=True):
        painter = SamplePainter(picture.flip(0).permute(1, 2, 0).numpy().copy(), PARSING_PALETTE, 1.0, 0.1)
        panel = painter.ground_truth(sample)['pose']
        truth = sample.gt_instances
        for joint, name in enumerate(JOINTS):
            side = name.split('_')[0]
            others = np.delete(truth.keypoints[0], joint, axis=0)
            alone = np.hypot(*(others - truth.keypoints[0, joint]).T).min() > 4
            hidden = truth.keypoints_occluded[0, joint] or not truth.keypoints_visible[0, joint]
            if side not in SIDE_COLOURS or hidden or not alone:
                continue
            x, y = np.rint(4 * truth.keypoints[0, joint] + 1.5).astype(int)
            assert panel[y, x].tolist() == list(SIDE_COLOURS[side])
            checked += 1
    assert checked >= 20


def test_a_joint_is_drawn_at_its_pixels_centre(painter):
    truth = SPDDataSample()
    visible = np.zeros((1, 16), np.float32)
    visible[0, 9] = 1
    truth.gt_instances = InstanceData(keypoints=np.full((1, 16, 2), (20.0, 31.0)), keypoints_visible=visible)
    rows, columns = np.nonzero((painter.ground_truth(truth)['pose'] == SIDE_COLOURS['centre']).all(axis=2))
    # Magnified by 4: pixel 20 becomes 80 to 83.
    np.testing.assert_allclose([columns.mean(), rows.mean()], [81.5, 125.5], atol=0.3)


def test_surface_is_pasted_into_its_box(painter, sample):
    panel = painter.prediction(sample)['surface']
    coloured = (panel != painter.display.image).any(axis=2)
    rows, columns = np.nonzero(coloured)
    assert [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] == [40, 40, 160, 320]
    colour = PART_COLOURS[3].astype(float)
    faded = (colour + (255 - colour) * 0.55 * 0.5) * 0.75  # U = V = 0.5
    np.testing.assert_allclose(panel[200, 100], faded, atol=1)


def test_annotated_points_are_dots(painter, sample):
    points = sample.gt_surface_points
    panel = painter.ground_truth(sample)['surface']
    near = np.zeros(panel.shape[:2], bool)
    for x, y in points.ori_points[points.labels > 0].numpy():
        near[int(4 * y + 1.5) - 6 : int(4 * y + 1.5) + 7, int(4 * x + 1.5) - 6 : int(4 * x + 1.5) + 7] = True
    changed = (panel != painter.display.image).any(axis=2)
    assert changed.any()
    assert not changed[~near].any()


def test_a_label_map_of_another_size_is_refused(image, sample):
    sample.pred_sem_seg = PixelData(data=torch.zeros(1, 5, 5, dtype=torch.long))
    with pytest.raises(ValueError, match=r'size \(90, 60\) of the image is needed, got \(5, 5\)'):
        SPDVisualizer().draw_sheet(image, sample)


def test_wrong_images_are_refused(sample):
    with pytest.raises(ValueError, match='uint8'):
        SPDVisualizer().draw_sheet(np.zeros((HEIGHT, WIDTH, 3)), sample)


def test_dataset_meta_of_a_runner_is_used(image, sample):
    visualizer = SPDVisualizer()
    visualizer.dataset_meta = {'classes': [str(k) for k in range(8)], 'palette': [(k, 2 * k, 201) for k in range(8)]}
    visualizer.alpha = 1.0
    sheet = visualizer.draw_sheet(image, sample, draw_gt=False)
    assert (sheet == (7, 14, 201)).all(axis=2).sum() >= 240 * 360


def test_wrong_arguments():
    with pytest.raises(ValueError, match='alpha'):
        SPDVisualizer(alpha=1.5)
    with pytest.raises(ValueError, match='got 1 classes, 20 colours'):
        SPDVisualizer(classes=['a'])
    assert len(SPDVisualizer(dataset_name='cityscapes').dataset_meta['classes']) == 19


def test_works_with_mmsegs_hook(tmp_path, image, sample):
    path = tmp_path / 'person.jpg'
    cv2.imwrite(str(path), image[..., ::-1])
    sample.set_metainfo({'img_path': str(path)})
    SPDVisualizer.get_instance('hooked', vis_backends=[{'type': 'LocalVisBackend'}], save_dir=str(tmp_path))
    hook = SegVisualizationHook(draw=True, interval=1)
    # The originals number the picture by the runner's step, the continuation by the sample's place in the test.
    hook.after_test_iter(runner=SimpleNamespace(iter=1), batch_idx=0, data_batch={}, outputs=[sample])
    (written,) = (tmp_path / 'vis_data' / 'vis_image').glob('*.png')
    assert written.name == 'test_person.jpg_1.png'
    assert cv2.imread(str(written)).shape[0] > 700


def test_a_model_of_lips_classes_on_atrs_labels_keeps_its_own_colours():
    """Class 12 is LIP's skirt and ATR's left leg; LIP's 19 is none of ATR's."""
    atr = LABEL_SETS['atr']
    visualizer = SPDVisualizer(classes=atr.classes, palette=atr.palette, alpha=1.0)
    sample = SPDDataSample()
    sample.gt_sem_seg = PixelData(data=torch.full((1, 40, 40), 12))
    prediction = torch.full((1, 40, 40), 12)
    prediction[:, 20:] = 19
    sample.pred_sem_seg = PixelData(data=prediction)
    sample.seg_logits = PixelData(data=torch.zeros(20, 40, 40))
    sheet = visualizer.draw_sheet(np.zeros((40, 40, 3), np.uint8), sample)
    colours = {tuple(colour) for colour in sheet.reshape(-1, 3).tolist()}
    assert atr.palette[12] in colours
    assert {PARSING_PALETTE[12], PARSING_PALETTE[19]} <= colours
    sample.seg_logits = PixelData(data=torch.zeros(18, 40, 40))
    sheet = visualizer.draw_sheet(np.zeros((40, 40, 3), np.uint8), sample)
    assert PARSING_PALETTE[19] not in {tuple(colour) for colour in sheet.reshape(-1, 3).tolist()}


def colours_of(sheet):
    codes = np.unique(sheet.astype(np.int64) @ (1 << 16, 1 << 8, 1)).tolist()
    return {(code >> 16, code >> 8 & 255, code & 255) for code in codes}


def test_contours_are_one_more_column(image, sample):
    # U and V grow across the charts, so that there are lines.
    sample.pred_surface.uv = torch.linspace(0, 1, CELLS).expand(1, 2, 24, CELLS, CELLS).contiguous()
    plain, lines = SPDVisualizer().draw_sheet(image, sample), SPDVisualizer(contours=True).draw_sheet(image, sample)
    # The images, titles and panels that were there stay; ground truth has no lines, but a dark panel in their place.
    np.testing.assert_array_equal(lines[: plain.shape[0], : 4 * 252], plain[:, : 4 * 252])
    column = lines[:, 4 * 252 : 5 * 252]
    assert {tuple(colour.tolist()) for colour in (U_COLOURS[4], V_COLOURS[4])} <= colours_of(lines)
    assert (column[30:380, 20:240].astype(int) <= image.max() // 3 + 1).all()
    assert not {tuple(colour) for colour in U_COLOURS.tolist()} & colours_of(plain)


def test_two_persons_surfaces_keep_apart(painter, sample):
    logits = sample.pred_surface.part_logits.repeat(2, 1, 1, 1)
    uv = torch.linspace(0, 1, CELLS).expand(2, 2, 24, CELLS, CELLS).transpose(-1, -2).contiguous()
    boxes = torch.tensor([[10.0, 10, 30, 80], [30, 10, 50, 80]])
    sample.pred_surface = InstanceData(bboxes=boxes, part_logits=logits, uv=uv)
    painter.contours = True
    panels = painter.prediction(sample)
    # Magnified by 4: the border is between the columns 119 and 120; lines end half a pixel, 2 of 4, before.
    lit = (panels['contours'] > painter.display.image // 2 + 8).any(axis=2)
    assert lit[:, 50:110].any(axis=1).sum() > 9
    assert not lit[:, 119:121].any()
    assert (panels['surface'] != painter.display.image).any(axis=2)[40:320, 40:200].all()


def test_the_colour_blind_palette_holds_for_every_data_set(image, sample):
    visualizer = SPDVisualizer(palette='colour_blind', alpha=1.0)
    lip, atr = LABEL_SETS['lip'], LABEL_SETS['atr']
    found = colours_of(visualizer.draw_sheet(image, sample))
    assert lip.safe_palette[7] in found
    assert set(SAFE_SIDE_COLOURS.values()) <= found
    assert not {PARSING_PALETTE[7], SIDE_COLOURS['right']} & found
    # As a Runner sets it.
    visualizer.dataset_meta = {'classes': atr.classes, 'palette': atr.palette}
    assert atr.safe_palette[7] in colours_of(visualizer.draw_sheet(image, sample, draw_gt=False))
    sample.seg_logits = PixelData(data=torch.zeros(20, HEIGHT, WIDTH))
    assert lip.safe_palette[7] in colours_of(visualizer.draw_sheet(image, sample, draw_gt=False))
    named, default = SPDVisualizer(palette='default'), SPDVisualizer()
    np.testing.assert_array_equal(named.draw_sheet(image, sample), default.draw_sheet(image, sample))


def test_unknown_palettes_are_refused():
    with pytest.raises(ValueError, match="one of default, colour_blind, got 'bright'"):
        SPDVisualizer(palette='bright')
    with pytest.raises(ValueError, match='known for the classes of lip, atr, cihp'):
        SPDVisualizer(palette='colour_blind', dataset_name='cityscapes')


def test_weights_and_biases_and_a_folder_get_the_sheet(tmp_path, image, sample, monkeypatch):
    """Through mmengine's own backends; the module that would send it to the service records it."""
    logged = []
    service = SimpleNamespace(
        init=lambda **kwargs: None, Image=lambda picture: picture, log=lambda entry, commit: logged.append(entry)
    )
    monkeypatch.setitem(sys.modules, 'wandb', service)
    with DefaultScope.overwrite_default_scope('mmspd'):
        config = dict(
            type='SPDVisualizer', name='recorded', save_dir=str(tmp_path), contours=True, palette='colour_blind',
            vis_backends=[dict(type='WandbVisBackend'), dict(type='LocalVisBackend')],
        )  # fmt: skip
        visualizer = VISUALIZERS.build(config)
    visualizer.add_datasample('person', image, sample, step=7)
    ((name, sheet),) = logged[0].items()
    assert name == 'person'
    assert sheet.dtype == np.uint8
    np.testing.assert_array_equal(sheet, visualizer.draw_sheet(image, sample))
    (written,) = (tmp_path / 'vis_data' / 'vis_image').glob('*.png')
    assert written.name == 'person_7.png'
    np.testing.assert_array_equal(cv2.imread(str(written))[..., ::-1], sheet)


def test_tensorboard_gets_the_sheet(tmp_path, image, sample):
    events = pytest.importorskip('tensorboard.backend.event_processing.event_accumulator')
    visualizer = SPDVisualizer(vis_backends=[dict(type='TensorboardVisBackend')], save_dir=str(tmp_path))
    visualizer.add_datasample('person', image, sample, step=3)
    visualizer.close()
    log = events.EventAccumulator(str(tmp_path / 'vis_data'), size_guidance={events.IMAGES: 0}).Reload()
    (entry,) = log.Images('person')
    sheet = cv2.imdecode(np.frombuffer(entry.encoded_image_string, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert entry.step == 3
    np.testing.assert_array_equal(sheet, visualizer.draw_sheet(image, sample))


@pytest.mark.parametrize('size', [(1, 1), (1, 2000), (2000, 1), (30, 40), (900, 1400)])
def test_sheets_of_pictures_of_any_size_have_text(size):
    picture = np.zeros((*size, 3), np.uint8)
    sample = SPDDataSample()
    sample.pred_sem_seg = PixelData(data=torch.full((1, *size), 5))
    sheet = SPDVisualizer().draw_sheet(picture, sample)
    # Titles stand on paper above panels of 360 to 720 pixels: 20 pixels high, whatever the picture's size.
    assert (sheet[6:26, 6:60] < 128).any()
    assert 360 <= max(sheet.shape) <= 1700
    assert (sheet == PARSING_PALETTE[5]).all(axis=2).sum() >= 100, 'no legend'
