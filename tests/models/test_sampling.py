"""Sampling against direct loops and PyTorch's own interpolation."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmspd.geometry import mirroring, scaling
from mmspd.models.sampling import edge_theta, grid_theta, resample, roi_align


def bilinear(channel, y, x):
    """The value of RoIAlign's rules at one place: 0 beyond one cell outside, else clamped."""
    height, width = channel.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0.0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    y0, x0 = int(y), int(x)
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    dy, dx = y - y0, x - x0
    top = channel[y0, x0] * (1 - dx) + channel[y0, x1] * dx
    bottom = channel[y1, x0] * (1 - dx) + channel[y1, x1] * dx
    return float(top * (1 - dy) + bottom * dy)


def roi_align_loop(features, roi, size, scale, ratio):
    out = np.zeros((features.shape[1], size, size))
    number, (x1, y1, x2, y2) = int(roi[0]), [float(v) * scale - 0.5 for v in roi[1:]]
    for channel in range(features.shape[1]):
        for row in range(size):
            for column in range(size):
                total = 0.0
                for sub_row in range(ratio):
                    for sub_column in range(ratio):
                        y = y1 + (y2 - y1) / size * (row + (sub_row + 0.5) / ratio)
                        x = x1 + (x2 - x1) / size * (column + (sub_column + 0.5) / ratio)
                        total += bilinear(features[number, channel].numpy(), y, x)
                out[channel, row, column] = total / ratio**2
    return out


@pytest.mark.parametrize(('size', 'ratio'), [(3, 2), (7, 1), (2, 3)])
def test_roi_align_equals_a_direct_loop(size, ratio):
    torch.manual_seed(0)
    features = torch.randn(2, 3, 6, 5)
    rois = torch.tensor(
        [
            [1, 3.0, 2.0, 30.0, 41.0],
            [0, 0.0, 0.0, 40.0, 48.0],
            [0, -30.0, -20.0, 60.0, 70.0],  # reaches more than a cell beyond the map
            [1, 10.0, 10.0, 10.0, 10.0],  # empty
        ]
    )
    got = roi_align(features, rois, size, 1 / 8, ratio)
    want = np.stack([roi_align_loop(features, roi, size, 1 / 8, ratio) for roi in rois])
    np.testing.assert_allclose(got.numpy(), want, atol=1e-5)


def test_roi_align_one_region_per_image_takes_the_same_values():
    features = torch.randn(2, 3, 6, 5)
    rois = torch.tensor([[0, 3.0, 2.0, 30.0, 41.0], [1, 0.0, 0.0, 40.0, 48.0]])
    both = roi_align(features, rois, 4, 1 / 8)
    apart = torch.cat([roi_align(features, rois[1:], 4, 1 / 8), roi_align(features, rois[:1], 4, 1 / 8)])
    torch.testing.assert_close(both, apart.flip(0))


def test_roi_align_passes_gradients_to_one_pixel_maps():
    features = torch.randn(1, 2, 1, 1, requires_grad=True)
    roi_align(features, torch.tensor([[0, 0.0, 0.0, 8.0, 8.0]]), 2, 1 / 8).sum().backward()
    # Every sample is the one cell: 4 bins.
    torch.testing.assert_close(features.grad, torch.full((1, 2, 1, 1), 4.0))


@pytest.mark.parametrize('size', [(5, 7), (33, 20), (3, 2)])
def test_resampling_by_a_resize_is_interpolation(size):
    field = torch.randn(2, 9, 6)
    matrix = scaling(6 * 8 / size[1], 9 * 8 / size[0])
    got = resample(field, edge_theta(matrix, size, (72, 48)), size)
    want = F.interpolate(field[None], size=size, mode='bilinear', align_corners=False)[0]
    torch.testing.assert_close(got, want, atol=1e-5, rtol=0)


def test_resampling_by_a_mirroring_flips():
    field = torch.randn(2, 4, 6)
    got = resample(field, edge_theta(mirroring(6), (4, 6), (4, 6)), (4, 6))
    torch.testing.assert_close(got, field.flip(-1), atol=1e-5, rtol=0)
    got = resample(field, grid_theta(mirroring(41), (30, 41), (30, 41)), (4, 6), align_corners=True)
    torch.testing.assert_close(got, field.flip(-1), atol=1e-5, rtol=0)


def test_udp_heatmaps_are_resampled_to_where_their_joints_are():
    # A ramp whose value is its own x coordinate in network pixels, on a grid of 5 cells over 33 px.
    ramp = (torch.arange(5.0) * 32 / 4).expand(1, 5, 5)
    # The other network input is twice as wide: pixel x of it is pixel (x + 0.5) / 2 - 0.5 of this one.
    matrix = np.linalg.inv(scaling(2.0, 2.0))
    got = resample(ramp, grid_theta(matrix, (66, 66), (33, 33)), (9, 9), align_corners=True)
    cells = torch.arange(9.0) * 65 / 8
    want = ((cells + 0.5) / 2 - 0.5).clamp(0, 32)
    torch.testing.assert_close(got[0, 4], want, atol=1e-4, rtol=0)
