"""Confusion matrices: pixels by label and prediction, and which classes are taken for which.

Axis glossary: C classes; rows are labels, columns predictions. K cells of one image's matrix that are not zero.
"""

from dataclasses import dataclass

import numpy as np
import torch

from mmspd.anatomy import IGNORE_LABEL
from mmspd.utils.arrays import to_numpy

__all__ = [
    'Confusion',
    'class_counts',
    'confusion_matrix',
    'count_image',
    'largest_confusions',
    'pack_confusion',
    'unpack_confusion',
]


@dataclass(frozen=True)
class Confusion:
    """Pixels of one class that are predicted as another.

    Attributes:
        label: Number of the labelled class.
        prediction: Number of the predicted class, another one.
        pixels: How many.
        share: What part of the pixels labelled so, 0..1.
    """

    label: int
    prediction: int
    pixels: int
    share: float


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
    return class_counts(confusion_matrix(prediction, label, num_classes, ignore_index))


def class_counts(matrix: np.ndarray) -> np.ndarray:
    """Correct, predicted and labelled pixels of each class: int64 (3, C), of a confusion matrix (C, C)."""
    return np.stack([matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)])


def pack_confusion(matrix: np.ndarray) -> np.ndarray:
    """A picture's matrix without its zeros, which are most of it, to be kept and sent between processes.

    Args:
        matrix (np.ndarray): int64 (C, C), each below 2^32.

    Returns:
        np.ndarray: uint32 (2, K): number of the cell, row by row, and its pixels.
    """
    cells = np.flatnonzero(matrix)
    return np.stack([cells, matrix.ravel()[cells]]).astype(np.uint32)


def unpack_confusion(packed: np.ndarray, num_classes: int) -> np.ndarray:
    """The matrix that :func:`pack_confusion` has packed: int64 (C, C)."""
    matrix = np.zeros(num_classes * num_classes, dtype=np.int64)
    matrix[packed[0]] = packed[1]
    return matrix.reshape(num_classes, num_classes)


def largest_confusions(matrix: np.ndarray, count: int) -> list[Confusion]:
    """The pairs of classes in which most of the labelled class is predicted as the other.

    Args:
        matrix (np.ndarray): int64 (C, C), usually of a whole data set.
        count (int): At most so many.

    Returns:
        list[Confusion]: The largest share of the labelled class's pixels first, of equal ones that with more pixels;
        pairs without a pixel are left out.
    """
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    shares = wrong / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    order = np.lexsort((-wrong.ravel(), -shares.ravel()))[:count]
    rows, columns = np.unravel_index(order, matrix.shape)
    return [
        Confusion(label, prediction, int(wrong[label, prediction]), float(shares[label, prediction]))
        for label, prediction in zip(rows.tolist(), columns.tolist(), strict=True)
        if wrong[label, prediction]
    ]


def _check_range(name: str, values: np.ndarray, largest: int) -> None:
    """Refuse values that would be counted in another class's place, and numbers that are not whole."""
    if values.dtype.kind not in 'iub':
        raise ValueError(f'{name} must hold whole numbers, got dtype {values.dtype}')
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > largest:
        raise ValueError(f'{name} must hold 0..{largest}, found {low}..{high}')
