"""``JoinedDataset``: several data sets of persons as one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset

from mmspd.datasets.persons import PersonDataset
from mmspd.registry import DATASETS

__all__ = ['JoinedDataset']


@DATASETS.register_module()
class JoinedDataset:
    """Data sets one after the other, each as often as asked for; for training on what several annotate.

    It takes plain indices, and what :class:`ResumableSampler` yields, which mmengine's ``ConcatDataset`` does not. The
    index in this data set is handed on among the seeds, so that a sample that comes several times an epoch is changed
    in another way each time.

    The data sets' label maps must be of one label set: two that name class 10 differently would teach one head both.
    Data sets without label maps go with any. The meta information is that of the first data set with label maps.

    Args:
        datasets (Sequence): Data sets of persons, or their configs; at least one.
        repeats (Sequence[int], optional): How often each comes, 1 or more. Defaults to None: once each.
        data_root (str, optional): Only ever refused: each of the data sets has one of its own.
        lazy_init (bool): Whether their files are read later. Defaults to False.

    Raises:
        ValueError: If an argument is out of range, or the label sets differ.
    """

    def __init__(
        self,
        datasets: Sequence[PersonDataset | Mapping[str, Any]],
        repeats: Sequence[int] | None = None,
        data_root: str | None = None,
        lazy_init: bool = False,
    ) -> None:
        if data_root is not None:
            raise ValueError(
                f'{len(datasets)} data sets are joined here, each with a data_root of its own, got {data_root!r} for '
                'all of them: set train_dataloader.dataset.datasets.0.data_root=... and so on with --cfg-options'
            )
        repeats = [1] * len(datasets) if repeats is None else list(repeats)
        if not datasets or len(repeats) != len(datasets) or any(type(each) is not int or each < 1 for each in repeats):
            raise ValueError(
                f'expected one or more data sets and as many whole numbers of repeats, 1 or more, got {len(datasets)} '
                f'and {repeats}'
            )
        self.datasets: list[BaseDataset] = [
            DATASETS.build({'lazy_init': True, **each}) if isinstance(each, Mapping) else each for each in datasets
        ]
        self.repeats = repeats
        self._initialized = False
        if not lazy_init:
            self.full_init()

    def full_init(self) -> None:
        """Read the data sets' files, once."""
        if self._initialized:
            return
        for dataset in self.datasets:
            dataset.full_init()
        sizes = [len(dataset) * times for dataset, times in zip(self.datasets, self.repeats, strict=True)]
        self._ends = np.cumsum(sizes)
        labelled = {number: dataset for number, dataset in enumerate(self.datasets) if _has_labels(dataset)}
        label_sets = {number: dataset.metainfo.get('label_set') for number, dataset in labelled.items()}
        if len(set(label_sets.values())) > 1:
            raise ValueError(
                f'the joined data sets have label maps of different label sets, by position {label_sets}: their '
                'classes differ, and one head cannot learn both; read LIP or ATR with with_parsing=False'
            )
        self._metainfo = next(iter(labelled.values()), self.datasets[0]).metainfo
        self._initialized = True

    @property
    def metainfo(self) -> dict[str, Any]:
        """Classes, colours, joints and parts; see the class."""
        self.full_init()
        return dict(self._metainfo)

    def __len__(self) -> int:
        """Samples of all data sets, with repeats."""
        self.full_init()
        return int(self._ends[-1])

    def _place(self, index: int) -> tuple[BaseDataset, int]:
        """The data set of a sample, and its index there."""
        if not -len(self) <= index < len(self):
            raise IndexError(f'sample {index} of {len(self)}')
        index %= len(self)
        number = int(np.searchsorted(self._ends, index, side='right'))
        start = int(self._ends[number - 1]) if number else 0
        dataset = self.datasets[number]
        return dataset, (index - start) % len(dataset)

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """The entry of a sample; ``sample_idx`` is that in its own data set."""
        dataset, index = self._place(idx)
        return dataset.get_data_info(index)

    def __getitem__(self, idx: int | tuple[int, ...]) -> Any:
        """The sample after its data set's pipeline."""
        *draw, index = idx if isinstance(idx, tuple) else (idx,)
        dataset, place = self._place(int(index))
        return dataset[(*draw, int(index) % len(self), place)] if draw else dataset[place]


def _has_labels(dataset: BaseDataset) -> bool:
    """Whether a data set's samples have label maps; they all have, or none."""
    return len(dataset) > 0 and dataset.get_data_info(0).get('seg_map_path') is not None
