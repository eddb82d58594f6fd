"""TensorFlow 1's grid: where cells lie, against values worked out by hand and a resize in numpy."""

import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData

from mmspd.anatomy import JOINT_MIRROR
from mmspd.datasets.transforms.geometry import PersonAffine, person_matrix
from mmspd.models import SPDTTAModel
from mmspd.models.segmentors.corner_grid import cells_to_input, enlarge_nearest, largest_pixels, require_whole_picture
from mmspd.models.segmentors.decoding import enlarge_logits, joints_in_picture, set_joints, set_parsing, upright_matrix
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample
from tests.models.tiny import tiny_spd


def resize(image, size):
    """Bilinear resize of (H, W, C) without half pixels, written anew: output i reads input i * in / out."""
    for axis, length in enumerate(size):
        places = np.arange(length) * image.shape[axis] / length
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, image.shape[axis] - 1)
        share = (places - low).reshape([-1 if each == axis else 1 for each in range(3)])
        image = np.take(image, low, axis) * (1 - share) + np.take(image, high, axis) * share
    return image


def sample_of(original, input_size, flip):
    matrix = person_matrix(original, input_size[::-1], flip=flip, grid='corner')
    return SPDDataSample(metainfo=dict(ori_shape=original, img_shape=input_size, flip=flip, warp_matrix=matrix))


def test_cells_lie_on_every_eighth_pixel_and_from_the_other_end_when_mirrored():
    x = {flip: (cells_to_input((48, 48), (384, 384), flip) @ [[0, 47], [2, 2], [1, 1]])[:2] for flip in (False, True)}
    np.testing.assert_allclose(x[False], [[0, 376], [16, 16]])
    np.testing.assert_allclose(x[True], [[7, 383], [16, 16]])


@pytest.mark.parametrize('size', [(7, 5), (12, 17), (3, 2)])
@pytest.mark.parametrize('flip', [False, True])
def test_the_picture_is_mirrored_then_resized(size, flip):
    image = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    step = PersonAffine(size=size[::-1], test_mode=True, flip=flip, grid='corner')
    result = step.transform(dict(img=image, ori_shape=(6, 9)))
    assert result['img'].dtype == np.float32
    want = resize((image[:, ::-1] if flip else image).astype(float), size)
    # OpenCV 4 reads at the nearest 1/32 pixel: off by 1/64 of a step of at most 255, along each axis.
    coarse = int(cv2.__version__.split('.')[0]) < 5
    np.testing.assert_allclose(result['img'], want, atol=2 * 255 / 64 if coarse else 0.01)


def test_training_crops_from_the_same_grid():
    matrix = person_matrix((10, 20), (40, 30), (3, -2), grid='corner')
    np.testing.assert_allclose(matrix, [[2, 0, -3], [0, 3, 2], [0, 0, 1]])
    turned = person_matrix((10, 20), (40, 30), degrees=180, flip=True, grid='corner')
    np.testing.assert_allclose(turned, [[2, 0, 0], [0, -3, 27], [0, 0, 1]], atol=1e-12)


@pytest.mark.parametrize('original', [(13, 7), (40, 61), (16, 24)])
@pytest.mark.parametrize('flip', [False, True])
def test_logits_come_back_as_a_resize_of_the_map(original, flip):
    logits = torch.from_numpy(np.random.default_rng(1).standard_normal((3, 4, 6)).astype(np.float32))
    sample = sample_of(original, (32, 48), flip)
    set_parsing(sample, logits, (32, 48), 'corner')
    want = resize(logits.permute(1, 2, 0).double().numpy(), original)
    want = want[:, ::-1] if flip else want
    np.testing.assert_allclose(sample.seg_logits.data.permute(1, 2, 0), want, atol=1e-5)


def test_logits_of_the_input_come_back_likewise():
    logits = torch.from_numpy(np.random.default_rng(1).standard_normal((2, 3, 4, 6)).astype(np.float32))
    enlarged = enlarge_logits(logits, (29, 41), 'corner')
    want = resize(logits[1].permute(1, 2, 0).double().numpy(), (29, 41))
    np.testing.assert_allclose(enlarged[1].permute(1, 2, 0), want, atol=1e-5)


def test_nearest_repeats_cells():
    row = torch.tensor([[[1.0, 2.0, 3.0]]])
    assert enlarge_nearest(row, (1, 7), False).flatten().tolist() == [1, 1, 1, 2, 2, 3, 3]
    # The mirrored map 3, 2, 1 is enlarged to 3, 3, 3, 2, 2, 1, 1 and turned back.
    assert enlarge_nearest(row, (1, 7), True).flatten().tolist() == [1, 1, 2, 2, 3, 3, 3]
    assert enlarge_nearest(row, (2, 2), False).tolist() == [[[1, 2], [1, 2]]]


def test_the_first_of_equal_pixels_is_the_joint():
    heatmaps = torch.zeros(2, 4, 5)
    heatmaps[0, 2, 1:3] = heatmaps[0, 3, 0] = 0.5
    joints = largest_pixels(heatmaps)
    assert joints.keypoints.tolist() == [[[1, 2], [0, 0]]]
    assert joints.keypoint_scores.tolist() == [[0.5, 0]]


