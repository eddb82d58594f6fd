"""From parts of pictures to what the network says of each, in their own pixels.

Axis glossary: C classes, h, w cells of the logits, K joints, S chart resolution.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import torch
from mmengine.structures import InstanceData

from mmspd.anatomy import LABEL_SETS
from mmspd.apis.model_loading import LoadedModel, Variant
from mmspd.datasets.transforms import PersonAffine
from mmspd.geometry import apply_to_boxes, apply_to_points, clip_boxes, scaling
from mmspd.models.inference import prepare_for_inference
from mmspd.models.segmentors import SPDTTAModel
from mmspd.models.segmentors.decoding import joints_in_picture
from mmspd.structures import SPDDataSample
from mmspd.utils.arrays import to_numpy

__all__ = ['Charts', 'Network', 'Window', 'WindowPrediction']

# Averaged logits are kept for this many pixels at most, 21 MB for 20 classes, and read between.
_LARGEST_FRAME: Final = 512 * 512
# Bilinear sampling leaves out pixels of a part of more than this many inputs a side: it is reduced to half of that.
_LARGEST_STRETCH: Final = 4


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a picture to predict.

    Attributes:
        image: uint8 (H, W, 3), BGR.
        box: float64 (4,), the person's box on pixel edges of the part; None: the network looks for itself.
    """

    image: np.ndarray
    box: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Charts:
    """Surface charts over a box.

    Attributes:
        part_logits: float32 (25, S, S).
        uv: float32 (2, 24, S, S), 0..1.
        box: float64 (4,), on pixel edges.
    """

    part_logits: np.ndarray
    uv: np.ndarray
    box: np.ndarray


@dataclass(frozen=True, eq=False)
class WindowPrediction:
    """What the network says of a part of a picture, in its pixels; None for a branch that the model does not have.

    Attributes:
        logits: float32 (C, h, w), covering the part from edge to edge.
        joints: float32 (K, 2).
        joint_scores: float32 (K,).
        charts: Of the surface.
    """

    logits: np.ndarray | None
    joints: np.ndarray | None
    joint_scores: np.ndarray | None
    charts: Charts | None


