"""Max pooling with TensorFlow's ``SAME`` padding."""

import torch.nn.functional as F
from torch import Tensor, nn


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Padding before and after an axis that makes ``ceil(size / stride)`` windows, the odd one after.

    PyTorch pads both ends alike: at stride 2 and even sizes its windows lie one pixel earlier.

    Args:
        size (int): Length of the axis.
        kernel (int): Length of a window.
        stride (int): Step from one window to the next.

    Returns:
        tuple[int, int]: Padding before and after.
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SamePadMaxPool2d(nn.Module):
    """Max pooling of which the padding is never the maximum.

    The convolution of this padding is mmcv's ``Conv2dAdaptivePadding``.

    Args:
        kernel_size (int): Side of a window.
        stride (int): Step from one window to the next.
    """

    def __init__(self, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, feat: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, ceil(H / stride), ceil(W / stride))."""
        (top, bottom), (left, right) = (same_padding(size, self.kernel_size, self.stride) for size in feat.shape[-2:])
        padded = F.pad(feat, (left, right, top, bottom), value=float('-inf'))
        return F.max_pool2d(padded, self.kernel_size, self.stride)
