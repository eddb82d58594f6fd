"""Random choices that several modules make."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

__all__ = ['choose']

Choice = TypeVar('Choice', bound=Hashable)


def choose(rng: np.random.Generator, shares: Mapping[Choice, float]) -> Choice:
    """One of the keys, as often as its share says.

    Args:
        rng (np.random.Generator): Source of chance.
        shares (Mapping): Key -> weight, not negative, not all 0; only their ratios count.

    Returns:
        Choice: A key.
    """
    weights = np.array(list(shares.values()), np.float64)
    return list(shares)[rng.choice(len(weights), p=weights / weights.sum())]
