"""Colours of cloth, leather, hair and skin: linear albedo.

Colours are float32 (3,), B, G, R, in 0..1 and linear in light; the camera's curve comes last, see
:mod:`mmspd.synthetic.photography`. The tables below are written as people name colours: hue in degrees, saturation and
value as displayed on a screen.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

Colour = tuple[float, float, float]  # B, G, R

GAMMA: Final = 2.2  # of displayed values: light = displayed ** 2.2


class _Shades(NamedTuple):
    """A range of colours: weight among its table, hue in degrees, saturation and value in 0..1 as displayed."""

    weight: float
    hue: tuple[float, float]
    saturation: tuple[float, float]
    value: tuple[float, float]


_CLOTH: Final = (
    _Shades(0.16, (0, 360), (0.0, 0.12), (0.07, 0.20)),  # black
    _Shades(0.13, (20, 60), (0.0, 0.07), (0.85, 0.97)),  # white
    _Shades(0.13, (180, 260), (0.0, 0.10), (0.28, 0.75)),  # grey
    _Shades(0.10, (215, 240), (0.30, 0.65), (0.16, 0.36)),  # navy
    _Shades(0.10, (205, 225), (0.25, 0.55), (0.35, 0.70)),  # denim
    _Shades(0.09, (28, 45), (0.15, 0.38), (0.62, 0.86)),  # beige, khaki
    _Shades(0.05, (15, 32), (0.40, 0.65), (0.22, 0.50)),  # brown
    _Shades(0.04, (60, 100), (0.22, 0.45), (0.25, 0.48)),  # olive
    _Shades(0.08, (0, 360), (0.12, 0.32), (0.75, 0.93)),  # pastel
    _Shades(0.04, (345, 365), (0.60, 0.88), (0.45, 0.82)),  # red
    _Shades(0.08, (0, 360), (0.50, 0.85), (0.35, 0.85)),  # any other saturated colour
)
_LEATHER: Final = (
    _Shades(0.36, (0, 40), (0.0, 0.15), (0.08, 0.20)),  # black
    _Shades(0.22, (15, 28), (0.45, 0.65), (0.20, 0.42)),  # dark brown
    _Shades(0.10, (22, 34), (0.40, 0.60), (0.50, 0.72)),  # tan
    _Shades(0.18, (30, 60), (0.0, 0.06), (0.80, 0.95)),  # white trainers
    _Shades(0.08, (190, 250), (0.02, 0.15), (0.30, 0.60)),  # grey
    _Shades(0.06, (0, 360), (0.50, 0.85), (0.35, 0.80)),  # coloured
)
_HAIR: Final = (
    _Shades(0.36, (15, 35), (0.10, 0.35), (0.07, 0.16)),  # black
    _Shades(0.24, (18, 30), (0.40, 0.60), (0.16, 0.28)),  # dark brown
    _Shades(0.15, (22, 32), (0.42, 0.60), (0.28, 0.45)),  # brown
    _Shades(0.11, (28, 40), (0.30, 0.50), (0.55, 0.82)),  # blond
    _Shades(0.04, (14, 22), (0.60, 0.78), (0.38, 0.62)),  # red
    _Shades(0.06, (30, 60), (0.0, 0.08), (0.40, 0.70)),  # grey
    _Shades(0.03, (30, 60), (0.0, 0.06), (0.75, 0.90)),  # white
    _Shades(0.01, (0, 360), (0.50, 0.80), (0.40, 0.75)),  # dyed
)
# Skin from the lightest to the darkest as displayed R, G, B in 0..255; tones in between are interpolated.
_SKIN: Final = np.array(
    [
        (243, 217, 200),
        (232, 196, 170),
        (218, 174, 142),
        (194, 144, 108),
        (162, 112, 80),
        (126, 82, 58),
        (92, 59, 43),
        (64, 43, 35),
    ],
    np.float64,
)


def as_tuple(colour: np.ndarray) -> Colour:
    """A colour (3,) as a tuple, for frozen patterns."""
    blue, green, red = (float(value) for value in colour)
    return blue, green, red


def from_srgb(red: float, green: float, blue: float) -> np.ndarray:
    """A displayed colour, each channel in 0..255, as linear albedo float32 (3,), B, G, R."""
    return ((np.array([blue, green, red]) / 255) ** GAMMA).astype(np.float32)


def from_hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """A displayed colour as linear albedo.

    Args:
        hue (float): In degrees, any number.
        saturation (float): In 0..1.
        value (float): In 0..1.

    Returns:
        np.ndarray: float32 (3,), B, G, R.
    """
    # Distance of the hue from each channel's own: blue 240, green 120, red 0 degrees.
    sector = (np.array([1.0, 3.0, 5.0]) + hue / 60) % 6
    rise = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return ((value * (1 - saturation * rise)) ** GAMMA).astype(np.float32)


def _sample(rng: np.random.Generator, table: Sequence[_Shades]) -> np.ndarray:
    weights = np.array([shades.weight for shades in table])
    shades = table[int(rng.choice(len(table), p=weights / weights.sum()))]
    return from_hsv(rng.uniform(*shades.hue), rng.uniform(*shades.saturation), rng.uniform(*shades.value))


def sample_cloth_colour(rng: np.random.Generator) -> np.ndarray:
    """A colour of clothes, mostly black, white, grey, blue and beige: float32 (3,), linear B, G, R."""
    return _sample(rng, _CLOTH)


def sample_leather_colour(rng: np.random.Generator) -> np.ndarray:
    """A colour of shoes: float32 (3,), linear B, G, R."""
    return _sample(rng, _LEATHER)


def sample_hair_colour(rng: np.random.Generator) -> np.ndarray:
    """A colour of hair: float32 (3,), linear B, G, R."""
    return _sample(rng, _HAIR)


def sample_skin_colour(rng: np.random.Generator) -> np.ndarray:
    """A skin tone, from the lightest to the darkest alike: float32 (3,), linear B, G, R; red >= green >= blue."""
    tone = rng.uniform(0, len(_SKIN) - 1)
    displayed = np.array([np.interp(tone, np.arange(len(_SKIN)), _SKIN[:, channel]) for channel in range(3)])
    # Redder or yellower, and a little lighter or darker, than the mean of that tone.
    displayed *= rng.uniform(0.95, 1.04) * (1 + rng.uniform(-0.03, 0.03) * np.array([0.4, -0.6, -0.6]))
    red, green, blue = np.minimum(displayed, 250)
    return from_srgb(red, green, blue)
