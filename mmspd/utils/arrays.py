"""One form for the numpy arrays and tensors that samples hold."""

import numpy as np
import torch

__all__ = ['to_numpy']


def to_numpy(array: np.ndarray | torch.Tensor) -> np.ndarray:
    """The same values as a numpy array in main memory, copied only from another device."""
    return array.detach().cpu().numpy() if isinstance(array, torch.Tensor) else np.asarray(array)
