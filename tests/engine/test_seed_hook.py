"""Random numbers of an iteration do not depend on the iterations before it."""

from types import SimpleNamespace

import torch

from mmspd.engine import SeedIterationsHook


def drawn(iteration, seed=0):
    SeedIterationsHook().before_train_iter(SimpleNamespace(seed=seed, iter=iteration), iteration)
    return torch.rand(4).tolist()


def test_an_iteration_draws_the_same_numbers_whatever_came_before():
    unbroken = [drawn(iteration) for iteration in range(3)]
    torch.manual_seed(1234)
    assert drawn(2) == unbroken[2]
    assert len({tuple(numbers) for numbers in unbroken}) == 3
    assert drawn(2, seed=1) != unbroken[2]
