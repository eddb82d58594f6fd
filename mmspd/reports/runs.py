"""Evaluated runs: found below work dirs, and put together where they differ in nothing but the seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmspd.evaluation.record import RECORD_FILE, EvaluationRecord, read_record

__all__ = ['EvaluatedRun', 'RunGroup', 'find_runs', 'group_names', 'group_runs']

_UNLIKE_SEEDS = ('checkpoint', 'data', 'date', 'results', 'seed', 'versions')


@dataclass(frozen=True)
class EvaluatedRun:
    """A record and where it lies."""

    folder: Path
    record: EvaluationRecord

    @property
    def model(self) -> str:
        """The model's name, else the folder's."""
        return str(self.record.about.get('model') or self.folder.name)

    @property
    def dataset(self) -> str:
        """The data set's name; empty if the record does not say."""
        return str(self.record.about.get('dataset') or '')

    @property
    def work_dir(self) -> Path:
        """Where it was trained: the checkpoint's folder, else, as when all was moved, the one around the record."""
        checkpoint = Path(str(self.record.about.get('checkpoint') or self.folder))
        return checkpoint.parent if checkpoint.exists() else self.folder.parent


@dataclass(frozen=True)
class RunGroup:
    """Runs of one model on one data set, one a seed.

    Attributes:
        model: The model's name.
        dataset: The data set's.
        about: What the runs have in common, for people: ``'spd_quick, 400 iterations'``.
        runs: At least one.
    """

    model: str
    dataset: str
    about: str
    runs: tuple[EvaluatedRun, ...]

    def values(self, key: str) -> np.ndarray:
        """A metric in each run that measured it: float64, (R,)."""
        values = (run.record.metrics.get(key, float('nan')) for run in self.runs)
        return np.array([value for value in values if not np.isnan(value)], dtype=np.float64)

    def details(self, section: str) -> list[dict[str, np.ndarray]]:
        """The arrays of a section of each run that has them."""
        return [arrays for run in self.runs if (arrays := run.record.section(section))]

    def confusion(self) -> np.ndarray | None:
        """Pixels by label and prediction, summed over the runs: int64, (C, C); None without parsing."""
        matrices = [arrays['confusion'] for arrays in self.details('parsing') if 'confusion' in arrays]
        return np.sum(matrices, axis=0) if matrices else None


def find_runs(folders: Iterable[Path]) -> list[EvaluatedRun]:
    """All records in and below some folders, by name.

    Args:
        folders (Iterable[Path]): Work dirs, folders of such, or records.

    Returns:
        list[EvaluatedRun]: Each record once.

    Raises:
        FileNotFoundError: If a folder is missing or holds no record; the message names it.
        ValueError: If a record is damaged.
    """
    found: dict[Path, EvaluatedRun] = {}
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f'{folder}: expected a folder with evaluated runs')
        places = sorted(path.parent for path in folder.rglob(RECORD_FILE))
        if not places:
            raise FileNotFoundError(
                f'{folder}: no evaluated run ({RECORD_FILE}) in it or below; `tools/test.py --record` makes one'
            )
        for place in places:
            found.setdefault(place.resolve(), EvaluatedRun(place, read_record(place)))
    return list(found.values())


def group_runs(runs: Sequence[EvaluatedRun]) -> list[RunGroup]:
    """Put runs together that differ in nothing but the seed.

    Args:
        runs (Sequence[EvaluatedRun]): In any order.

    Returns:
        list[RunGroup]: In the order of their first runs.

    Raises:
        ValueError: If a seed comes twice in a group: its weight in means would double.
    """
    groups: dict[tuple[str, str, str], list[EvaluatedRun]] = {}
    for run in runs:
        groups.setdefault((run.model, run.dataset, _settings(run)), []).append(run)
    for members in groups.values():
        seeds = [run.record.about.get('seed') for run in members]
        for seed in set(seeds):
            if seed is not None and seeds.count(seed) > 1:
                same = ', '.join(str(run.folder) for run in members if run.record.about.get('seed') == seed)
                raise ValueError(f'{same}: several evaluations of one model from seed {seed}; name one of them')
    return [
        RunGroup(model, dataset, _describe(members[0].record.about), tuple(members))
        for (model, dataset, _), members in groups.items()
    ]


def group_names(groups: Sequence[RunGroup]) -> list[str]:
    """A different name for each group: its model, with its settings where models repeat."""
    models = [group.model for group in groups]
    return [f'{group.model} ({group.about})' if models.count(group.model) > 1 else group.model for group in groups]


def _settings(run: EvaluatedRun) -> str:
    """What two runs must have in common to be of one group."""
    return repr(sorted((key, repr(value)) for key, value in run.record.about.items() if key not in _UNLIKE_SEEDS))


def _describe(about: dict[str, Any]) -> str:
    """A record's settings in a few words; empty if it says nothing."""
    words = [str(about['config'])] if about.get('config') else []
    if isinstance(about.get('iterations'), int):
        words.append(f'{about["iterations"]:,} iterations')
    if about.get('tta'):
        words.append('test-time augmentation')
    return ', '.join(words)
