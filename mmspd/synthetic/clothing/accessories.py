"""What a person wears besides clothes: hair, hat, sunglasses, scarf and shoes, each at random."""

from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.bodies.meshes import Piece
from mmspd.synthetic.chance import choose
from mmspd.synthetic.clothing.eyewear import make_eyewear
from mmspd.synthetic.clothing.footwear import make_shoes
from mmspd.synthetic.clothing.hair import make_long_hair, make_short_hair, make_tied_hair
from mmspd.synthetic.clothing.hats import make_hat
from mmspd.synthetic.clothing.scarves import make_scarf
from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.paint.colours import as_tuple, sample_cloth_colour, sample_leather_colour
from mmspd.synthetic.paint.patterns import Plain
from mmspd.synthetic.settings import PeopleSettings

__all__ = ['sample_accessories']

_BALD: Final = 0.04
# How often each style is worn.
_SHOES: Final = {
    'sneaker': 0.38, 'leather': 0.16, 'high_sneaker': 0.1, 'ankle_boot': 0.09, 'flat': 0.08, 'boot': 0.06,
    'high_boot': 0.04, 'sandal': 0.06, 'slide': 0.03,
}  # fmt: skip
_HATS: Final = {'cap': 0.4, 'beanie': 0.2, 'sun_hat': 0.12, 'fedora': 0.1, 'bucket_hat': 0.08, 'helmet': 0.1}
_EYEWEAR: Final = {'wayfarer': 0.3, 'aviator': 0.2, 'large': 0.2, 'round': 0.15, 'sport': 0.15}
_SCARVES: Final = {'wound': 0.4, 'single': 0.3, 'winter': 0.2, 'shawl': 0.1}
_SCARF_ENDS: Final = (0.4, 0.35, 0.25)
# Over any coat.
_SCARF_LIFT: Final = 0.03
_TIED: Final = 0.35  # of people with long hair
_LENS: Final = (0.015, 0.015, 0.018)
_WHITE_SOLE: Final = np.array([0.75, 0.77, 0.78], np.float32)


def sample_accessories(
    rng: np.random.Generator, model: BodyModel, rest: RestBody, settings: PeopleSettings, hair_colour: np.ndarray
) -> list[Piece]:
    """Random hair, hat, sunglasses, scarf and shoes.

    Args:
        rng (np.random.Generator): The only source of chance.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        settings (PeopleSettings): Probabilities.
        hair_colour (np.ndarray): float32 (3,), albedo.

    Returns:
        list[Piece]: As many as chance gives.
    """
    # A stream for each: with another hat the shoes stay the same.
    hair, head, eyes, neck, feet = rng.spawn(5)
    has_hat = bool(head.random() < settings.p_hat)
    pieces = _hair(hair, model, rest, settings, _plain(hair_colour, 0.25), has_hat)
    if has_hat:
        style, trim = choose(head, _HATS), _plain(sample_cloth_colour(head))
        pieces += make_hat(head, model, rest, sample_pattern(head), style, trim)
    if eyes.random() < settings.p_sunglasses:
        frame = _plain(sample_leather_colour(eyes) if eyes.random() < 0.4 else np.array(_LENS))
        pieces += make_eyewear(eyes, model, rest, Plain(_LENS), choose(eyes, _EYEWEAR), frame)
    if neck.random() < settings.p_scarf:
        style, ends = choose(neck, _SCARVES), int(neck.choice(3, p=_SCARF_ENDS))
        pieces.append(make_scarf(neck, model, rest, sample_pattern(neck), style, ends, _SCARF_LIFT))
    if feet.random() >= settings.p_bare_feet:
        upper = sample_leather_colour(feet) if feet.random() < 0.6 else sample_cloth_colour(feet)
        sole = _WHITE_SOLE if feet.random() < 0.5 else sample_leather_colour(feet)
        pieces += make_shoes(feet, model, rest, _plain(upper, 0.15), choose(feet, _SHOES), _plain(sole))
    return pieces


def _plain(colour: np.ndarray, wear: float = 0.05) -> Plain:
    """One colour (3,), a little worn."""
    return Plain(as_tuple(colour), wear)


def _hair(
    rng: np.random.Generator, model: BodyModel, rest: RestBody, settings: PeopleSettings, paint: Plain, hat: bool
) -> list[Piece]:
    """Short, long or tied hair, or none."""
    if rng.random() < _BALD:
        return []
    fringe = float(rng.uniform(0, 0.03) if rng.random() < 0.4 else rng.uniform(-0.015, 0.005))
    curls = float(rng.uniform(0.3, 1.0) if rng.random() < 0.35 else rng.uniform(0, 0.2))
    if rng.random() >= settings.p_long_hair:
        volume = float(rng.uniform(0.004, 0.014) if rng.random() < 0.6 else rng.uniform(0.014, 0.035))
        return [make_short_hair(rng, model, rest, paint, volume, curls, fringe, flat_under_hat=hat)]
    if rng.random() < _TIED:
        style = 'ponytail' if rng.random() < 0.6 else 'bun'
        return make_tied_hair(rng, model, rest, paint, style, fringe, flat_under_hat=hat)
    return make_long_hair(
        rng,
        model,
        rest,
        paint,
        length=float(rng.uniform(1.2, 1.58)),
        volume=float(rng.uniform(0.008, 0.022)),
        curls=curls,
        fringe=fringe,
        before_shoulders=bool(rng.random() < 0.35),
        flat_under_hat=hat,
    )
