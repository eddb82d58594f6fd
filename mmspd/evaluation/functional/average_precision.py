"""Average precision and recall of persons, by the rules of COCO's keypoint evaluator and of DensePose-COCO's.

Both take a similarity of persons (OKS; GPS, GPSm) and at most 20 detections a picture; a person without annotated
points is not counted. DensePose-COCO's differs in two rules, for which it needs the overlaps of boxes:

* Detections in a picture where nobody is counted are not counted either.
* A detection that matches nobody at the highest threshold, but whose box overlaps a person that is still free by at
  least 0.8, takes over from this person whether it counts, at every threshold.

Axis glossary: D detections and G persons of a picture, T thresholds, R recalls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

__all__ = ['AREAS', 'MOST_DETECTIONS', 'RECALLS', 'THRESHOLDS', 'ImagePairs', 'average_precision', 'box_overlaps']

THRESHOLDS: Final = np.linspace(0.5, 0.95, 10)
RECALLS: Final = np.linspace(0, 1, 101)
MOST_DETECTIONS: Final = 20
# Ending of a key -> smallest and largest area in pixels; both count.
AREAS: Final = {'': (0.0, 1e10), 'm': (32.0**2, 96.0**2), 'l': (96.0**2, 1e10)}
_SAME_BOX: Final = 0.8
_SINGLE: Final = {'50': 0, '75': 5}  # ending of a key -> place in THRESHOLDS


@dataclass(frozen=True, eq=False)
class ImagePairs:
    """A picture's detections and annotated persons.

    Args:
        similarity (np.ndarray): float (D, G), 0..1.
        box_overlap (np.ndarray | None): float (D, G), of :func:`box_overlaps`. None: by COCO's rules.
        scores (np.ndarray): float (D,), the higher the surer.
        areas (np.ndarray): float (D,), pixels of the detections' boxes.
        true_areas (np.ndarray): float (G,), pixels of the persons.
        counted (np.ndarray): bool (G,), whether the person counts: it has annotated points.
        crowd (np.ndarray): bool (G,), whether it stands for a crowd, which several detections may match.

    Raises:
        ValueError: If shapes do not fit together, a number is NaN, or a similarity not within 0..1.
    """

    similarity: np.ndarray
    box_overlap: np.ndarray | None
    scores: np.ndarray
    areas: np.ndarray
    true_areas: np.ndarray
    counted: np.ndarray
    crowd: np.ndarray

    def __post_init__(self) -> None:
        count, persons = len(self.scores), len(self.true_areas)
        shapes = {'similarity': (count, persons), 'box_overlap': (count, persons), 'scores': (count,)}
        shapes |= {'areas': (count,), 'true_areas': (persons,), 'counted': (persons,), 'crowd': (persons,)}
        if self.box_overlap is None:
            del shapes['box_overlap']
        for name, shape in shapes.items():
            values = np.asarray(getattr(self, name))
            if values.shape != shape:
                raise ValueError(f'expected {name} of shape {shape}, got {values.shape}')
            if np.isnan(values).any():
                raise ValueError(f'expected numbers in {name}, got NaN')
        if not ((self.similarity >= 0) & (self.similarity <= 1)).all():
            raise ValueError('expected similarities of 0..1')


@dataclass(frozen=True, eq=False)
class _Matches:
    """What became of a picture's detections, the surest first.

    Attributes:
        scores: float (D,).
        matched: bool (T, D).
        ignored: bool (T, D), neither right nor wrong.
        persons: Number of persons that count.
    """

    scores: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    persons: int


def box_overlaps(boxes: np.ndarray, true_boxes: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """IoU of boxes; with a crowd the intersection is divided by the detection's box alone.

    Args:
        boxes (np.ndarray): float (D, 4), x, y, width, height.
        true_boxes (np.ndarray): float (G, 4), likewise.
        crowd (np.ndarray): bool (G,).

    Returns:
        np.ndarray: float64 (D, G); 0 where the boxes are empty.
    """
    first = np.asarray(boxes, dtype=np.float64).reshape(-1, 1, 4)
    second = np.asarray(true_boxes, dtype=np.float64).reshape(1, -1, 4)
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., :2] + first[..., 2:], second[..., :2] + second[..., 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=-1)
    area = np.prod(first[..., 2:], axis=-1)
    whole = np.where(crowd, area, area + np.prod(second[..., 2:], axis=-1) - common)
    return np.divide(common, whole, out=np.zeros_like(common), where=whole > 0)


def average_precision(pictures: Sequence[ImagePairs]) -> dict[str, float]:
    """AP and AR over all thresholds, at 0.5 and 0.75, and of medium and large persons.

    Equal scores keep the order of the pictures.

    Args:
        pictures (Sequence[ImagePairs]): In a fixed order.

    Returns:
        dict: ``AP``, ``AP50``, ``AP75``, ``APm``, ``APl``, ``AR``, ``AR50``, ``AR75``, ``ARm``, ``ARl``, fractions; NaN
        where no person counts.
    """
    results = {}
    for ending, area in AREAS.items():
        precision, recall = _curves([_match(picture, area) for picture in pictures])
        results[f'AP{ending}'], results[f'AR{ending}'] = float(precision.mean()), float(recall.mean())
        if ending == '':
            for name, place in _SINGLE.items():
                results[f'AP{name}'], results[f'AR{name}'] = float(precision[place].mean()), float(recall[place])
    order = [f'{kind}{ending}' for kind in ('AP', 'AR') for ending in ('', *_SINGLE, 'm', 'l')]
    return {name: results[name] for name in order}


def _match(pairs: ImagePairs, area: tuple[float, float]) -> _Matches:
    """Give each detection, the surest first, the most similar person that is free."""
    low, high = area
    dropped = ~np.asarray(pairs.counted, dtype=bool) | (pairs.true_areas < low) | (pairs.true_areas > high)
    persons = np.argsort(dropped, kind='stable')  # those that count come first
    order = np.argsort(-np.asarray(pairs.scores, dtype=np.float64), kind='stable')[:MOST_DETECTIONS]
    dropped, crowd = dropped[persons], np.asarray(pairs.crowd, dtype=bool)[persons]
    similarity = pairs.similarity[np.ix_(order, persons)]

    shape = (len(THRESHOLDS), len(order))
    matched, ignored = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    if pairs.box_overlap is not None:
        ignored[:] = dropped.all()
    if len(order) and len(persons):
        taken = np.zeros((len(THRESHOLDS), len(persons)), dtype=bool)
        levels = np.arange(len(THRESHOLDS))
        for number, row in enumerate(similarity):
            chosen = _best(row, (~taken | crowd) & (row >= THRESHOLDS[:, None]), dropped)
            found = levels[chosen >= 0]
            matched[found, number] = taken[found, chosen[found]] = True
            ignored[found, number] = dropped[chosen[found]]
        if pairs.box_overlap is not None:
            overlap = pairs.box_overlap[np.ix_(order, persons)]
            for number in np.flatnonzero(~matched[-1]).tolist():
                same = int(_last_largest(overlap[number], (~taken[-1] | crowd) & (overlap[number] >= _SAME_BOX)))
                if same >= 0:
                    ignored[:, number] = dropped[same]
                    if dropped[same]:
                        matched[-1, number] = taken[-1, same] = True
    areas = np.asarray(pairs.areas)[order]
    ignored |= ~matched & ((areas < low) | (areas > high))
    return _Matches(np.asarray(pairs.scores)[order], matched, ignored, int((~dropped).sum()))


def _best(similarity: np.ndarray, allowed: np.ndarray, dropped: np.ndarray) -> np.ndarray:
    """The person to match at each threshold: the most similar one that counts, or else one that does not.

    Args:
        similarity (np.ndarray): float (G,), of one detection.
        allowed (np.ndarray): bool (T, G).
        dropped (np.ndarray): bool (G,).

    Returns:
        np.ndarray: int64 (T,), -1 where none is allowed.
    """
    chosen = _last_largest(similarity, allowed & ~dropped)
    return np.where(chosen < 0, _last_largest(similarity, allowed & dropped), chosen)


def _last_largest(values: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Place of the largest of values (G,) among those allowed, bool (..., G), the last of several; -1 where none is."""
    candidates = np.where(allowed, values, -1.0)[..., ::-1]
    return np.where(allowed.any(axis=-1), candidates.shape[-1] - 1 - candidates.argmax(axis=-1), -1)


