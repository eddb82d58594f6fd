"""Evaluation records: what an evaluation found, and on which images, so that tables and comparisons need no model.

A record is a folder of two files: ``evaluation.json`` says what was evaluated and every metric; ``evaluation.npz`` has,
for each section of metrics, the arrays that its scores were made of. N is the number of measured samples, C of classes:

* ``parsing/``: ``ids`` (N,); ``counts`` int64 (N, 3, C), the correct, predicted and labelled pixels; ``confusion``
  int64 (C, C), rows are labels; ``classes`` (C,). Where boundaries were measured, ``boundary`` int64 (N, 4, C), of
  :func:`~mmspd.evaluation.functional.boundary.count_boundaries`, and their ``tolerance``, float64 ().
* ``pose/``: ``ids`` (N,), of the persons; the fields of :class:`~mmspd.evaluation.functional.keypoints.KeypointErrors`.
* ``surface/``: ``ids`` (N,); ``counts`` (N, F), with the names of the fields in ``fields`` (F,).
* ``gps/``: ``ids`` (N,), of the persons with points; ``gps`` float64 (N,); ``gpsm`` likewise, where there are masks.
  How it was measured, where the record says so: ``scale`` float64 (), the k of all points in metres, NaN for one of
  each part; ``reading`` str (), ``'charts'`` or ``'pixels'``.
"""

import json
import math
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from mmengine.evaluator import BaseMetric

from mmspd.evaluation.metrics.samples import BranchMetric
from mmspd.utils.json_file import read_json
from mmspd.utils.whole_files import whole_file, write_whole

__all__ = ['DETAILS_FILE', 'RECORD_FILE', 'EvaluationRecord', 'collect_details', 'read_record', 'write_record']

RECORD_FILE: Final = 'evaluation.json'
DETAILS_FILE: Final = 'evaluation.npz'
_FORMAT: Final = 1
_LARGEST: Final = 1 << 31  # bytes of all arrays
# What a file that is no archive of arrays, or a damaged one, makes zipfile and numpy raise.
_DAMAGE: Final = (
    *(ValueError, EOFError, OSError, KeyError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


@dataclass(frozen=True)
class EvaluationRecord:
    """What an evaluation found.

    Attributes:
        about: What was evaluated: JSON values by name, such as ``model``, ``dataset``, ``config``, ``seed``.
        metrics: Every metric by its key; NaN where nothing could be measured. Infinity is read again as NaN.
        details: Arrays by ``section/name``; see the module's docstring.
    """

    about: dict[str, Any]
    metrics: dict[str, float]
    details: dict[str, np.ndarray] = field(default_factory=dict)

    def section(self, name: str) -> dict[str, np.ndarray]:
        """The arrays of one section by their names; empty where it was not measured."""
        return {key.split('/', 1)[1]: array for key, array in self.details.items() if key.startswith(f'{name}/')}


def collect_details(metrics: Iterable[BaseMetric]) -> dict[str, np.ndarray]:
    """The details of some metrics that have just been evaluated, in the process that scored.

    Args:
        metrics (Iterable[BaseMetric]): Those without details (other packages') are passed over.

    Returns:
        dict[str, np.ndarray]: Arrays by ``section/name``; of several metrics of a section, those of the first.
    """
    found: dict[str, np.ndarray] = {}
    for metric in metrics:
        if isinstance(metric, BranchMetric) and f'{metric.section}/ids' not in found:
            found.update({f'{metric.section}/{name}': array for name, array in metric.details.items()})
    return found


def write_record(folder: Path, record: EvaluationRecord) -> None:
    """Write a record over an older one, whole or not at all: without ``evaluation.json``, which comes last, it is none.

    Args:
        folder (Path): Where to; made if it does not exist.
        record (EvaluationRecord): The record.

    Raises:
        TypeError: If something in it is no value of JSON, or an array of Python objects; an older record then stays.
        ValueError: If ``about`` holds NaN or infinity; likewise.
    """
    objects = [key for key, array in record.details.items() if array.dtype.hasobject]
    if objects:
        raise TypeError(f'arrays of Python objects cannot be read again: {", ".join(objects)}')
    metrics = {key: _for_json(value) for key, value in sorted(record.metrics.items())}
    content = {'format': _FORMAT, 'about': record.about, 'metrics': metrics}
    text = json.dumps(content, indent=2, allow_nan=False) + '\n'
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / DETAILS_FILE, folder) as file:
        # numpy before 2.1 would take allow_pickle=False for an array of that name.
        arrays: dict[str, Any] = record.details
        np.savez_compressed(file, **arrays)
        (folder / RECORD_FILE).unlink(missing_ok=True)  # an older one, which is not of these arrays
    write_whole(folder / RECORD_FILE, text.encode(), folder)


def read_record(folder: Path) -> EvaluationRecord:
    """Read a record; nothing in it is executed.

    Args:
        folder (Path): What :func:`write_record` has filled.

    Returns:
        EvaluationRecord: The record.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If a file is damaged or of another form; the message names it.
    """
    path = folder / RECORD_FILE
    if not path.exists():
        raise FileNotFoundError(f'{folder}: no {RECORD_FILE} here; tools/test.py and tools/eval_results.py write it')
    content = read_json(path)
    if not isinstance(content, Mapping) or content.get('format') != _FORMAT:
        raise ValueError(f'{path}: not an evaluation record of format {_FORMAT}')
    about, metrics = content.get('about'), content.get('metrics')
    if not isinstance(about, dict) or not isinstance(metrics, dict):
        raise ValueError(f'{path}: expected objects "about" and "metrics"')
    strays = [key for key, value in metrics.items() if not _is_metric(value)]
    if strays:
        raise ValueError(f'{path}: metrics must be finite numbers or null, but these are not: {", ".join(strays[:5])}')
    values = {key: float('nan') if value is None else float(value) for key, value in metrics.items()}
    return EvaluationRecord(about, values, _read_details(folder / DETAILS_FILE))


def _read_details(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a record; none where it came without."""
    if not path.exists():
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
        if total > _LARGEST:
            raise ValueError(f'its arrays would take {total:,} bytes, more than {_LARGEST:,}')
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except _DAMAGE as error:
        raise ValueError(f'{path}: damaged, or not the arrays of an evaluation: {error}') from error
    strangers = [name for name, array in found.items() if not isinstance(array, np.ndarray)]
    if strangers:
        raise ValueError(f'{path}: {", ".join(strangers[:5])} is no array')
    return found


def _for_json(value: float) -> float | None:
    """JSON has neither NaN nor infinity: null."""
    return float(value) if math.isfinite(value) else None


def _is_metric(value: Any) -> bool:
    """Whether a value of JSON is null or a finite number that a float holds."""
    if value is None:
        return True
    return not isinstance(value, bool | str | list | dict) and abs(value) <= sys.float_info.max