class Network:
    """A loaded model that predicts parts of pictures.

    Args:
        loaded (LoadedModel): The model.
        fast (bool): Whether to rewrite it by :func:`~mmspd.models.inference.prepare_for_inference`, with the same
            results but for rounding.
    """

    def __init__(self, loaded: LoadedModel, fast: bool = True) -> None:
        self.loaded = loaded
        self.model = prepare_for_inference(loaded.model) if fast else loaded.model
        pose = self.model.pose_head
        # Others say where their cells lie in ways that only whole predictions know.
        self._plain = loaded.grid == self.model.grid == 'edge' and (pose is None or pose.decode == 'peak')

    @torch.inference_mode()
    def predict(self, windows: Sequence[Window], tta: bool = False) -> list[WindowPrediction]:
        """Predict some parts in one pass, or one for each variant of test-time augmentation.

        Args:
            windows (Sequence[Window]): At least one.
            tta (bool): Whether to average over scales and mirror images.

        Returns:
            list[WindowPrediction]: One for each.
        """
        if self._plain and not tta:
            return self._predict_plain(windows)
        if not tta:
            samples = self.model.predict(*self.inputs(windows, (1.0, False)))
        else:  # one after the other: each variant of a window holds logits of its own
            merge = SPDTTAModel(module=self.model).merge_preds
            samples = [merge([self._variants(window)])[0] for window in windows]
        return [_in_window(sample, window) for sample, window in zip(samples, windows, strict=True)]

    def _variants(self, window: Window) -> list[SPDDataSample]:
        """Predictions of all variants of a part."""
        return [self.model.predict(*self.inputs([window], variant))[0] for variant in self.loaded.variants]

    def inputs(self, windows: Sequence[Window], variant: Variant) -> tuple[torch.Tensor, list[SPDDataSample]]:
        """Network inputs of one variant, on the model's device, and samples that know their matrices and boxes."""
        scale, flip = variant
        affine = PersonAffine(self.loaded.input_size, test_mode=True, scale=scale, flip=flip, grid=self.loaded.grid)
        images, samples = [], []
        for window in windows:
            shape = window.image.shape[:2]
            image = _reduced(window.image, self.loaded.input_size)
            results = affine(dict(img=image, ori_shape=image.shape[:2]))
            results['warp_matrix'] @= scaling(image.shape[1] / shape[1], image.shape[0] / shape[0])
            frame = _frame_of(shape)
            to_window = scaling(shape[1] / frame[1], shape[0] / frame[0])
            meta = {key: results[key] for key in ('img_shape', 'flip')}
            meta |= dict(ori_shape=frame, warp_matrix=results['warp_matrix'] @ to_window)
            if self.loaded.labels.name in LABEL_SETS:
                meta['label_set'] = self.loaded.labels.name
            sample = SPDDataSample(metainfo=meta)
            if window.box is not None:
                height, width = results['img_shape']
                box = clip_boxes(apply_to_boxes(results['warp_matrix'], window.box[None]), width, height)
                sample.gt_instance_labels = InstanceData(bboxes=torch.from_numpy(box).float())
            images.append(torch.from_numpy(np.ascontiguousarray(results['img'].transpose(2, 0, 1))))
            samples.append(sample)
        batch = self.model.data_preprocessor(dict(inputs=images, data_samples=samples), False)
        return batch['inputs'], batch['data_samples']

    def _predict_plain(self, windows: Sequence[Window]) -> list[WindowPrediction]:
        """The same as whole predictions give, without enlarging anything."""
        inputs, samples = self.inputs(windows, (1.0, False))
        seg, pose, surface, rois = self.model.answers(inputs, samples)
        size = (inputs.shape[-2], inputs.shape[-1])
        logits = None if seg is None else to_numpy(seg.float())
        predictions = []
        for number, window in enumerate(windows):
            height, width = window.image.shape[:2]
            matrix = scaling(size[1] / width, size[0] / height)
            joints, scores, charts = None, None, None
            if pose is not None:
                found = joints_in_picture(pose[number], matrix, size, self.model.pose_head.sigma)
                joints, scores = found.keypoints[0], found.keypoint_scores[0]
            if surface is not None and rois is not None:
                box = to_numpy(rois[number, 1:].double())
                part_logits, uv = (to_numpy(each[number].float()) for each in surface)
                original = apply_to_boxes(np.linalg.inv(matrix), box[None])[0]
                charts = Charts(part_logits, uv.clip(0, 1), original)
            predictions.append(WindowPrediction(None if logits is None else logits[number], joints, scores, charts))
        return predictions


def _reduced(image: np.ndarray, input_size: tuple[int, int]) -> np.ndarray:
    """A part of a picture, each side at most some times that of the network input, by means of its pixels."""
    width, height = (
        _LARGEST_STRETCH // 2 * allowed if side > _LARGEST_STRETCH * allowed else side
        for side, allowed in zip(image.shape[1::-1], input_size, strict=True)
    )
    if (width, height) == image.shape[1::-1]:
        return image
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _frame_of(shape: tuple[int, int]) -> tuple[int, int]:
    """(H, W) at which whole predictions are made of a part of (H, W): its own, or smaller."""
    factor = min(1.0, (_LARGEST_FRAME / (shape[0] * shape[1])) ** 0.5)
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))


def _in_window(sample: SPDDataSample, window: Window) -> WindowPrediction:
    """A whole prediction, from its frame to the pixels of the part."""
    height, width = window.image.shape[:2]
    frame = sample.metainfo['ori_shape']
    matrix = scaling(width / frame[1], height / frame[0])
    prediction = WindowPrediction(None, None, None, None)
    if 'seg_logits' in sample:
        prediction = replace(prediction, logits=to_numpy(sample.seg_logits.data.float()))
    if 'pred_instances' in sample:
        found = sample.pred_instances
        joints = apply_to_points(matrix, to_numpy(found.keypoints)[0])
        prediction = replace(prediction, joints=joints, joint_scores=to_numpy(found.keypoint_scores)[0])
    if 'pred_surface' in sample:
        found = sample.pred_surface
        box = apply_to_boxes(matrix, to_numpy(found.bboxes[:1].double()))[0]
        charts = Charts(to_numpy(found.part_logits[0]), to_numpy(found.uv[0]), box)
        prediction = replace(prediction, charts=charts)
    return prediction