def _curves(pictures: Sequence[_Matches]) -> tuple[np.ndarray, np.ndarray]:
    """Precision at each recall, float64 (T, R), and largest recall, float64 (T,); NaN where no person counts."""
    persons = sum(picture.persons for picture in pictures)
    if persons == 0:
        return np.full((len(THRESHOLDS), len(RECALLS)), np.nan), np.full(len(THRESHOLDS), np.nan)
    order = np.argsort(-np.concatenate([picture.scores for picture in pictures]), kind='stable')
    matched, ignored = (
        np.concatenate([getattr(picture, name) for picture in pictures], axis=1)[:, order]
        for name in ('matched', 'ignored')
    )
    right = np.cumsum(matched & ~ignored, axis=1)
    wrong = np.cumsum(~matched & ~ignored, axis=1)
    recall = right / persons
    # Nothing is divided where only ignored detections came so far.
    precision = np.divide(right, right + wrong, out=np.zeros(right.shape), where=right + wrong > 0)
    # At each recall, the best precision at this or a higher one.
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    at_recall = np.zeros((len(THRESHOLDS), len(RECALLS)))
    for level in range(len(THRESHOLDS)):
        places = np.searchsorted(recall[level], RECALLS, side='left')
        reached = places < recall.shape[1]
        at_recall[level, reached] = precision[level, places[reached]]
    largest = recall[:, -1] if recall.shape[1] else np.zeros(len(THRESHOLDS))
    return at_recall, largest
