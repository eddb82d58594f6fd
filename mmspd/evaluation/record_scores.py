"""The scores of an evaluation record as sums over its samples, for intervals and comparisons.

Axis glossary: N samples, K columns, J joints.

What is resampled is a picture: the persons of one picture in ``pose`` and ``gps`` have one id and become one row.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from mmspd.anatomy import NUM_JOINTS
from mmspd.evaluation.functional.bootstrap import SummedScores, join_scores, ratio_scores
from mmspd.evaluation.functional.boundary import boundary_sums
from mmspd.evaluation.functional.keypoints import KeypointErrors, correct_keypoints
from mmspd.evaluation.functional.parsing import ParsingCounts, parsing_sums
from mmspd.evaluation.record import EvaluationRecord

__all__ = ['LOWER_IS_BETTER', 'SECTIONS', 'SampleScores', 'section_scores']

LOWER_IS_BETTER: Final = frozenset({'pose/mED'})
_PCK: Final = 0.2  # torso lengths
_PCKH: Final = 0.5  # head lengths


@dataclass(frozen=True, eq=False)
class SampleScores:
    """One section of a record.

    Attributes:
        ids: str (N,), each once.
        truth: int64 (N, T): numbers that only the annotation decides, so that two records of one data set agree in
            them; T is 0 where the record holds none.
        scores: Of N rows, in the order of ``ids``.
        repeated: Ids that stood more than once where each sample has its own; the first of them is counted.
        reading: How the predictions were read, as far as the record says: ``'charts'`` or ``'pixels'`` of ``gps``.
    """

    ids: np.ndarray
    truth: np.ndarray
    scores: SummedScores
    repeated: tuple[str, ...] = ()
    reading: str = ''

    def at(self, ids: np.ndarray) -> 'SampleScores':
        """The samples of these ids (str, any number, all of them here), in their order."""
        order = np.argsort(self.ids)
        rows = order[np.searchsorted(self.ids, ids, sorter=order)] if len(ids) else np.zeros(0, dtype=np.intp)
        return replace(self, ids=self.ids[rows], truth=self.truth[rows], scores=self.scores.taken(rows), repeated=())


def section_scores(record: EvaluationRecord) -> dict[str, SampleScores]:
    """The sections of a record that have scores of this kind; average precision has not.

    Args:
        record (EvaluationRecord): As metrics make it, or as it was read.

    Returns:
        dict[str, SampleScores]: Of ``parsing``, ``pose`` and ``gps`` those that were measured.

    Raises:
        ValueError: If an array is missing or does not fit to the others; the message names the section.
    """
    found = {}
    for name, read in SECTIONS.items():
        arrays = record.section(name)
        if not arrays:
            continue
        try:
            found[name] = read(arrays)
        except KeyError as error:
            raise ValueError(f'section {name!r} of the record: array {error} is missing') from error
        except (ValueError, IndexError, TypeError) as error:
            raise ValueError(f'section {name!r} of the record: {error}') from error
    return found


def _parsing(arrays: Mapping[str, np.ndarray]) -> SampleScores:
    """All scores of parsing, with those of boundaries where the record has them."""
    classes = [str(name) for name in arrays['classes']]
    counts = arrays['counts']
    _check_rows(arrays['ids'], counts, (3, len(classes)))
    if counts.dtype.kind not in 'iu' or (counts < 0).any():
        raise ValueError('expected counts of pixels, whole numbers from 0')
    if 'confusion' in arrays and arrays['confusion'].shape != (len(classes),) * 2:
        raise ValueError(f'expected a confusion of {len(classes)} classes, got {arrays["confusion"].shape}')
    parts = [parsing_sums(ParsingCounts(counts[:, 0], counts[:, 1], counts[:, 2]), classes)]
    if 'boundary' in arrays:
        _check_rows(arrays['ids'], arrays['boundary'], (4, len(classes)))
        parts.append(boundary_sums(arrays['boundary'], float(arrays['tolerance']), classes))
    ids, first, number = np.unique(arrays['ids'].astype(str), return_index=True, return_counts=True)
    scores = join_scores(parts).taken(first)
    return SampleScores(ids, counts[first, 2], scores, tuple(ids[number > 1].tolist()))


def _pose(arrays: Mapping[str, np.ndarray]) -> SampleScores:
    """``pose/mED``, ``pose/PCK@0.2`` and ``pose/PCKh@0.5``."""
    errors = KeypointErrors(**{field.name: arrays[field.name] for field in fields(KeypointErrors)})
    for name, shape in (('errors', (NUM_JOINTS,)), ('annotated', (NUM_JOINTS,)), ('torso', ()), ('head', ())):
        _check_rows(arrays['ids'], arrays[name], shape)
    ratios = {'pose/mED': (np.where(errors.annotated, errors.errors, 0).sum(axis=1), errors.annotated.sum(axis=1))}
    for name, lengths, threshold in (('PCK', errors.torso, _PCK), ('PCKh', errors.head, _PCKH)):
        correct, counted, _ = correct_keypoints(errors, lengths, threshold)
        ratios[f'pose/{name}@{threshold:g}'] = ((correct & counted).sum(axis=1), counted.sum(axis=1))
    return _by_picture(arrays['ids'], errors.annotated.astype(np.int64), ratio_scores(ratios))


def _gps(arrays: Mapping[str, np.ndarray]) -> SampleScores:
    """``gps/GPS``, and ``gpsm/GPSm`` where there were masks; of another scale, as ``gps@0.255/GPS``."""
    scale = float(arrays['scale']) if 'scale' in arrays else math.nan
    named = '' if math.isnan(scale) else f'@{scale:g}'
    ratios = {}
    for name, score in (('gps', 'GPS'), ('gpsm', 'GPSm')):
        if name in arrays or name == 'gps':
            _check_rows(arrays['ids'], arrays[name], ())
            ratios[f'{name}{named}/{score}'] = (arrays[name], np.ones(len(arrays[name])))
    truth = np.zeros((len(arrays['ids']), 0), dtype=np.int64)
    return replace(_by_picture(arrays['ids'], truth, ratio_scores(ratios)), reading=str(arrays.get('reading', '')))


SECTIONS: Final[dict[str, Callable[[Mapping[str, np.ndarray]], SampleScores]]] = {
    'parsing': _parsing,
    'pose': _pose,
    'gps': _gps,
}


def _by_picture(ids: np.ndarray, truth: np.ndarray, scores: SummedScores) -> SampleScores:
    """Sum up what the persons of a picture have; the number of persons is part of its truth."""
    pictures, group = np.unique(ids.astype(str), return_inverse=True)
    group = group.reshape(-1)  # as of numpy 2.0 the inverse may have another shape
    totals = np.zeros((len(pictures), 1 + truth.shape[1]), dtype=np.int64)
    np.add.at(totals, group, np.column_stack([np.ones(len(ids), dtype=np.int64), truth]))
    return SampleScores(pictures, totals, scores.grouped(group))


def _check_rows(ids: np.ndarray, array: np.ndarray, shape: tuple[int, ...]) -> None:
    """Refuse an array that has not one entry of this shape for each id."""
    if array.dtype.kind not in 'iufb':
        raise ValueError(f'expected numbers, got an array of {array.dtype}')
    if ids.ndim != 1 or array.shape != (len(ids), *shape):
        raise ValueError(f'expected {(len(ids), *shape)} numbers for ids of shape {ids.shape}, got {array.shape}')
