"""``ResumableSampler``: an endless stream of samples that can start anywhere."""

from collections.abc import Iterator, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from mmspd.registry import DATA_SAMPLERS

__all__ = ['ResumableSampler']


@DATA_SAMPLERS.register_module()
class ResumableSampler(Sampler):
    """Endless stream of ``(seed, epoch, index)``, shared out among processes in turn.

    It is mmengine's ``InfiniteSampler`` with two differences: seed and epoch come along, so that a dataset can seed
    each sample's augmentation by them, and each epoch's order depends on (``seed``, epoch) alone, so that resuming at
    sample ten million costs one permutation. The dataset has to take such triples, as those of mmspd do;
    mmengine's wrappers (``ConcatDataset``, ``RepeatDataset``) do not.

    Args:
        dataset (Sized): The dataset.
        shuffle (bool): Whether each epoch has an order of its own. Defaults to True.
        seed (int, optional): The same on all processes. Defaults to None: drawn and shared among them; such a run
            cannot be resumed to the same stream.

    Raises:
        ValueError: If the dataset is empty.
    """

    def __init__(self, dataset: Sized, shuffle: bool = True, seed: int | None = None) -> None:
        self.rank, self.world_size = get_dist_info()
        self.size = len(dataset)
        if not self.size:
            raise ValueError('the dataset is empty: there is nothing to sample')
        self.shuffle = shuffle
        self.seed = sync_random_seed() if seed is None else seed
        self._start = 0

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """The stream from the position set by :meth:`skip` on."""
        position = self._start * self.world_size + self.rank
        while True:
            epoch, first = divmod(position, self.size)
            order = self._order(epoch)
            for place in range(first, self.size, self.world_size):
                yield self.seed, epoch, int(order[place])
                position += self.world_size

    def _order(self, epoch: int) -> np.ndarray:
        if not self.shuffle:
            return np.arange(self.size)
        return np.random.default_rng([self.seed, epoch]).permutation(self.size)

    def skip(self, num_samples: int) -> None:
        """Start at an absolute position; mmengine calls it when a run resumes.

        Args:
            num_samples (int): Number of samples of this process already used, counted from the stream's beginning.

        Raises:
            ValueError: If it is negative.
        """
        if num_samples < 0:
            raise ValueError(f'the number of samples to skip is not negative, got {num_samples}')
        self._start = num_samples

    def __len__(self) -> int:
        """Samples of an epoch, over all processes."""
        return self.size

    def set_epoch(self, epoch: int) -> None:
        """Does nothing: the stream has no end at which a runner could set an epoch."""
