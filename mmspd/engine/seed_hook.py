"""Random numbers inside the network that a resumed run repeats."""

from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmspd.registry import HOOKS


@HOOKS.register_module()
class SeedIterationsHook(Hook):
    """Seeds PyTorch before each training iteration by the run's seed, the process and the iteration's number.

    Checkpoints do not hold the state of random generators, so dropout and stochastic depth of a resumed run would
    differ from those of an unbroken one. Augmentation has seeds of its own, from ``ResumableSampler``.
    """

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Seed the generators of all devices."""
        sequence = np.random.SeedSequence([runner.seed, get_rank(), runner.iter])
        torch.manual_seed(int(sequence.generate_state(1, np.uint64)[0]))
