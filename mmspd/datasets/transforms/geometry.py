"""The one geometric transform: stretch, rotation, mirroring and crop as one matrix, applied once to everything."""

import logging
from functools import cache
from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from mmspd.anatomy import IGNORE_LABEL, JOINT_MIRROR, SURFACE_MIRROR, label_set
from mmspd.geometry import (
    GRIDS,
    apply_to_boxes,
    apply_to_points,
    clip_boxes,
    mirroring,
    resizing,
    rotation,
    translation,
)
from mmspd.registry import TRANSFORMS
from mmspd.surface.mirroring import mirror_rule

__all__ = ['PersonAffine', 'mirror_label', 'person_matrix', 'points_inside']

# LIP's crops end where the rounded box ends, so a point on the box's far edge may lie up to a pixel outside.
_SURFACE_MARGIN = 1.0


def person_matrix(
    image_shape: tuple[int, int],
    stretched: tuple[int, int],
    offset: tuple[int, int] = (0, 0),
    flip: bool = False,
    degrees: float = 0.0,
    grid: str = 'edge',
) -> np.ndarray:
    """Matrix from original points to network input points.

    Args:
        image_shape (tuple): Original (H, W).
        stretched (tuple): Size (W, H) to which the whole image is stretched; its aspect is not kept.
        offset (tuple): Place (x, y) in the stretched image of the network input's first pixel; may be negative.
        flip (bool): Whether the image is mirrored left to right before the crop.
        degrees (float): Rotation about the original image's centre, before anything else, clockwise.
        grid (str): Of :func:`mmspd.geometry.resizing`. On ``'corner'`` it matters that the image is mirrored before it
            is stretched.

    Returns:
        np.ndarray: float64 (3, 3).
    """
    height, width = image_shape
    matrix = resizing(stretched[0] / width, stretched[1] / height, grid)
    if flip and grid == 'corner':
        matrix = matrix @ mirroring(width)
    if degrees:
        matrix = matrix @ rotation(degrees, ((width - 1) / 2, (height - 1) / 2))
    if flip and grid == 'edge':
        matrix = mirroring(stretched[0]) @ matrix
    return translation(-offset[0], -offset[1]) @ matrix


def points_inside(points: np.ndarray, width: int, height: int, margin: float = 0.0) -> np.ndarray:
    """Whether points (..., 2) lie on an image or at most ``margin`` pixels outside, edges included: bool (...)."""
    inside = (points >= -0.5 - margin) & (points <= np.array([width, height]) - 0.5 + margin)
    return inside[..., 0] & inside[..., 1]


@cache
def _label_mirror_table(name: str | None) -> np.ndarray:
    """What becomes of each byte of a label map: uint8 (256,)."""
    table = np.arange(256, dtype=np.uint8)
    mirror = label_set(name).mirror
    table[: len(mirror)] = mirror
    return table


def mirror_label(label: np.ndarray, labels: str | None = None) -> np.ndarray:
    """Swap the classes of left and right in a label map; pixels stay where they are.

    Args:
        label (np.ndarray): uint8 (H, W).
        labels (str, optional): Name of its label set. Defaults to None: LIP's.

    Returns:
        np.ndarray: A new one.
    """
    return cv2.LUT(label, _label_mirror_table(labels))


