"""Scores of parsing in three protocols, all from per-image counts of pixels.

Axis glossary: N images, C classes. Every score is a fraction, 0..1.

The protocols differ in what is averaged, and published numbers do not say which one they are:

* ``dataset``: counts are summed over all images, then scored per class (mmseg's ``IoUMetric``, the field's standard).
* ``image``: scored per image and class, over the classes present in label *or* prediction; averaged per class.
* ``image_both``: as ``image``, over the images in which label *and* prediction contain the class, so that complete
  misses vanish. Its numbers are the highest.

Division by zero, the same in all of them: 0 / 0 counts as 0. A class that occurs in any label or prediction therefore
always has a score, 0 at worst (one that is never predicted has precision 0, and one whose label and prediction never
share an image has ``image_both`` 0); a class that occurs nowhere has NaN and is left out of the mean.
Ignored pixels do not exist: neither their label nor their prediction is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import torch

from mmspd.anatomy import IGNORE_LABEL
from mmspd.utils.arrays import to_numpy

__all__ = ['PROTOCOLS', 'ClassScores', 'ParsingCounts', 'Protocol', 'confusion_matrix', 'count_image', 'score_parsing']

Protocol = Literal['dataset', 'image', 'image_both']
PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)


@dataclass(frozen=True)
class ClassScores:
    """Scores per class: float64, (C,) each, 0..1, NaN for a class that occurs nowhere."""

    iou: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray

    def per_class(self) -> dict[str, np.ndarray]:
        """The four scores by the names that logs use."""
        return {'IoU': self.iou, 'Precision': self.precision, 'Recall': self.recall, 'F1': self.f1}

    def means(self) -> dict[str, float]:
        """``mIoU``, ``mPrecision``, ``mRecall``, ``mF1`` over the classes that occur; NaN if none does."""
        return {f'm{name}': _mean_of_known(values) for name, values in self.per_class().items()}


@dataclass(frozen=True)
class ParsingCounts:
    """Pixels per image and class: int64, (N, C) each.

    Attributes:
        correct: Pixels of the class that were predicted as such.
        predicted: Pixels predicted as the class.
        labelled: Pixels labelled as the class.
    """

    correct: np.ndarray
    predicted: np.ndarray
    labelled: np.ndarray

    @classmethod
    def stack(cls, images: Sequence[np.ndarray], num_classes: int) -> 'ParsingCounts':
        """Gather what :func:`count_image` returned for each image; no image at all is allowed."""
        counts = np.asarray(images, dtype=np.int64).reshape(len(images), 3, num_classes)
        return cls(correct=counts[:, 0], predicted=counts[:, 1], labelled=counts[:, 2])

    def pixel_accuracy(self) -> float:
        """Share of all labelled pixels that are predicted right; NaN if there is none."""
        total = int(self.labelled.sum())
        return int(self.correct.sum()) / total if total else float('nan')


def confusion_matrix(
    prediction: np.ndarray | torch.Tensor,
    label: np.ndarray | torch.Tensor,
    num_classes: int,
    ignore_index: int = IGNORE_LABEL,
) -> np.ndarray:
    """Count the pixels of one image by label and prediction.

    Args:
        prediction (np.ndarray | torch.Tensor): Whole numbers of any shape, 0..C-1 everywhere, also where ignored.
        label (np.ndarray | torch.Tensor): Same shape; 0..C-1 or ``ignore_index``.
        num_classes (int): C.
        ignore_index (int): Label of pixels to leave out; not negative. Defaults to 255.

    Returns:
        np.ndarray: int64, (C, C); rows are labels, columns predictions.

    Raises:
        ValueError: If the shapes differ or a value is out of range.
    """
    predicted, labelled = to_numpy(prediction), to_numpy(label)
    if predicted.shape != labelled.shape:
        raise ValueError(
            f'prediction and label must have the same size, got {predicted.shape} and {labelled.shape}; '
            'predictions are resized to the original image, so its label must not be resized'
        )
    if not predicted.size:
        return np.zeros((num_classes, num_classes), dtype=np.int64)
    _check_range('prediction', predicted, num_classes - 1)
    rows = max(num_classes, ignore_index + 1)
    _check_range('label', labelled, rows - 1)
    # Ignored pixels get a row of their own, which is dropped: cheaper than selecting the others.
    joint = labelled.ravel().astype(np.intp)
    joint *= num_classes
    joint += predicted.ravel()
    matrix = np.bincount(joint, minlength=rows * num_classes).reshape(rows, num_classes)
    matrix[ignore_index] = 0
    strays = np.flatnonzero(matrix[num_classes:].any(axis=1)) + num_classes
    if strays.size:
        raise ValueError(
            f'label must hold 0..{num_classes - 1} or {ignore_index} (ignored), found {strays[:8].tolist()}; '
            'a colour-coded label, or one saved as JPEG, must be converted to class indices first'
        )
    return matrix[:num_classes].astype(np.int64)


def count_image(
    prediction: np.ndarray | torch.Tensor,
    label: np.ndarray | torch.Tensor,
    num_classes: int,
    ignore_index: int = IGNORE_LABEL,
) -> np.ndarray:
    """Count one image's pixels per class; arguments and errors as in :func:`confusion_matrix`.

    Returns:
        np.ndarray: int64, (3, C): correct, predicted and labelled pixels, from which every protocol follows.
    """
    matrix = confusion_matrix(prediction, label, num_classes, ignore_index)
    return np.stack([matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)])


def score_parsing(counts: ParsingCounts, protocol: Protocol) -> ClassScores:
    """Score all images in one protocol.

    Args:
        counts (ParsingCounts): Counts of every image.
        protocol (str): ``'dataset'``, ``'image'`` or ``'image_both'``; see the module's docstring.

    Returns:
        ClassScores: Scores per class.

    Raises:
        ValueError: If the protocol is unknown.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f'unknown protocol {protocol!r}, expected one of {", ".join(PROTOCOLS)}')
    occurs = ((counts.predicted + counts.labelled) > 0).any(axis=0)
    if protocol == 'dataset':
        scores = _score_counts(counts.correct.sum(axis=0), counts.predicted.sum(axis=0), counts.labelled.sum(axis=0))
    else:
        in_prediction, in_label = counts.predicted > 0, counts.labelled > 0
        counted = in_prediction & in_label if protocol == 'image_both' else in_prediction | in_label
        each = _score_counts(counts.correct, counts.predicted, counts.labelled)
        scores = _ratio((each * counted).sum(axis=1), counted.sum(axis=0))
    return ClassScores(*np.where(occurs, scores, np.nan))


def _score_counts(correct: np.ndarray, predicted: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """IoU, precision, recall, F1 of counts of any shape: float64, (4, ...)."""
    both = predicted + labelled
    return np.stack(
        [
            _ratio(correct, both - correct),
            _ratio(correct, predicted),
            _ratio(correct, labelled),
            _ratio(2 * correct, both),
        ]
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole in float64, 0 where whole is 0."""
    zeros = np.zeros(np.broadcast_shapes(part.shape, whole.shape))
    return np.divide(part, whole, out=zeros, where=np.broadcast_to(whole > 0, zeros.shape))


def _mean_of_known(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float('nan')


def _check_range(name: str, values: np.ndarray, largest: int) -> None:
    """Refuse values that would be counted in another class's place, and numbers that are not whole."""
    if values.dtype.kind not in 'iub':
        raise ValueError(f'{name} must hold whole numbers, got dtype {values.dtype}')
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > largest:
        raise ValueError(f'{name} must hold 0..{largest}, found {low}..{high}')
