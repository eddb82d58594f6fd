"""Convolution with fewer multiplications: a quarter for a 3x3, a sixth for a 5x5, a sixteenth for a 9x9.

Direct convolution multiplies ``r^2`` times for each output and pair of channels. Here a map is cut into overlapping
tiles of ``n = 2r`` cells a side, each of which gives ``m = n - r + 1 = r + 1`` outputs a side. Tile and kernel are
transformed linearly, multiplied number by number, and the products transformed back. The transforms are shared by all
channels, so each step is one matrix product, the middle one over the channels.

* 3x3: polynomials through six points, 36 products for 16 outputs (Winograd's algorithm; Lavin and Gray, "Fast
  Algorithms for Convolutional Neural Networks", CVPR 2016).
* Larger: the discrete Fourier transform, ``6 r^2 - 2`` products for ``(r + 1)^2`` outputs, as polynomials through more
  points lose digits. Frequencies of a real signal come in conjugate pairs, of which one is enough, and a complex
  product takes three real ones: (a + ib)(c + id) = (k1 - k3) + i(k1 + k2) with k1 = c(a + b), k2 = a(d - c),
  k3 = b(c + d).

Results differ from direct convolution's by rounding: of the outputs' spread, errors are 9e-7 in place of 2e-7 for 3x3,
and 4e-7 in place of 3e-7 to 4e-7 for larger kernels (256 channels, root mean square). Transformed kernels take four
times (3x3) to six times the memory.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from mmcv.cnn import Conv2d
from torch import Tensor, nn


class Transforms(NamedTuple):
    """The three matrices of a kernel size r, with n = 2r, m = r + 1 and P products.

    Attributes:
        tile (np.ndarray): float64 (P, n * n), from a tile to one factor of each product.
        kernel (np.ndarray): float64 (P, r * r), from a kernel to the other factor.
        output (np.ndarray): float64 (m * m, P), from the products to the outputs.
    """

    tile: np.ndarray
    kernel: np.ndarray
    output: np.ndarray


# Among points that are easily said these lose the fewest digits.
_POINTS: Final = (0.0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5))


@lru_cache
def transforms(kernel_size: int) -> Transforms:
    """The matrices for a kernel of ``kernel_size`` x ``kernel_size``, a positive number."""
    return polynomial_transforms(_POINTS) if kernel_size == 3 else fourier_transforms(kernel_size)


def polynomial_transforms(points: Sequence[float]) -> Transforms:
    """Multiplication of polynomials by their values at points and at infinity, transposed, which is correlation.

    Args:
        points (Sequence[float]): Different numbers, ``n - 1`` for tiles of n = 2r; an odd number of them.
    """
    size = len(points) + 1

    def values(coefficients: int) -> np.ndarray:
        matrix = np.vander([*points, 0.0], coefficients, increasing=True)
        matrix[-1] = np.eye(coefficients)[-1]  # at infinity the highest power alone counts
        return matrix

    one_way = (np.linalg.inv(values(size)).T, values(size // 2), values(size // 2 + 1).T)
    return Transforms(*(np.kron(matrix, matrix) for matrix in one_way))


def fourier_transforms(kernel_size: int) -> Transforms:
    """Products of discrete Fourier transforms, one for each real frequency and three for each pair."""
    size, outputs = 2 * kernel_size, kernel_size + 1
    roots = np.exp(-2j * np.pi * np.outer(np.arange(size), np.arange(size)) / size)
    matrices: tuple[list[np.ndarray], ...] = ([], [], [])
    for u, v in np.ndindex(size, size):
        mirrored = (-u % size, -v % size)
        if mirrored < (u, v):
            continue  # the conjugate of a frequency that was met before
        wave = np.outer(roots[u], roots[v])
        # Networks correlate: the kernel's transform is conjugated, as is the inverse's.
        x, w, y = wave.ravel(), wave[:kernel_size, :kernel_size].conj().ravel(), wave[:outputs, :outputs].conj().ravel()
        if mirrored == (u, v):
            rows = [x.real], [w.real], [y.real]
        else:
            rows = (
                [x.real + x.imag, x.real, x.imag],
                [w.real, w.imag - w.real, w.real + w.imag],
                # The pair's two terms add up to twice the real part of (re + i im) y.
                [2 * (y.real - y.imag), -2 * y.imag, -2 * y.real],
            )
        for matrix, own in zip(matrices, rows, strict=True):
            matrix += own
    tile, kernel, output = map(np.array, matrices)
    return Transforms(tile, kernel, output.T / size**2)


def gain(conv: nn.Conv2d) -> float:
    """How many times fewer multiplications than direct convolution; 0 for convolutions that this module cannot do.

    It does odd square kernels larger than 1x1 at stride 1, of any dilation, that keep the size by padding with zeros,
    in float32. A subclass of ``nn.Conv2d`` may change its weights before it applies them, and is left alone.
    """
    size, dilation = conv.kernel_size[0], conv.dilation[0]
    padding = dilation * (size // 2)
    fits = (
        type(conv) in (nn.Conv2d, Conv2d)
        and conv.weight.dtype == torch.float32
        and size % 2 == 1
        and size > 1
        and conv.kernel_size == (size, size)
        and conv.dilation == (dilation, dilation)
        and conv.stride == (1, 1)
        and conv.padding == (padding, padding)
        and conv.padding_mode == 'zeros'
        and conv.groups == 1
    )
    if not fits:
        return 0.0
    tile, _, output = transforms(size)
    products = len(tile)
    channels = conv.in_channels * conv.out_channels
    cost = tile.size * conv.in_channels + products * channels + output.size * conv.out_channels
    return size**2 * channels * len(output) / cost


class FastConv2d(nn.Module):
    """A trained ``nn.Conv2d``, computed tile by tile as this module says; for inference, in float32.

    Args:
        conv (nn.Conv2d): One whose :func:`gain` is not 0; its weights are transformed once and not kept.

    Raises:
        ValueError: A convolution that cannot be computed like this.
    """

    tile: Tensor
    kernel: Tensor
    output: Tensor

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        if not gain(conv):
            raise ValueError(
                'FastConv2d needs a plain convolution in float32 with an odd square kernel larger than 1x1, stride 1, '
                f'one group and zero padding that keeps the size, got {conv} in {conv.weight.dtype}'
            )
        self.kernel_size, self.dilation = conv.kernel_size[0], conv.dilation[0]
        self.in_channels, self.out_channels = conv.in_channels, conv.out_channels
        tile, kernel, output = (torch.from_numpy(matrix).to(conv.weight) for matrix in transforms(self.kernel_size))
        flat = conv.weight.detach().permute(2, 3, 1, 0).flatten(2).flatten(0, 1)
        self.register_buffer('tile', tile)
        self.register_buffer('kernel', (kernel @ flat).view(-1, self.in_channels, self.out_channels))
        self.register_buffer('output', output)
        self.bias = conv.bias

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f'{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, dilation={self.dilation}'

    def forward(self, maps: Tensor) -> Tensor:
        """Convolve maps (N, C, h, w): (N, K, h, w) in ``torch.channels_last``, float32."""
        number, _, height, width = maps.shape
        outputs, step, reach = self.kernel_size + 1, self.dilation, self.kernel_size - 1
        # Dilation d: d x d interleaved maps, each convolved densely.
        rows, columns = (-(-side // (outputs * step)) for side in (height, width))
        before = step * reach // 2
        after = [step * (count * outputs + reach) - side - before for count, side in ((columns, width), (rows, height))]
        padded = F.pad(maps.float().permute(0, 2, 3, 1), (0, 0, before, after[0], before, after[1]))
        phases = padded.unflatten(2, (-1, step)).unflatten(1, (-1, step))
        size = 2 * self.kernel_size
        tiles = phases.unfold(1, size, outputs).unfold(3, size, outputs)  # (N, rows, d, columns, d, C, n, n)
        with torch.autocast(maps.device.type, enabled=False):
            factors = self.tile @ tiles.permute(6, 7, 0, 1, 2, 3, 4, 5).reshape(size**2, -1)
            products = torch.bmm(factors.view(len(self.tile), -1, self.in_channels), self.kernel)
            results = self.output @ products.flatten(1)
        grid = results.view(outputs, outputs, number, rows, step, columns, step, self.out_channels)
        picture = grid.permute(2, 3, 0, 4, 5, 1, 6, 7).flatten(4, 6).flatten(1, 3)[:, :height, :width]
        return (picture if self.bias is None else picture + self.bias).permute(0, 3, 1, 2)
