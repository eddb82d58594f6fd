"""Reading data samples, which metrics receive as nested dicts (``SPDDataSample.to_dict()``), with clear errors."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from logging import WARNING
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from prettytable import PrettyTable

__all__ = [
    'BranchMetric',
    'describe',
    'log_table',
    'refuse_pseudo_labels',
    'sample_id',
    'to_tensor',
    'warn_unmeasured',
]


def describe(sample: Mapping[str, Any]) -> str:
    """How an error names a sample: its file, else its id."""
    return str(sample.get('img_path') or sample.get('img_id') or 'a sample without img_path')


def sample_id(sample: Mapping[str, Any]) -> str:
    """The sample's id, else its file's name without suffix; empty if it has neither."""
    return str(sample['img_id']) if sample.get('img_id') is not None else Path(str(sample.get('img_path') or '')).stem


def refuse_pseudo_labels(sample: Mapping[str, Any]) -> None:
    """Raise ValueError for a sample whose surface points are a network's predictions."""
    if sample.get('dp_predicted'):
        raise ValueError(
            f'{describe(sample)}: its surface points were predicted by a network; predicted pseudo-labels are no '
            "truth to evaluate against. Let the data set's surface_file name annotated ones, or set "
            'surface_file=None to evaluate without the surface'
        )


class BranchMetric(BaseMetric):
    """A metric of one branch's predictions; a model without that branch has no score in it.

    So an ablation need not restate the evaluators: their keys are absent from its metrics, and the log says so.

    Attributes:
        element (str): The field of a data sample that the branch predicts, such as ``'pred_instances'``.
        section (str): The metric's name in evaluation records.
        ids (list[str]): After an evaluation, in the process that scored: the id of each result.
        details (dict[str, np.ndarray]): Likewise: what the scores were made of; see :mod:`mmspd.evaluation.record`.
    """

    element: str
    section: str
    # Keys that begin with their group, such as 'dataset/mIoU', need no prefix; None would be warned of.
    default_prefix = ''

    def __init__(self, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.ids: list[str] = []
        self.details: dict[str, np.ndarray] = {}

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Measure a batch, one result a sample."""
        for sample in data_samples:
            if sample.get(self.element) is not None:
                self.results.append((sample_id(sample), self.measure(sample)))
            elif self.results:
                raise ValueError(f'{describe(sample)}: no {self.element}, which earlier samples have')

    def compute_metrics(self, results: list[tuple[str, Any]]) -> dict[str, float]:
        """Score all results; nothing where the model predicted nothing of the kind."""
        self.ids = [identity for identity, _ in results]
        self.details = {}
        if not results:
            print_log(f'{type(self).__name__}: this model predicts no {self.element}, so it has no score', 'current')
            return {}
        return self.score([measured for _, measured in results])

    @abstractmethod
    def measure(self, sample: Mapping[str, Any]) -> Any:
        """The result of one sample, small enough to be kept and sent between processes."""

    @abstractmethod
    def score(self, results: list) -> dict[str, float]:
        """The metrics of all results, which are in the order of ``ids``; fills ``details``."""


def to_tensor(array: np.ndarray | torch.Tensor) -> torch.Tensor:
    """The same values as a tensor."""
    return torch.as_tensor(array).detach()


def warn_unmeasured(metric: str, values: Mapping[str, float]) -> None:
    """Log which values are NaN, because nothing was annotated to measure them on, or a prediction is NaN."""
    names = [name for name, value in values.items() if math.isnan(value)]
    if names:
        print_log(
            f'{metric}: NaN, as nothing annotated could be measured or a prediction is NaN: {", ".join(names)}',
            'current',
            WARNING,
        )


def log_table(title: str, heading: str, names: Sequence[str], columns: Mapping[str, np.ndarray]) -> None:
    """Log one row a name, with four decimals; ``-`` for NaN."""
    table = PrettyTable()
    table.add_column(heading, list(names), align='l')
    for column, values in columns.items():
        table.add_column(column, ['-' if math.isnan(value) else f'{value:.4f}' for value in values], align='r')
    print_log(f'{title}\n{table.get_string()}', 'current')
