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

from mmspd.evaluation.functional.bootstrap import SummedScores, join_scores

__all__ = [
    'BACKGROUND',
    'PROTOCOLS',
    'SCORES',
    'ClassScores',
    'ParsingCounts',
    'Protocol',
    'mean_of_known',
    'parsing_sums',
    'score_parsing',
]

Protocol = Literal['dataset', 'image', 'image_both']
PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)
SCORES: Final = ('IoU', 'Precision', 'Recall', 'F1')
BACKGROUND: Final = 0


@dataclass(frozen=True)
class ClassScores:
    """Scores per class: float64, (..., C) each, 0..1, NaN for a class that occurs nowhere."""

    iou: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray

    def per_class(self) -> dict[str, np.ndarray]:
        """The four scores by the names that logs use."""
        return dict(zip(SCORES, (self.iou, self.precision, self.recall, self.f1), strict=True))

    def means(self) -> dict[str, float]:
        """``mIoU``, ``mPrecision``, ``mRecall``, ``mF1`` of (C,) over the classes that occur; NaN if none does."""
        return {f'm{name}': float(mean_of_known(values)) for name, values in self.per_class().items()}

    def by_name(self, group: str, classes: Sequence[str]) -> dict[str, np.ndarray]:
        """Means and scores per class by keys such as ``dataset/mIoU`` and ``dataset/IoU.Hat``: float64 (...) each."""
        found = {f'{group}/m{name}': mean_of_known(values) for name, values in self.per_class().items()}
        for name, values in self.per_class().items():
            found |= {f'{group}/{name}.{each}': values[..., place] for place, each in enumerate(classes)}
        return found


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
    columns = _columns(counts, protocol)
    return _score_sums(columns.sum(axis=0), protocol, counts.correct.shape[1])


def parsing_sums(counts: ParsingCounts, classes: Sequence[str]) -> SummedScores:
    """All scores of parsing as functions of sums over images, for intervals and comparisons.

    Args:
        counts (ParsingCounts): Counts of every image.
        classes (Sequence[str]): Names of the C classes.

    Returns:
        SummedScores: ``dataset/mIoU``, ``dataset/IoU.Hat`` and so on for each protocol and score. A class that a
        resample does not contain is left out of that resample's mean, as one that the data set does not contain is
        left out of the data set's. ``dataset/aAcc`` is the share of all labelled pixels that are predicted right,
        ``dataset/fgAcc`` that of the pixels labelled as another class than the background; NaN without such pixels.

    The latter is how we read the "F.g. accuracy" of Liang et al. (Deep Human Parsing with Active Template Regression,
    TPAMI 2015), which they take over from Yamaguchi et al. (Paper Doll Parsing, ICCV 2013): pixel accuracy without the
    background. Background that is predicted as a class of the foreground is not counted.
    """
    return join_scores([_protocol_sums(counts, protocol, classes) for protocol in PROTOCOLS])


def _protocol_sums(counts: ParsingCounts, protocol: Protocol, classes: Sequence[str]) -> SummedScores:
    """The scores of one protocol; of ``dataset`` both accuracies too."""

    def evaluate(sums: np.ndarray) -> dict[str, np.ndarray]:
        found = _score_sums(sums, protocol, len(classes)).by_name(protocol, classes)
        if protocol == 'dataset':
            correct, _, labelled = _split(sums, 3, len(classes))
            found['dataset/aAcc'] = _accuracy(correct, labelled)
            found['dataset/fgAcc'] = _accuracy(correct[..., BACKGROUND + 1 :], labelled[..., BACKGROUND + 1 :])
        return found

    return SummedScores(_columns(counts, protocol), evaluate)


def _columns(counts: ParsingCounts, protocol: Protocol) -> np.ndarray:
    """What a protocol sums over images: float64 (N, K), whole numbers for ``dataset``."""
    correct, predicted, labelled = counts.correct, counts.predicted, counts.labelled
    if protocol == 'dataset':
        return np.concatenate([correct, predicted, labelled], axis=1).astype(np.float64)
    in_either = (predicted > 0) | (labelled > 0)
    counted = (predicted > 0) & (labelled > 0) if protocol == 'image_both' else in_either
    each = _score_counts(correct, predicted, labelled) * counted
    return np.concatenate([*each, counted, in_either], axis=1).astype(np.float64)


def _score_sums(sums: np.ndarray, protocol: Protocol, num_classes: int) -> ClassScores:
    """Scores (..., C) of the sums (..., K) of :func:`_columns`."""
    if protocol == 'dataset':
        correct, predicted, labelled = _split(sums, 3, num_classes)
        scores, occurs = _score_counts(correct, predicted, labelled), predicted + labelled > 0
    else:
        *totals, counted, in_either = _split(sums, 6, num_classes)
        scores, occurs = _ratio(np.stack(totals), counted), in_either > 0
    return ClassScores(*np.where(occurs, scores, np.nan))


def _split(sums: np.ndarray, pieces: int, num_classes: int) -> list[np.ndarray]:
    """(..., pieces x C) as so many arrays of (..., C)."""
    return list(np.moveaxis(sums.reshape(*sums.shape[:-1], pieces, num_classes), -2, 0))


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


def _accuracy(correct: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Share of correct pixels over all classes (..., C): float64 (...), NaN where none is labelled."""
    total = labelled.sum(axis=-1)
    return np.where(total > 0, _ratio(correct.sum(axis=-1), total), np.nan)


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis without NaN: float64 (...), NaN where nothing is left."""
    known = ~np.isnan(values)
    count = known.sum(axis=-1)
    return np.where(count > 0, _ratio(np.where(known, values, 0).sum(axis=-1), count), np.nan)
