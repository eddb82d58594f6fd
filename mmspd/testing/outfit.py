"""What a drawn person wears and looks like: kinds of clothes and their colours.

Each kind has its own range of colours, so that a piece of it can be named from a small window; left and right never
differ in colour, so that sides must be read from the person's view (a face, or hair).
"""

import colorsys
from dataclasses import dataclass, field

import numpy as np

Colour = tuple[float, float, float]  # B, G, R in 0..255
_Range = tuple[float, float]

# Hue in degrees, saturation and value in 0..1.
_COLOURS: dict[str, tuple[_Range, _Range, _Range]] = {
    'UpperClothes': ((85, 185), (0.45, 0.8), (0.55, 0.95)),
    'Coat': ((25, 45), (0.3, 0.5), (0.30, 0.50)),
    'Dress': ((305, 335), (0.5, 0.85), (0.65, 0.95)),
    'Jumpsuits': ((262, 285), (0.4, 0.65), (0.5, 0.8)),
    'Pants': ((212, 232), (0.45, 0.75), (0.28, 0.6)),
    'Skirt': ((48, 60), (0.65, 0.9), (0.75, 0.98)),
    'Hat': ((352, 360), (0.75, 0.95), (0.6, 0.9)),
    'Scarf': ((0, 360), (0.0, 0.06), (0.86, 1.0)),
    'Socks': ((195, 205), (0.1, 0.3), (0.85, 1.0)),
    'Glove': ((150, 170), (0.7, 0.9), (0.2, 0.35)),
    'shoes': ((0, 20), (0.5, 0.75), (0.22, 0.4)),
    'skin': ((16, 30), (0.28, 0.55), (0.55, 0.97)),
    'hair': ((18, 44), (0.35, 0.75), (0.1, 0.4)),
}


def sample_colour(rng: np.random.Generator, kind: str) -> Colour:
    """A colour of the range of a kind of garment, or of 'skin', 'hair', 'shoes'."""
    hue, saturation, value = (float(rng.uniform(*limits)) for limits in _COLOURS[kind])
    red, green, blue = colorsys.hsv_to_rgb(hue / 360 % 1, saturation, value)
    return blue * 255, green * 255, red * 255


@dataclass
class Outfit:
    """Looks of a person.

    Args:
        top (str): Class that covers the torso: UpperClothes, Coat, Dress or Jumpsuits.
        bottom (str): Class below the hips: Pants, Skirt, Dress or Jumpsuits.
        sleeve (float): Covered part of the arm: 0 none, 0..1 of the upper arm, 1..2 of the lower arm too.
        trouser (float): Covered part of the leg, counted in the same way; 0 with skirts and dresses.
        hem (float): Where a skirt or dress ends: 0 at the hips, 1 at the knees.
        extras (frozenset): Of Hat, Sunglasses, Glove, Scarf, Socks, Shoes.
        striped (bool): Whether the top has stripes.
        long_hair (bool): Whether the hair reaches the shoulders.
        colours (dict): Kind -> colour.
    """

    top: str
    bottom: str
    sleeve: float
    trouser: float
    hem: float
    extras: frozenset[str]
    striped: bool
    long_hair: bool
    colours: dict[str, Colour] = field(default_factory=dict)


# How often each extra is worn.
_EXTRAS = {'Hat': 0.2, 'Sunglasses': 0.2, 'Glove': 0.15, 'Scarf': 0.18, 'Socks': 0.35, 'Shoes': 0.88}


def sample_outfit(rng: np.random.Generator) -> Outfit:
    """Random looks."""
    top = str(rng.choice(['UpperClothes', 'Coat', 'Dress', 'Jumpsuits'], p=(0.48, 0.22, 0.17, 0.13)))
    bottom = str(rng.choice(['Pants', 'Skirt'], p=(0.68, 0.32))) if top in ('UpperClothes', 'Coat') else top
    sleeve = float(rng.choice([0.0, 0.7, 1.4, 1.9], p=(0.25, 0.35, 0.1, 0.3))) if top != 'Coat' else 1.9
    trouser = float(rng.choice([0.85, 1.5, 1.92], p=(0.3, 0.1, 0.6))) if bottom in ('Pants', 'Jumpsuits') else 0.0
    return Outfit(
        top=top,
        bottom=bottom,
        sleeve=sleeve,
        trouser=trouser,
        hem=float(rng.uniform(0.6, 1.15)),
        extras=frozenset(name for name, chance in _EXTRAS.items() if rng.random() < chance),
        striped=top == 'UpperClothes' and bool(rng.random() < 0.4),
        long_hair=bool(rng.random() < 0.4),
        colours={kind: sample_colour(rng, kind) for kind in _COLOURS},
    )
