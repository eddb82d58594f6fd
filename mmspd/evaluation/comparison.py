"""Which of two evaluated systems is better on the same samples, and how sure that is."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mmspd.evaluation.functional.bootstrap import Difference, compare_paired
from mmspd.evaluation.record import EvaluationRecord
from mmspd.evaluation.record_scores import LOWER_IS_BETTER, SECTIONS, SampleScores, section_scores

__all__ = ['HEADLINES', 'Comparison', 'compare_records', 'sentence', 'share_better']

HEADLINES: Final = ('dataset/mIoU', 'pose/mED', 'gps/GPS')
_NAMED: Final = 5  # ids that a problem names


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes:
        differences: By the scores' names, parsing first.
        samples: Number of samples that were compared, by section.
        problems: What did not match and how it was counted, a sentence each.
        resamples: Number of resamples.
    """

    differences: dict[str, Difference]
    samples: dict[str, int]
    problems: tuple[str, ...]
    resamples: int


def compare_records(
    first: Sequence[EvaluationRecord],
    second: Sequence[EvaluationRecord],
    resamples: int = 1000,
    seed: int = 0,
    strict: bool = False,
) -> Comparison:
    """Compare two systems on the samples that all their records have, by a paired bootstrap.

    Each side may have several records, of training runs with different seeds; see
    :func:`~mmspd.evaluation.functional.bootstrap.compare_paired` for how they are averaged.

    Args:
        first (Sequence[EvaluationRecord]): At least one.
        second (Sequence[EvaluationRecord]): At least one.
        resamples (int): Number of resamples. Defaults to 1000.
        seed (int): Of the random numbers. Defaults to 0.
        strict (bool): Whether to refuse where anything does not match. Defaults to False: samples that do not match are
            left out and named.

    Returns:
        Comparison: Of the sections that all records have.

    Raises:
        ValueError: If no section or no sample is in all records, if classes differ, or, with ``strict``, if anything
            else does not match.
    """
    if not first or not second:
        raise ValueError(f'expected records on both sides, got {len(first)} and {len(second)}')
    records = _named('A', first) | _named('B', second)
    problems = _compare_about(records)
    sections = {name: section_scores(record) for name, record in records.items()}
    matched: dict[str, list[SampleScores]] = {}
    for section in SECTIONS:
        parts = {name: found[section] for name, found in sections.items() if section in found}
        if len(parts) == len(records):
            matched[section] = _match(section, parts, problems)
        elif parts:
            problems.append(f'{section}: not measured in {_list(records.keys() - parts.keys())}, so not compared')
    if strict and problems:
        raise ValueError('the records do not match: ' + '; '.join(problems))
    if not matched:
        raise ValueError('the records have nothing in common to compare: ' + ('; '.join(problems) or 'no details'))
    differences: dict[str, Difference] = {}
    for parts_in_order in matched.values():
        runs = [part.scores for part in parts_in_order]
        differences |= compare_paired(runs[: len(first)], runs[len(first) :], resamples, seed)
    samples = {section: len(parts_in_order[0].ids) for section, parts_in_order in matched.items()}
    return Comparison(differences, samples, tuple(problems), resamples)


def share_better(name: str, difference: Difference) -> tuple[bool, float]:
    """Whether the first system is at least as good in a score, and the share of resamples in which the better one is.

    Args:
        name (str): The score's name.
        difference (Difference): First minus second.

    Returns:
        tuple: Whether the first one's value is not worse; the share, NaN where there is no interval.
    """
    lower = name in LOWER_IS_BETTER
    value = difference.difference.value
    ahead = value <= 0 if lower else value >= 0
    return ahead, difference.share_below if (value < 0 or (value == 0 and lower)) else difference.share_above


def sentence(name: str, difference: Difference, first: str, second: str) -> str:
    """The outcome in one score in words.

    Args:
        name (str): The score's name.
        difference (Difference): First minus second.
        first (str): Name of the first system.
        second (str): Name of the second.

    Returns:
        str: 'SPD is better than SP in dataset/mIoU by 0.0120 [0.0040, 0.0200]; better in 99.8 % of resamples.' or that
        there is no clear difference (the interval holds 0), or none that can be measured.
    """
    interval = difference.difference
    if math.isnan(interval.value):
        return f'{first} and {second} cannot be compared in {name}: it could not be measured in all records.'
    if interval.value == 0 and interval.low == interval.high == 0:
        return f'{first} and {second} are equal in {name}: {difference.first:.4f}.'
    ahead, share = share_better(name, difference)
    better, worse = (first, second) if ahead else (second, first)
    amount = f'{abs(interval.value):.4f}'
    if math.isnan(interval.low):
        return f'{better} is ahead of {worse} in {name} by {amount}, on too few samples to say how sure that is.'
    sign = 1 if interval.value >= 0 else -1
    low, high = sorted((sign * interval.low, sign * interval.high))
    if low > 0:
        start = f'{better} is better than {worse} in {name} by'
    else:
        start = f'No clear difference between {first} and {second} in {name}: {better} is ahead by'
    return f'{start} {amount} [{low:.4f}, {high:.4f}]; better in {100 * share:.1f} % of resamples.'


