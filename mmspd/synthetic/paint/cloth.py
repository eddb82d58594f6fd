"""Random cloth patterns, about as often as people wear them.

Half of all clothes are plain or nearly so; of the rest, stripes, checks and woven textures are the most frequent.
"""

from typing import Final

import numpy as np

from mmspd.synthetic.chance import choose
from mmspd.synthetic.paint.colours import Colour, as_tuple, from_srgb, sample_cloth_colour
from mmspd.synthetic.paint.patterns import (
    Bands,
    Blotches,
    Checks,
    Dots,
    Flowers,
    Gradient,
    Pattern,
    Plain,
    Print,
    Stripes,
    Weave,
)

#: Share of each kind among sampled patterns. A print is added to some plain, woven and striped ones.
PATTERN_SHARES: Final = {
    'plain': 0.36,
    'weave': 0.22,
    'stripes': 0.14,
    'checks': 0.09,
    'dots': 0.03,
    'flowers': 0.05,
    'blotches': 0.05,
    'camouflage': 0.02,
    'gradient': 0.04,
}
PRINT_SHARE: Final = 0.3
_CAMOUFLAGE: Final = (
    ((142, 133, 98), (78, 86, 56), (88, 66, 46), (38, 38, 34)),
    ((196, 178, 142), (158, 134, 100), (120, 98, 74), (214, 202, 176)),
    ((150, 152, 150), (98, 102, 106), (60, 64, 70), (34, 36, 40)),
)


def _cloth(rng: np.random.Generator) -> Colour:
    return as_tuple(sample_cloth_colour(rng))


def _beside(rng: np.random.Generator, colour: Colour) -> Colour:
    """A colour that stands out from ``colour``: white, black, a shade of the same, or any other."""
    choice = rng.random()
    if choice < 0.3:
        return as_tuple(from_srgb(238, 236, 230)) if sum(colour) < 1.2 else as_tuple(from_srgb(30, 30, 34))
    if choice < 0.55:
        factor = rng.uniform(0.3, 0.6) if sum(colour) > 0.6 else rng.uniform(2.0, 4.0)
        return as_tuple(np.clip(np.array(colour) * factor + 0.01, 0, 0.9))
    other = _cloth(rng)
    for _ in range(4):
        if np.abs(np.array(other) - colour).max() > 0.12:
            break
        other = _cloth(rng)
    return other


def _offset(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(0, 100)), float(rng.uniform(0, 100))


def _bands(rng: np.random.Generator, colour: Colour, period: tuple[float, float], most: int) -> Bands:
    """Two to ``most`` bands of two or three colours."""
    count = int(rng.integers(2, most + 1))
    palette = [colour, _beside(rng, colour), _beside(rng, colour)]
    widths = np.ones(count) if rng.random() < 0.4 else rng.uniform(0.25, 1.6, count)
    edges = np.cumsum(widths / widths.sum())[:-1]
    colours = tuple(palette[i % 2 if rng.random() < 0.75 else 2] for i in range(count))
    return Bands(colours, tuple(float(edge) for edge in edges), float(rng.uniform(*period)) * count / 2)


def _sample_stripes(rng: np.random.Generator, colour: Colour) -> Pattern:
    # Breton stripes are the most frequent, then pinstripes and shirts; few run askew.
    direction = (np.pi / 2, 0.0, np.pi / 4, -np.pi / 4)[int(rng.choice(4, p=(0.6, 0.28, 0.06, 0.06)))]
    return Stripes(_bands(rng, colour, (0.015, 0.09), most=6), direction)


def _sample_checks(rng: np.random.Generator, colour: Colour) -> Pattern:
    warp = _bands(rng, colour, (0.02, 0.07), most=5)
    return Checks(warp, warp, float(rng.choice((0.0, np.pi / 4), p=(0.9, 0.1))))


