"""Evaluated runs: found below work dirs, and put together where they differ in nothing but the seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.evaluation.record import RECORD_FILE, EvaluationRecord, read_record
from mmspd.evaluation.record_scores import section_scores

__all__ = ['EvaluatedRun', 'RunGroup', 'find_runs', 'group_names', 'group_runs']

_MOST_OPTIONS: Final = 3  # that are named
_UNLIKE_SEEDS: Final = ('checkpoint', 'data', 'date', 'results', 'seed', 'versions')


@dataclass(frozen=True, eq=False)
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

    @property
    def results(self) -> Path | None:
        """Where its result files are, or, as when all was moved, beside the record; None if it has none."""
        written = self.record.about.get('results')
        if not written:
            return None
        moved = self.folder.parent / Path(str(written)).name
        return moved if moved.exists() and not Path(str(written)).exists() else Path(str(written))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the parsing's classes; none without parsing."""
        return tuple(str(name) for name in self.record.section('parsing').get('classes', ()))


@dataclass(frozen=True, eq=False)
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

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the parsing's classes; none without parsing."""
        return self.runs[0].classes

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
        ValueError: If a record is damaged; the message names it.
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
            if place.resolve() not in found:
                found[place.resolve()] = EvaluatedRun(place, _read_checked(place))
    return list(found.values())


def _read_checked(place: Path) -> EvaluationRecord:
    """A record whose arrays fit to each other; ValueError if they do not."""
    record = read_record(place)
    try:
        section_scores(record)
    except ValueError as error:
        raise ValueError(f'{place}: {error}') from error
    return record


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
    """A different name for each group: its model, with its settings where models repeat, else with its folder."""
    models = [group.model for group in groups]
    detailed = [f'{group.model} ({group.about})' for group in groups]
    names = []
    for group, name in zip(groups, detailed, strict=True):
        if models.count(group.model) == 1:
            names.append(group.model)
        else:
            names.append(name if detailed.count(name) == 1 else f'{group.model} ({group.runs[0].folder})')
    return names


def _settings(run: EvaluatedRun) -> str:
    """What two runs must have in common to be of one group."""
    about = sorted((key, repr(value)) for key, value in run.record.about.items() if key not in _UNLIKE_SEEDS)
    return repr((run.classes, about))


def _describe(about: dict[str, Any]) -> str:
    """A record's settings in a few words; empty if it says nothing."""
    # The config of result files is that of their truth.
    files = about.get('files')
    if isinstance(files, dict):
        return 'result files of ' + ', '.join(map(str, files))
    words = [str(about['config'])] if about.get('config') else []
    if isinstance(about.get('iterations'), int):
        words.append(f'{about["iterations"]:,} iterations')
    options = [str(option) for option in about.get('options') or ()]
    words += options if len(options) <= _MOST_OPTIONS else [f'{len(options)} options']
    if about.get('tta'):
        words.append('test-time augmentation')
    return ', '.join(words)