def _named(side: str, runs: Sequence[EvaluationRecord]) -> dict[str, EvaluationRecord]:
    """What messages call the records of a side: A, or A1, A2 and so on."""
    return {side if len(runs) == 1 else f'{side}{place}': record for place, record in enumerate(runs, start=1)}


def _compare_about(records: Mapping[str, EvaluationRecord]) -> list[str]:
    """The problems if the records say they are of different data sets, or counted classes in different ways."""
    problems = []
    for key, what in (('dataset', 'are of different data sets'), ('label_maps', 'have different label maps')):
        values = {name: str(record.about[key]) for name, record in records.items() if key in record.about}
        if len(set(values.values())) > 1:
            found = ', '.join(f'{name} {value!r}' for name, value in values.items())
            problems.append(f'the records {what}: {found}')
    return problems


def _match(section: str, parts: Mapping[str, SampleScores], problems: list[str]) -> list[SampleScores]:
    """The samples that all records have with the same annotation, in one order; adds what did not match to problems.

    Raises:
        ValueError: If classes differ or no sample is left.
    """
    _match_scores(section, parts, problems)
    readings = {name: part.reading for name, part in parts.items() if part.reading}
    if len(set(readings.values())) > 1:
        how = ', '.join(f'{name} from {reading}' for name, reading in readings.items())
        problems.append(f'{section}: predictions were read in different ways, compared all the same: {how}')
    everywhere = set.intersection(*(set(part.ids.tolist()) for part in parts.values()))
    anywhere = set.union(*(set(part.ids.tolist()) for part in parts.values()))
    for name, part in parts.items():
        if part.repeated:
            problems.append(f'{section}: {_count(part.repeated)} more than once in {name}, the first counts')
        lacking = anywhere - set(part.ids.tolist())
        if lacking:
            problems.append(f'{section}: {_count(lacking)} not in {name}, left out')
    ids = np.array(sorted(everywhere), dtype=str)
    taken = [part.at(ids) for part in parts.values()]
    same = np.ones(len(ids), dtype=bool)
    for part in taken[1:]:
        alike = part.truth.shape == taken[0].truth.shape
        same &= (part.truth == taken[0].truth).all(axis=1) if alike else False
    if not same.all():
        problems.append(f'{section}: {_count(ids[~same].tolist())} annotated differently in the records, left out')
    if not same.any():
        raise ValueError(f'{section}: no sample is in all records with the same annotation: ' + '; '.join(problems))
    kept = [part.at(ids[same]) for part in taken]
    for name, part in zip(parts, kept, strict=True):
        unknown = np.isnan(part.scores.columns).any(axis=1)
        if unknown.any():
            problems.append(f'{section}: {_count(part.ids[unknown].tolist())} with a prediction that is NaN in {name}')
    return kept


def _match_scores(section: str, parts: Mapping[str, SampleScores], problems: list[str]) -> None:
    """Look for scores that only some records have: other classes raise ValueError, the rest is a problem."""
    names = {name: set(part.scores.values()) for name, part in parts.items()}
    anywhere = set.union(*names.values())
    for name, found in names.items():
        lacking = anywhere - found
        if section == 'parsing' and any(not each.startswith('boundary@') for each in lacking):
            raise ValueError(f'parsing: {name} has other classes than the others, so their scores do not compare')
        if lacking:
            problems.append(f'{section}: {_list(lacking)} not measured in {name}, so not compared')


def _count(ids: Collection[str]) -> str:
    """'7 samples (1, 2, 3, 4, 5, ...)'."""
    return f'{len(ids)} sample{"" if len(ids) == 1 else "s"} ({_list(ids)})'


def _list(names: Collection[str]) -> str:
    """The first of some names."""
    return ', '.join(sorted(names)[:_NAMED]) + (', ...' if len(names) > _NAMED else '')
