"""Joint heatmaps: mmpose's ``UDPHeatmap`` with a decoder that is right at the borders too.

Axis glossary: N maps, K joints, w, h heatmap cells, W, H network input pixels. Cell i of a heatmap stands for pixel
``i * (W - 1) / (w - 1)`` (Huang et al., "The Devil is in the Details", CVPR 2020): first and last cell lie on first and
last pixel, so a mirrored heatmap is exactly the heatmap of the mirrored joints.

Why not mmpose's decoding: it multiplies by W where W - 1 is meant (0.75 px on average at 384), it blurs with zeros
beyond the border, which shifts joints within 3 sigma of it by up to one cell (8 px), and it turns an all-zero map into
NaN. The decoder here fits a Gaussian to the cells around the maximum instead: a least-squares parabola through the
logarithms, weighted by the squared values (Guo, "A simple algorithm for fitting a Gaussian function", IEEE Signal
Processing Magazine 2011). Cells beyond the border are left out of the fit rather than taken as zero.
"""

import numpy as np
from mmpose.codecs import UDPHeatmap
from mmpose.registry import KEYPOINT_CODECS

__all__ = ['SPDHeatmap', 'cell_size', 'decode_heatmaps', 'draw_gaussians', 'heatmap_size_of', 'locate_peaks']

# Monomials x^i y^j of the fitted parabola, as (i, j).
_MONOMIALS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
# Fraction of a map's maximum below which a cell says nothing about the peak.
_NEGLIGIBLE = 1e-3
# A true peak lies within half a cell of the largest one, or with noise a little more.
_MAX_OFFSET = 1.0


