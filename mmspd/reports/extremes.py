"""Which samples a model does best, middling and worst on."""

from typing import Final

import numpy as np

__all__ = ['EXTREMES', 'choose_extremes', 'image_scores']

EXTREMES: Final = ('best', 'median', 'worst')


def image_scores(counts: np.ndarray) -> np.ndarray:
    """The mean IoU of each image, over the classes in its label or prediction.

    Args:
        counts (np.ndarray): int64 (N, 3, C), the correct, predicted and labelled pixels.

    Returns:
        np.ndarray: float64 (N,), 0..1; NaN for an image without a pixel.
    """
    correct, predicted, labelled = np.moveaxis(counts, 1, 0)
    union = predicted + labelled - correct
    scores = np.divide(correct, union, out=np.zeros(union.shape), where=union > 0)
    classes = (union > 0).sum(axis=1)
    return np.divide(scores.sum(axis=1), classes, out=np.full(len(counts), np.nan), where=classes > 0)


def choose_extremes(ids: np.ndarray, scores: np.ndarray, each: int = 1) -> dict[str, list[tuple[str, float]]]:
    """The samples with the highest, middle and lowest scores.

    Args:
        ids (np.ndarray): (N,).
        scores (np.ndarray): float64 (N,); samples with NaN are left out.
        each (int): How many of each kind, fewer where there are not as many samples. Defaults to 1.

    Returns:
        dict[str, list[tuple[str, float]]]: Id and score by :data:`EXTREMES`, a sample only once; of equal scores the
        first id's comes first.
    """
    known = np.flatnonzero(~np.isnan(scores))
    ordered = sorted(known.tolist(), key=lambda place: (-scores[place], str(ids[place])))
    best = ordered[:each]
    worst = ordered[max(len(best), len(ordered) - each) :]
    between = ordered[len(best) : len(ordered) - len(worst)]
    start = max((len(between) - each) // 2, 0)
    chosen = zip(EXTREMES, (best, between[start : start + each], worst), strict=True)
    return {kind: [(str(ids[place]), float(scores[place])) for place in places] for kind, places in chosen}
