"""How different colours look, also to people who are colour-blind.

Colours are R, G, B in 0..255 (sRGB). Colour-blindness is simulated as Machado, Oliveira and Fernandes (IEEE TVCG 2009)
do at full severity: a 3x3 matrix on linear R, G, B. Differences are CIEDE2000 (Sharma, Wu and Dalal, Color Research and
Application 2005): about 1 can just be seen where two colours touch, 10 at a glance.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

__all__ = ['VISIONS', 'ciede2000', 'colour_distances', 'simulate', 'to_lab']

# Rows give the linear R, G, B that is seen; Machado et al., table for a severity of 1.0.
VISIONS: Final[dict[str, np.ndarray]] = {
    'normal': np.eye(3),
    'protanopia': np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    'deuteranopia': np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    'tritanopia': np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}

# From linear sRGB to X, Y, Z (IEC 61966-2-1); white is what 1, 1, 1 gives.
_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def _to_linear(colours: np.ndarray) -> np.ndarray:
    """sRGB 0..255 as linear 0..1, (..., 3)."""
    encoded = np.asarray(colours, dtype=np.float64) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def simulate(colours: Sequence[Sequence[int]] | np.ndarray, vision: str) -> np.ndarray:
    """What a kind of vision makes of colours.

    Args:
        colours (Sequence): (..., 3), 0..255.
        vision (str): A key of ``VISIONS``.

    Returns:
        np.ndarray: float64 (..., 3), 0..255, clipped to the colours that a screen can show.

    Raises:
        ValueError: If there is no such vision.
    """
    if vision not in VISIONS:
        raise ValueError(f'vision is one of {", ".join(VISIONS)}, got {vision!r}')
    linear = np.clip(_to_linear(np.asarray(colours)) @ VISIONS[vision].T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def to_lab(colours: np.ndarray) -> np.ndarray:
    """Colours 0..255 (..., 3) as CIELAB: L in 0..100, a, b; float64 (..., 3)."""
    ratio = _to_linear(colours) @ _TO_XYZ.T / _TO_XYZ.sum(axis=1)
    edge = 6 / 29
    x, y, z = np.moveaxis(np.where(ratio > edge**3, np.cbrt(ratio), ratio / (3 * edge**2) + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Difference of colours in CIELAB; names and equations as in Sharma et al.

    Args:
        first (np.ndarray): (..., 3), L, a, b.
        second (np.ndarray): Likewise, of a shape that broadcasts.

    Returns:
        np.ndarray: float64 (...), at least 0.
    """
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(np.asarray(first), -1, 0), np.moveaxis(np.asarray(second), -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))

    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = np.where(grey, h1 + h2, h1 + turn / 2)
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    bend = 60 * np.exp(-((((hue % 360) - 275) / 25) ** 2))
    r_t = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(bend))
    l_term, c_term, h_term = d_l / s_l, d_c / s_c, d_h / s_h
    return np.sqrt(np.maximum(l_term**2 + c_term**2 + h_term**2 + r_t * c_term * h_term, 0))


def colour_distances(colours: Sequence[Sequence[int]] | np.ndarray, vision: str = 'normal') -> np.ndarray:
    """CIEDE2000 between each two colours as a kind of vision sees them.

    Args:
        colours (Sequence): (C, 3), 0..255.
        vision (str): A key of ``VISIONS``. Defaults to 'normal'.

    Returns:
        np.ndarray: float64 (C, C), symmetric, 0 on the diagonal.
    """
    lab = to_lab(simulate(colours, vision))
    return ciede2000(lab[:, None], lab[None])