def heatmap_size_of(input_size: tuple[int, int], stride: int = 8) -> tuple[int, int]:
    """Heatmap size (w, h) of a network input (W, H): each side divided by ``stride``, rounded up."""
    width, height = input_size
    return -(-width // stride), -(-height // stride)


def cell_size(input_size: tuple[int, int], heatmap_size: tuple[int, int]) -> np.ndarray:
    """Pixels from one heatmap cell to the next: float64 (2,), x and y."""
    sizes = np.array([input_size, heatmap_size], dtype=np.float64)
    if sizes.min() < 2:
        raise ValueError(
            f'a heatmap needs at least 2 x 2 cells and pixels, got {heatmap_size} for an input of {input_size}'
        )
    return (sizes[0] - 1) / (sizes[1] - 1)


def draw_gaussians(centres: np.ndarray, heatmap_size: tuple[int, int], sigma: int) -> np.ndarray:
    """Gaussians of height 1, cut off at 3 sigma from the cell nearest to the centre.

    Args:
        centres (np.ndarray): (..., 2), heatmap cells; NaN or a place more than 3 sigma outside gives an empty map.
        heatmap_size (tuple): (w, h).
        sigma (int): Standard deviation in cells.

    Returns:
        np.ndarray: float32 (..., h, w), 0..1.
    """

    def along(axis: int) -> np.ndarray:
        centre = centres[..., axis, None].astype(np.float64)
        cells = np.arange(heatmap_size[axis])
        near = np.abs(cells - np.floor(centre + 0.5)) <= 3 * sigma
        with np.errstate(under='ignore'):
            return np.where(near, np.exp(-((cells - centre) ** 2) / (2 * sigma**2)), 0.0).astype(np.float32)

    return along(1)[..., :, None] * along(0)[..., None, :]


def _highest_cells(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place (N, 2) of the largest value of each map (N, h, w), the mean place of equal ones, and that value (N,).

    The first of equal cells, as ``argmax`` gives it, would not mirror.
    """
    height, width = heatmaps.shape[1:]
    scores = heatmaps.max(axis=(1, 2))
    ties = heatmaps == scores[:, None, None]
    count = ties.sum(axis=(1, 2))
    x = (ties.sum(axis=1) * np.arange(width)).sum(axis=1) / count
    y = (ties.sum(axis=2) * np.arange(height)).sum(axis=1) / count
    return np.stack([x, y], axis=1), scores


def _solve_parabola(weights: np.ndarray, values: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Top of the weighted least-squares parabola through ``values``.

    Args:
        weights (np.ndarray): float64 (N, h, w), not negative.
        values (np.ndarray): float64 (N, h, w).
        x (np.ndarray): float64 (N, w), column coordinates from the starting cell.
        y (np.ndarray): float64 (N, h), row coordinates from the starting cell.

    Returns:
        np.ndarray: float64 (N, 2), from the starting cell; 0 where the parabola has no top.
    """
    x_powers = x[:, None, :] ** np.arange(5)[:, None]
    y_powers = y[:, None, :] ** np.arange(5)[:, None]
    moments = x_powers @ weights.transpose(0, 2, 1) @ y_powers.transpose(0, 2, 1)
    targets = x_powers[:, :3] @ (weights * values).transpose(0, 2, 1) @ y_powers[:, :3].transpose(0, 2, 1)
    i, j = np.array(_MONOMIALS).T
    normal = moments[:, i[:, None] + i, j[:, None] + j]
    # A trace of ridge: too few cells for six unknowns give the smallest solution instead of an error.
    normal += 1e-9 * np.eye(6) * (1 + moments[:, 0, 0, None, None])
    _, b, c, d, e, f = np.linalg.solve(normal, targets[:, i, j, None])[..., 0].T
    determinant = 4 * d * f - e**2
    has_top = (d < -1e-6) & (f < -1e-6) & (determinant > 1e-9)
    safe = np.where(has_top, determinant, 1.0)
    top = np.stack([(c * e - 2 * b * f) / safe, (b * e - 2 * c * d) / safe], axis=1)
    return np.where(has_top[:, None], np.clip(top, -_MAX_OFFSET, _MAX_OFFSET), 0.0)


def locate_peaks(heatmaps: np.ndarray, sigma: int) -> tuple[np.ndarray, np.ndarray]:
    """Sub-cell places of the maxima.

    Args:
        heatmaps (np.ndarray): (N, h, w), any float. Values that are not finite count as 0.
        sigma (int): Standard deviation of the Gaussians in cells; cells up to 1.5 sigma away take part in the fit.

    Returns:
        tuple: Places float64 (N, 2) in cells and scores float64 (N,), the maxima. A map without a positive value
        gives the largest cell (the middle of equal ones: the map's centre if it is constant) and a score <= 0.
    """
    maps = np.nan_to_num(heatmaps.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    cells, scores = _highest_cells(maps)
    height, width = maps.shape[1:]
    x = np.arange(width) - cells[:, :1]
    y = np.arange(height) - cells[:, 1:]
    radius = -(-3 * sigma // 2)
    window = (np.abs(y) <= radius)[:, :, None] & (np.abs(x) <= radius)[:, None, :]
    relative = maps / np.where(scores > 0, scores, 1.0)[:, None, None]
    used = window & (relative > _NEGLIGIBLE) & (scores > 0)[:, None, None]
    relative = np.where(used, relative, 1.0)
    weights = np.where(used, relative**2, 0.0)
    return cells + _solve_parabola(weights, np.log(relative), x, y), scores


def decode_heatmaps(heatmaps: np.ndarray, input_size: tuple[int, int], sigma: int) -> tuple[np.ndarray, np.ndarray]:
    """Joints of any number of heatmaps of any size.

    Args:
        heatmaps (np.ndarray): (..., K, h, w).
        input_size (tuple): (W, H) of the network input that the heatmaps cover.
        sigma (int): Standard deviation in cells.

    Returns:
        tuple: Joints float32 (..., K, 2) in network input pixels, always inside the input (-0.5 to W - 0.5), and
        scores float32 (..., K): the maxima, 0 or below where a map has no positive value.
    """
    *leading, height, width = heatmaps.shape
    places, scores = locate_peaks(heatmaps.reshape(-1, height, width), sigma)
    pixels = places * cell_size(input_size, (width, height))
    pixels = np.clip(pixels, -0.5, np.array(input_size) - 0.5).astype(np.float32)
    return pixels.reshape(*leading, 2), scores.astype(np.float32).reshape(leading)


@KEYPOINT_CODECS.register_module()
class SPDHeatmap(UDPHeatmap):
    """mmpose's Gaussian ``UDPHeatmap`` whose decoding is the inverse of its encoding.

    Args:
        input_size (tuple): Network input (W, H) in pixels.
        heatmap_size (tuple, optional): (w, h) in cells. Defaults to an eighth of the input, rounded up.
        sigma (int): Standard deviation of the Gaussians in cells, a whole number of at least 1: mmpose cuts the
            Gaussian out of a window of whole cells, and with a broken sigma the two are shifted. Defaults to 2.

    Raises:
        ValueError: If ``sigma`` is not whole or not positive, or a size is below 2.
    """

    def __init__(
        self, input_size: tuple[int, int], heatmap_size: tuple[int, int] | None = None, sigma: float = 2
    ) -> None:
        if sigma < 1 or sigma != int(sigma):
            raise ValueError(f'sigma is a whole number of heatmap cells, at least 1, got {sigma}')
        if heatmap_size is None:
            heatmap_size = heatmap_size_of(input_size)
        cell_size(input_size, heatmap_size)
        super().__init__(input_size=input_size, heatmap_size=heatmap_size, heatmap_type='gaussian', sigma=int(sigma))

    def encode(self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Draw joints: for joints inside the input what mmpose draws, without its loop over joints.

        Args:
            keypoints (np.ndarray): (1, K, 2), network input pixels.
            keypoints_visible (np.ndarray, optional): (1, K); below 0.5 a joint is missing. Defaults to all 1.

        Returns:
            dict: ``heatmaps`` float32 (K, h, w), and ``keypoint_weights`` float32 (1, K): ``keypoints_visible``, but 0
            for a joint so far outside that its Gaussian does not touch the map. Missing joints have an empty map.
        """
        if keypoints.shape[0] != 1:
            raise ValueError(f'one person a heatmap, got {keypoints.shape[0]} persons')
        shape = keypoints.shape[:2]
        visible = np.ones(shape, np.float32) if keypoints_visible is None else keypoints_visible.astype(np.float32)
        centres = keypoints[0] / cell_size(self.input_size, self.heatmap_size)
        heatmaps = draw_gaussians(centres, self.heatmap_size, self.sigma)
        heatmaps[visible[0] < 0.5] = 0
        empty = ~heatmaps.any(axis=(1, 2))
        return {'heatmaps': heatmaps, 'keypoint_weights': np.where(empty & (visible >= 0.5), np.float32(0), visible)}

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find joints.

        Args:
            encoded (np.ndarray): Heatmaps (K, h, w).

        Returns:
            tuple: Joints float32 (1, K, 2) in network input pixels and scores float32 (1, K), see
            :func:`decode_heatmaps`.
        """
        keypoints, scores = decode_heatmaps(encoded, self.input_size, self.sigma)
        return keypoints[None], scores[None]
