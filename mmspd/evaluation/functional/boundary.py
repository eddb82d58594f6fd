"""Boundary F-score: how well contours of classes lie on those of the label.

Axis glossary: H, W picture; C classes; N images. Distances are Euclidean, between centres of pixels, in pixels.

After Csurka et al. (What is a good evaluation measure for semantic segmentation?, BMVC 2013), who score each class of
each image by the contours of its region, with a tolerance of 0.75 % of the image's diagonal, and Perazzi et al. (A
benchmark dataset and evaluation methodology for video object segmentation, CVPR 2016), who compare contours dilated by
a disc, as this does. Here precisely:

* A *boundary pixel* of a class belongs to it and has one of its four neighbours in another class. The picture's border
  is no contour: a region that is cut off there ends where the picture ends.
* Ignored pixels (by label) do not exist, neither as boundary pixels nor as neighbours, in label and prediction.
* A boundary pixel is *matched* if one of the same class in the other map lies within ``tolerance`` x diagonal, that
  included; the limit is not rounded, so under one pixel it asks for the same place.
* precision = matched / all boundary pixels of the prediction, recall = the same of the label, F1 their harmonic mean;
  0 / 0 counts as 0.
* Averaged as in protocol ``image``: over the images in which label *or* prediction has a boundary of the class, then
  over the classes. A picture of one class throughout, in label and prediction, has no contour to measure; a class that
  has none in any image has NaN and is left out of the mean.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch

from mmspd.anatomy import IGNORE_LABEL
from mmspd.evaluation.functional.bootstrap import SummedScores
from mmspd.evaluation.functional.parsing import mean_of_known
from mmspd.utils.arrays import to_numpy

__all__ = ['boundary_key', 'boundary_sums', 'count_boundaries']

_WORD: Final = 64  # classes whose boundaries are looked for at once
_SCORES: Final = ('F1', 'Precision', 'Recall')


def boundary_key(tolerance: float) -> str:
    """What the keys of a tolerance begin with, such as ``boundary@0.0075``."""
    return f'boundary@{tolerance:g}'


def count_boundaries(
    prediction: np.ndarray | torch.Tensor,
    label: np.ndarray | torch.Tensor,
    num_classes: int,
    tolerance: float,
    ignore_index: int = IGNORE_LABEL,
) -> np.ndarray:
    """Count one image's boundary pixels of each class.

    Args:
        prediction (np.ndarray | torch.Tensor): Whole numbers (H, W), 0..C-1.
        label (np.ndarray | torch.Tensor): Likewise, or ``ignore_index``. Values are those that
            :func:`~mmspd.evaluation.functional.confusion.confusion_matrix` accepts; they are not checked again.
        num_classes (int): C.
        tolerance (float): Largest distance, as a fraction of the image's diagonal, sqrt(H^2 + W^2).
        ignore_index (int): Label of pixels to leave out. Defaults to 255.

    Returns:
        np.ndarray: int64 (4, C): matched and all boundary pixels of the prediction, matched and all of the label.

    Raises:
        ValueError: If the maps are not (H, W), the same for both.
    """
    predicted, labelled = to_numpy(prediction), to_numpy(label)
    if predicted.shape != labelled.shape or predicted.ndim != 2:
        raise ValueError(f'expected prediction and label of one size (H, W), got {predicted.shape}, {labelled.shape}')
    radius = tolerance * math.hypot(*labelled.shape)
    # Narrow numbers are compared faster. Ignored pixels are -1 in both maps.
    kind = np.int16 if num_classes < 1 << 15 else np.int64
    ignored = labelled == ignore_index
    maps = [values.astype(kind) for values in (predicted, labelled)]
    for values in maps:
        values[ignored] = -1
    boundaries = [np.flatnonzero(_is_boundary(values)) for values in maps]
    counts = np.zeros((4, num_classes), dtype=np.int64)
    for first in range(0, num_classes, _WORD):
        width = np.uint32 if num_classes - first <= 32 else np.uint64
        found = [_bits(values, places, first, width) for values, places in zip(maps, boundaries, strict=True)]
        for side, (places, shifts) in enumerate(found):
            other_places, other_shifts = found[1 - side]
            near = np.zeros(labelled.shape, dtype=width)
            near.ravel()[other_places] = width(1) << other_shifts
            near = _dilate(near, radius).ravel()[places]
            matched = (near >> shifts) & width(1) > 0
            classes = shifts.astype(np.intp) + first
            counts[2 * side] += np.bincount(classes[matched], minlength=num_classes)
            counts[2 * side + 1] += np.bincount(classes, minlength=num_classes)
    return counts


def boundary_sums(counts: np.ndarray, tolerance: float, classes: Sequence[str]) -> SummedScores:
    """The scores of all images, as functions of sums over them.

    Args:
        counts (np.ndarray): int64 (N, 4, C), of :func:`count_boundaries`.
        tolerance (float): That of the counts, for the keys.
        classes (Sequence[str]): Names of the C classes.

    Returns:
        SummedScores: ``boundary@0.0075/mF1``, ``mPrecision`` and ``mRecall``, and of each class such as
        ``boundary@0.0075/F1.Hat``.
    """
    matched_prediction, all_prediction, matched_label, all_label = np.moveaxis(counts.astype(np.float64), 1, 0)
    counted = (all_prediction > 0) | (all_label > 0)
    precision = matched_prediction / np.maximum(all_prediction, 1)
    recall = matched_label / np.maximum(all_label, 1)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
    key = boundary_key(tolerance)

    def evaluate(sums: np.ndarray) -> dict[str, np.ndarray]:
        *totals, images = np.moveaxis(sums.reshape(*sums.shape[:-1], 4, len(classes)), -2, 0)
        found = {}
        for name, total in zip(_SCORES, totals, strict=True):
            each = np.divide(total, images, out=np.full(total.shape, np.nan), where=images > 0)
            found[f'{key}/m{name}'] = mean_of_known(each)
            found |= {f'{key}/{name}.{label}': each[..., place] for place, label in enumerate(classes)}
        return found

    return SummedScores(np.concatenate([f1, precision, recall, counted], axis=1), evaluate)


def _is_boundary(values: np.ndarray) -> np.ndarray:
    """Pixels with a neighbour of another class: bool (H, W); -1 is no class."""
    found = np.zeros(values.shape, dtype=bool)
    for near, far in (
        ((slice(1, None), slice(None)), (slice(None, -1), slice(None))),
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
    ):
        differ = (values[near] != values[far]) & (values[near] >= 0) & (values[far] >= 0)
        found[near] |= differ
        found[far] |= differ
    return found


def _bits(values: np.ndarray, places: np.ndarray, first: int, width: type) -> tuple[np.ndarray, np.ndarray]:
    """Places of the classes of one word, which begins with class ``first``, and the numbers of their bits."""
    shifts = values.ravel()[places].astype(np.int64) - first
    inside = (shifts >= 0) & (shifts < _WORD)
    return places[inside], shifts[inside].astype(width)


def _dilate(words: np.ndarray, radius: float) -> np.ndarray:
    """Spread every bit over a disc: of all pixels within ``radius``, itself included, the bits are united.

    A disc is a pile of rows. From the outermost to the middle one rows get wider, so each is the one before, widened.

    Args:
        words (np.ndarray): Unsigned (H, W).
        radius (float): Pixels, 0 or more.

    Returns:
        np.ndarray: As ``words``.
    """
    height, width = words.shape
    reach = min(int(radius), height - 1)
    spread, rows, half = np.zeros_like(words), words.copy(), 0
    for away in range(reach, -1, -1):
        wide = min(int(math.sqrt(radius * radius - away * away)), width - 1)
        while half < wide:
            half += 1
            rows[:, half:] |= words[:, :-half]
            rows[:, :-half] |= words[:, half:]
        if away:
            spread[away:] |= rows[:-away]
            spread[:-away] |= rows[away:]
        else:
            spread |= rows
    return spread
