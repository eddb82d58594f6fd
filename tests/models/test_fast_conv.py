"""Convolution with fewer multiplications, against direct convolution."""

import numpy as np
import pytest
import torch
from mmcv.cnn import build_conv_layer
from torch import nn

from mmspd.models.inference.fast_conv import FastConv2d, gain, transforms


def make_conv(size=3, dilation=1, channels=(5, 4), bias=True, **settings):
    torch.manual_seed(0)
    settings = dict(padding=dilation * (size // 2), dilation=dilation) | settings
    return nn.Conv2d(*channels, size, bias=bias, **settings).eval()


@pytest.mark.parametrize('size', [1, 2, 3, 5, 9])
def test_the_three_matrices_correlate_exactly(size):
    rng = np.random.default_rng(0)
    tile, kernel = rng.standard_normal((2 * size, 2 * size)), rng.standard_normal((size, size))
    corners = np.ndindex(size + 1, size + 1)
    by_hand = [(tile[i : i + size, j : j + size] * kernel).sum() for i, j in corners]
    into, other, out = transforms(size)
    products = (into @ tile.ravel()) * (other @ kernel.ravel())
    assert np.allclose(out @ products, by_hand, atol=1e-12)


def test_the_number_of_products_is_the_promised_one():
    # A 3x3 has 6 points each way. Of the 100 frequencies of a real 10x10 tile 4 are real, the others make 48 pairs.
    assert [matrix.shape for matrix in transforms(3)] == [(36, 36), (36, 9), (16, 36)]
    assert [matrix.shape for matrix in transforms(5)] == [(148, 100), (148, 25), (36, 148)]
    for size in (5, 7, 9):
        assert len(transforms(size).tile) == 6 * size**2 - 2


@pytest.mark.parametrize('size', [3, 5, 7, 9])
@pytest.mark.parametrize('dilation', [1, 2, 4])
@pytest.mark.parametrize('shape', [(12, 12), (13, 7), (1, 1), (1, 30)])
def test_it_is_the_convolution(size, dilation, shape):
    conv = make_conv(size, dilation)
    maps = torch.randn(2, 5, *shape)
    with torch.no_grad():
        ours = FastConv2d(conv)(maps)
        exact = conv.double()(maps.double())
    assert ours.shape == (2, 4, *shape)
    assert ours.dtype == torch.float32
    assert (ours - exact).abs().max() < 1e-6 * maps[0].numel() ** 0.5


@pytest.mark.parametrize(('size', 'largest'), [(3, 3e-6), (9, 1e-6)])
def test_rounding_is_near_that_of_direct_convolution(size, largest):
    conv = make_conv(size, channels=(64, 64), bias=False)
    maps = torch.randn(1, 64, 24, 24)
    with torch.no_grad():
        fast = FastConv2d(conv)(maps)
        exact = conv.double()(maps.double())
    assert (fast - exact).square().mean().sqrt() < largest * exact.std()


def test_any_memory_format_and_precision_of_the_input():
    fast = FastConv2d(make_conv())
    maps = torch.randn(2, 5, 9, 9).bfloat16()
    plain = fast(maps.float())
    assert plain.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(fast(maps.contiguous(memory_format=torch.channels_last)), plain)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(fast(maps), plain)


@pytest.mark.parametrize(
    'conv',
    [
        make_conv(stride=2),
        make_conv(padding=0),
        make_conv(padding_mode='reflect'),
        make_conv(size=1),
        make_conv(size=4),
        make_conv(channels=(4, 4), groups=2),
        nn.Conv2d(4, 4, (3, 5), padding=(1, 2)),
        make_conv().bfloat16(),
        build_conv_layer(dict(type='ConvAWS'), 4, 4, 3, padding=1),  # standardises its weights first
    ],
    ids=str,
)
def test_other_convolutions_are_refused(conv):
    assert gain(conv) == 0
    with pytest.raises(ValueError, match='odd square kernel'):
        FastConv2d(conv)


def test_the_gain_counts_multiplications():
    # For 16 outputs: 36 * 36 to transform an input, 36 products, 16 * 36 to transform an output; directly 9 * 16.
    expected = 9 * 16 * 64 * 32 / (36 * 36 * 64 + 36 * 64 * 32 + 16 * 36 * 32)
    assert gain(make_conv(channels=(64, 32))) == pytest.approx(expected)
    assert gain(make_conv(9, channels=(256, 256))) > 5
    assert gain(make_conv(channels=(1, 1))) < 1