def _sample_blotches(rng: np.random.Generator, colour: Colour) -> Pattern:
    layers = tuple(_beside(rng, colour) for _ in range(int(rng.integers(1, 4))))
    cell = float(rng.uniform(0.02, 0.1))
    height = cell * float(rng.uniform(0.5, 2.0))
    softness = float(rng.choice((0.02, 0.25)))
    return Blotches((colour, *layers), (cell, height), float(rng.uniform(0.5, 0.62)), softness, _offset(rng))


def _sample_camouflage(rng: np.random.Generator) -> Pattern:
    colours = tuple(as_tuple(from_srgb(*shade)) for shade in _CAMOUFLAGE[int(rng.integers(len(_CAMOUFLAGE)))])
    cell = float(rng.uniform(0.05, 0.12))
    return Blotches(colours, (1.4 * cell, cell), float(rng.uniform(0.52, 0.56)), 0.02, _offset(rng))


def _sample_weave(rng: np.random.Generator, colour: Colour) -> Pattern:
    if rng.random() < 0.5:  # denim: a fine diagonal twill, washed out in places
        depth, wash = float(rng.uniform(0.12, 0.3)), float(rng.uniform(0.1, 0.4))
        return Weave(colour, (0.003, 0.012), float(rng.uniform(0.6, 0.9)), depth, wash, _offset(rng))
    stitch = float(rng.uniform(0.006, 0.014))
    ribs = float(rng.uniform(1.0, 12.0))
    return Weave(colour, (stitch, ribs * stitch), 0.0, float(rng.uniform(0.1, 0.35)), 0.06, _offset(rng))


def _sample_ground(rng: np.random.Generator, kind: str, colour: Colour) -> Pattern:
    """A pattern of one kind of ``PATTERN_SHARES``."""
    if kind == 'stripes':
        return _sample_stripes(rng, colour)
    if kind == 'checks':
        return _sample_checks(rng, colour)
    if kind == 'dots':
        period = float(rng.uniform(0.02, 0.08))
        return Dots(colour, _beside(rng, colour), period, period * float(rng.uniform(0.18, 0.36)))
    if kind == 'flowers':
        petals = tuple(_beside(rng, colour) for _ in range(3))
        offset = int(rng.integers(100)), int(rng.integers(100))
        return Flowers(colour, petals, float(rng.uniform(0.035, 0.12)), int(rng.integers(4, 8)), offset)
    if kind == 'blotches':
        return _sample_blotches(rng, colour)
    if kind == 'camouflage':
        return _sample_camouflage(rng)
    if kind == 'gradient':
        start = float(rng.uniform(-0.3, 0.2))
        angle = float(rng.choice((np.pi / 2, 0.0), p=(0.85, 0.15)))
        return Gradient((colour, _beside(rng, colour)), start, start + float(rng.uniform(0.15, 0.7)), angle)
    if kind == 'weave':
        return _sample_weave(rng, colour)
    return Plain(colour, float(rng.uniform(0, 0.1)), _offset(rng))


def sample_pattern(rng: np.random.Generator, print_centre: tuple[float, float] | None = None) -> Pattern:
    """A random pattern of a garment.

    Args:
        rng (np.random.Generator): Source of randomness.
        print_centre (tuple[float, float] | None): The chest's middle on the garment, metres; three in ten plain, woven
            and striped garments carry a print near it. None: no print.

    Returns:
        Pattern: A frozen function from (P, 2) metres to (P, 3) albedo.
    """
    colour = _cloth(rng)
    kind = choose(rng, PATTERN_SHARES)
    ground = _sample_ground(rng, kind, colour)
    if print_centre is None or kind not in ('plain', 'weave', 'stripes') or rng.random() >= PRINT_SHARE:
        return ground
    motif = str(rng.choice(('text', 'disc', 'ring', 'box'), p=(0.5, 0.2, 0.15, 0.15)))
    width = float(rng.uniform(0.04, 0.13))
    height = width if motif in ('disc', 'ring') else width * float(rng.uniform(0.2, 1.1))
    centre = print_centre[0] + float(rng.normal(0, 0.015)), print_centre[1] + float(rng.normal(0, 0.02))
    return Print(ground, _beside(rng, colour), motif, centre, (width, height), int(rng.integers(100)))