@pytest.mark.parametrize(('decode', 'atol'), [('argmax', 0), ('peak', 0.02)])
@pytest.mark.parametrize('flip', [False, True])
def test_joints_lie_on_their_cells(decode, atol, flip):
    # Cell (4, 3) of 12 x 12 lies at (4 * 30 / 12, 3 * 60 / 12) = (10, 15), in the mirrored picture if there is one.
    ys, xs = np.mgrid[:12, :12]
    peak = np.exp(-((xs - 4) ** 2 + (ys - 3) ** 2) / 8).astype(np.float32)
    sample = sample_of((60, 30), (96, 96), flip)
    set_joints(sample, torch.from_numpy(np.repeat(peak[None], 16, 0)), (96, 96), 2, 'corner', decode)
    # A block of 30 / 12 = 2.5 columns: of the mirrored pixels 10, 11, 12 the last is the first in the picture.
    x = 10 if not flip else 29 - (12 if decode == 'argmax' else 10)
    np.testing.assert_allclose(sample.pred_instances.keypoints[0], [[x, 15]] * 16, atol=atol)


def tta_model(decode):
    torch.manual_seed(0)
    model = tiny_spd(densepose_head=None, pose_head=dict(decode=decode)) | dict(grid='corner')
    return SPDTTAModel(MODELS.build(model)).eval()


def variants(image, original):
    """Inputs of 64, 48 and 80 pixels of (H, W, 3), mirrored and not."""
    inputs, samples = [], []
    for side in (64, 48, 80):
        for flip in (False, True):
            stretched = resize(image[:, ::-1] if flip else image, (side, side))
            inputs.append([torch.from_numpy(stretched).permute(2, 0, 1).float()])
            samples.append([sample_of(original, (side, side), flip)])
    return dict(inputs=inputs, data_samples=samples)


def test_test_time_augmentation_averages_enlarged_heatmaps():
    model, original = tta_model('argmax'), (37, 22)
    data = variants(np.random.default_rng(2).uniform(0, 255, (*original, 3)), original)
    merged = model.test_step(data)[0]
    sums = np.zeros((*original, 16))
    for (inputs,), (sample,) in zip(data['inputs'], data['data_samples'], strict=True):
        batch = model.module.data_preprocessor(dict(inputs=[inputs]), False)['inputs']
        with torch.no_grad():
            heatmaps = model.module(batch, mode='tensor').pose[-1][0].permute(1, 2, 0).double().numpy()
        rows, columns = (np.arange(length) * len(heatmaps) // length for length in original)
        enlarged = heatmaps[rows][:, columns]
        sums += enlarged[:, ::-1][..., JOINT_MIRROR] if sample.flip else enlarged
    for joint in range(16):
        y, x = np.unravel_index(sums[..., joint].argmax(), original)
        assert merged.pred_instances.keypoints[0, joint].tolist() == [x, y]
        assert merged.pred_instances.keypoint_scores[0, joint] == pytest.approx(sums[y, x, joint] / 6, abs=1e-5)


@pytest.mark.parametrize('first', [0, 1])
def test_peaks_of_every_variant_meet_in_the_first_ones_cells(first):
    model, original = tta_model('peak'), (37, 22)
    samples = [each[0] for each in variants(np.zeros((*original, 3)), original)['data_samples']]
    for sample in samples:
        side = sample.img_shape[0]
        to_cells = np.linalg.inv(cells_to_input((side // 8, side // 8), (side, side), sample.flip))
        x, y = (to_cells @ upright_matrix(sample.metainfo, (side, side)) @ [9, 17, 1])[:2]
        ys, xs = np.mgrid[: side // 8, : side // 8]
        peak = np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 8).astype(np.float32)
        sample.pred_fields = PixelData(heatmaps=torch.from_numpy(np.repeat(peak[None], 16, 0)))
    # Those of one size and mirroring differ in nothing; of others the resampling costs a little.
    merged = model.merge_preds([samples[first:] + samples[:first]])[0]
    np.testing.assert_allclose(merged.pred_instances.keypoints[0], [[9, 17]] * 16, atol=0.3)


def test_argmax_needs_the_whole_picture():
    require_whole_picture(person_matrix((60, 30), (96, 80)), (60, 30), (80, 96))
    require_whole_picture(person_matrix((60, 30), (96, 80), flip=True, grid='corner'), (60, 30), (80, 96))
    with pytest.raises(ValueError, match="decode='peak'"):
        require_whole_picture(person_matrix((60, 30), (96, 80), (10, 0)), (60, 30), (80, 96))
    with pytest.raises(ValueError, match='whole picture'):
        require_whole_picture(person_matrix((60, 30), (60, 80)), (60, 30), (80, 96))


def test_unknown_switches_are_refused():
    with pytest.raises(ValueError, match='grid'):
        MODELS.build(tiny_spd() | dict(grid='centre'))
    with pytest.raises(ValueError, match='decode'):
        MODELS.build(tiny_spd(pose_head=dict(decode='mean')))
    with pytest.raises(ValueError, match='grid'):
        PersonAffine(size=(8, 8), grid='centre')
    with pytest.raises(ValueError, match='grid'):
        person_matrix((8, 8), (8, 8), grid='centre')


def test_the_grids_differ_by_half_a_cell_in_the_middle():
    heatmaps = torch.zeros(16, 12, 12)
    heatmaps[:, 6, 6] = 1
    corner = joints_in_picture(heatmaps, np.eye(3), (96, 96), 2, 'corner').keypoints[0, 0]
    np.testing.assert_allclose(corner, [48, 48], atol=1e-6)
    np.testing.assert_allclose(joints_in_picture(heatmaps, np.eye(3), (96, 96)).keypoints[0, 0], 6 * 95 / 11, atol=1e-3)