@TRANSFORMS.register_module()
class PersonAffine(BaseTransform):
    """Bring a person to the network's size.

    In training, as JPPNet: the image is stretched to ``size`` times a random factor (one factor for both sides, the
    image's aspect is not kept), mirrored with probability ``flip_prob``, then cropped or padded to ``size`` at a random
    place. With ``test_mode`` it is stretched to ``size`` times ``scale`` and mirrored if ``flip``, which test-time
    augmentation gives.

    Each array is resampled once, by the whole matrix: the image bilinearly, labels by the nearest pixel. Bilinear
    sampling aliases when an image is reduced to less than half its size; LIP's crops are mostly enlarged, and a
    blurring step would be a second resampling. Padding in training is ``pad_colour``, into which the image's outermost
    half pixel fades; in tests the image reaches every pixel, and its border is repeated, as ``cv2.resize`` does.

    Adds ``warp_matrix`` float64 (3, 3), ``flip``, ``transformed_bbox`` (clipped to the input),
    ``transformed_keypoints``, ``transformed_keypoints_visible`` (0 also for joints outside the network input or
    outside the original image), ``transformed_dp_points``, ``transformed_dp_labels``, ``transformed_dp_uv``,
    ``transformed_dp_uv_valid``, ``transformed_dp_kept`` bool (P,): False in training for points outside input or
    original image, True in tests. Changes ``img``, ``img_shape`` and, where it is loaded by then, ``gt_seg_map``.

    Mirroring swaps left and right of classes (those of ``label_set``), joints and surface parts in what is transformed.
    U and V follow the
    surface's mirror rule where ``dp_surface`` names a surface that has one (:mod:`mmspd.surface.mirroring`). What they
    become on DensePose's surface is not known, so without a rule a mirrored point keeps its part and has no valid U, V
    (logged once). A joint or surface point outside the original image stays as it is for evaluation, is no training
    target, and is warned about once, naming the image.

    Args:
        size (tuple): Network input (W, H).
        scale_range (tuple): Lowest and highest random factor of training. Defaults to (0.75, 1.25).
        flip_prob (float): Probability of mirroring in training. Defaults to 0.5.
        max_rotation (float): Largest random rotation of training in degrees, either way. Defaults to 0.
        pad_colour (tuple): BGR of the padding, uint8 range. Defaults to ImageNet's mean colour.
        test_mode (bool): Whether nothing is random. Defaults to False.
        scale (float): Factor on ``size`` in ``test_mode``. Defaults to 1.
        flip (bool): Whether to mirror in ``test_mode``. Defaults to False.
        grid (str): ``'edge'``, or ``'corner'`` to stretch as TensorFlow 1 does, for networks trained so (see
            :func:`mmspd.geometry.resizing`); the image is then float32, 0 to 255, and not rounded. Defaults to
            ``'edge'``.

    Raises:
        ValueError: A size, scale or grid that is none, or ``scale`` or ``flip`` without ``test_mode``.
    """

    def __init__(
        self,
        size: tuple[int, int],
        scale_range: tuple[float, float] = (0.75, 1.25),
        flip_prob: float = 0.5,
        max_rotation: float = 0.0,
        pad_colour: tuple[float, float, float] = (104, 116, 124),
        test_mode: bool = False,
        scale: float = 1.0,
        flip: bool = False,
        grid: str = 'edge',
    ) -> None:
        if len(size) != 2 or min(size) < 1:
            raise ValueError(f'size is (width, height) in pixels, got {size}')
        if not 0 < scale_range[0] <= scale_range[1] or scale <= 0:
            raise ValueError(f'scales are positive and in order, got scale_range={scale_range}, scale={scale}')
        if not test_mode and (flip or scale != 1.0):
            raise ValueError('scale and flip are fixed in test_mode only; in training use scale_range and flip_prob')
        if grid not in GRIDS:
            raise ValueError(f'grid must be one of {GRIDS}, got {grid!r}')
        self.size = (int(size[0]), int(size[1]))
        self.scale_range = scale_range
        self.flip_prob = flip_prob
        self.max_rotation = max_rotation
        self.pad_colour = tuple(pad_colour)
        self.test_mode = test_mode
        self.scale = scale
        self.flip = flip
        self.grid = grid
        self._logged: set[str] = set()

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Transform image and annotation; see the class."""
        matrix, size, flip = self._draw(results)
        results.update(warp_matrix=matrix, flip=flip, img_shape=(size[1], size[0]))
        border = cv2.BORDER_REPLICATE if self.test_mode else cv2.BORDER_CONSTANT
        image = results['img'] if self.grid == 'edge' else results['img'].astype(np.float32)
        results['img'] = cv2.warpAffine(
            image, matrix[:2], size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=self.pad_colour
        )
        if 'gt_seg_map' in results:
            label = results['gt_seg_map']
            label = mirror_label(label, results.get('label_set')) if flip else label
            results['gt_seg_map'] = cv2.warpAffine(
                label, matrix[:2], size, flags=cv2.INTER_NEAREST, borderMode=border, borderValue=IGNORE_LABEL
            )
        if 'bbox' in results:
            results['transformed_bbox'] = clip_boxes(apply_to_boxes(matrix, results['bbox']), *size)
        if 'keypoints' in results:
            self._transform_joints(results)
        if 'dp_points' in results:
            self._transform_surface(results)
        return results

    def _draw(self, results: dict[str, Any]) -> tuple[np.ndarray, tuple[int, int], bool]:
        """Matrix, size (W, H) of the result and whether it is mirrored."""
        shape = results['ori_shape']
        if self.test_mode:
            size = (max(1, round(self.size[0] * self.scale)), max(1, round(self.size[1] * self.scale)))
            return person_matrix(shape, size, flip=self.flip, grid=self.grid), size, self.flip
        rng = results['rng']
        factor = rng.uniform(*self.scale_range)
        flip = bool(rng.random() < self.flip_prob)
        degrees = rng.uniform(-self.max_rotation, self.max_rotation)
        stretched = (max(1, round(self.size[0] * factor)), max(1, round(self.size[1] * factor)))
        room = (stretched[0] - self.size[0], stretched[1] - self.size[1])
        x, y = (int(rng.integers(min(0, space), max(0, space) + 1)) for space in room)
        return person_matrix(shape, stretched, (x, y), flip, degrees, self.grid), self.size, flip

    def _transform_joints(self, results: dict[str, Any]) -> None:
        points = apply_to_points(results['warp_matrix'], results['keypoints'])
        visible = results['keypoints_visible']
        on_image = self._on_image(results, results['keypoints'], 'joint', visible > 0)
        on_input = points_inside(points, results['img_shape'][1], results['img_shape'][0])
        visible = (visible * (on_image & on_input)).astype(np.float32)
        if results['flip']:
            points, visible = points[:, JOINT_MIRROR], visible[:, JOINT_MIRROR]
        results.update(transformed_keypoints=points, transformed_keypoints_visible=visible)

    def _transform_surface(self, results: dict[str, Any]) -> None:
        points = apply_to_points(results['warp_matrix'], results['dp_points'])
        on_image = self._on_image(results, results['dp_points'], 'surface point', margin=_SURFACE_MARGIN)
        on_input = points_inside(points, results['img_shape'][1], results['img_shape'][0])
        labels, uv, uv_valid = results['dp_labels'], results['dp_uv'], results['dp_uv_valid']
        if results['flip']:
            labels, uv, uv_valid = self._mirror_surface(labels, uv, uv_valid, results.get('dp_surface'))
        results.update(
            transformed_dp_points=points,
            transformed_dp_labels=labels,
            transformed_dp_uv=uv,
            transformed_dp_uv_valid=uv_valid,
            transformed_dp_kept=(on_image & on_input) | self.test_mode,
        )

    def _mirror_surface(
        self, labels: np.ndarray, uv: np.ndarray, uv_valid: np.ndarray, surface: str | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Labels (P,), U, V (P, 2) and whether they are valid (P,), of the mirrored surface."""
        rule = mirror_rule(surface)
        if rule is not None:
            labels, mirrored = rule(labels, uv)
            return labels, np.where(uv_valid[:, None], mirrored, 0).astype(uv.dtype), uv_valid
        if uv_valid.any():
            self._log_once('mirrored', 'mirrored samples keep their surface parts and lose U and V', logging.INFO)
        return SURFACE_MIRROR[labels], np.zeros_like(uv), np.zeros_like(uv_valid)

    def _on_image(
        self,
        results: dict[str, Any],
        points: np.ndarray,
        what: str,
        annotated: np.ndarray | bool = True,
        margin: float = 0.0,
    ) -> np.ndarray:
        """Which points lie on the original image; warns once of annotated ones that do not."""
        height, width = results['ori_shape']
        inside = points_inside(points, width, height, margin)
        outside = int((~inside & annotated).sum())
        if outside:
            self._log_once(
                what,
                f'{results.get("img_path", "an image")}: {outside} {what}(s) outside the image of {width} x {height} '
                'pixels, kept for evaluation and no training target; further cases are not reported',
                logging.WARNING,
            )
        return inside

    def _log_once(self, key: str, message: str, level: int) -> None:
        if key not in self._logged:
            self._logged.add(key)
            print_log(message, logger='current', level=level)
