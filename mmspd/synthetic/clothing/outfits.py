"""What a person wears: random garments that go together. Heights and lengths are metres on the mean body."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.bodies.meshes import Piece, rest_normals
from mmspd.synthetic.clothing.clothes import (
    make_gloves,
    make_jumpsuit,
    make_skirt,
    make_socks,
    make_top,
    make_trousers,
)
from mmspd.synthetic.paint.cloth import sample_pattern
from mmspd.synthetic.settings import PeopleSettings

__all__ = ['sample_outfit']

# Where the chest's middle lies on a garment: across and height.
_CHEST: Final = (-0.07, 1.32)
_LONG_SLEEVE: Final = (0.46, 0.52)
_FULL_LEG: Final = (0.82, 0.87)


@dataclass(frozen=True)
class _Wearer:
    """Who is dressed, and the source of chance."""

    rng: np.random.Generator
    model: BodyModel
    rest: RestBody
    normals: np.ndarray
    sits: bool
    shows_socks: bool

    @property
    def arguments(self) -> tuple[np.random.Generator, BodyModel, RestBody, np.ndarray]:
        """What every garment begins with."""
        return self.rng, self.model, self.rest, self.normals

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def happens(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)


def sample_outfit(
    rng: np.random.Generator, model: BodyModel, rest: RestBody, settings: PeopleSettings, sits: bool
) -> list[Piece]:
    """Random clothes from neck to ankles, with socks and gloves.

    Args:
        rng (np.random.Generator): The only source of chance.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        settings (PeopleSettings): Probabilities.
        sits (bool): Whether the person sits: a short skirt would show what it should cover.

    Returns:
        list[Piece]: Garments.
    """
    # A stream for each: with another coat the shirt stays the same.
    clothes, over, socks, hands = rng.spawn(4)
    shows_socks = bool(socks.random() < settings.p_socks)
    wearer = _Wearer(clothes, model, rest, rest_normals(model, rest), sits, shows_socks)
    shares = np.cumsum([settings.p_dress, settings.p_jumpsuits, settings.p_skirt])
    kind = int(np.searchsorted(shares, clothes.random(), side='right'))
    pieces = (_dress, _jumpsuit, _skirt_and_top, _trousers_and_top)[kind](wearer)
    if over.random() < settings.p_coat:
        pieces += _coat(replace(wearer, rng=over))
    if shows_socks:
        pieces.append(_socks(replace(wearer, rng=socks)))
    if hands.random() < settings.p_gloves:
        pieces.append(_gloves(replace(wearer, rng=hands)))
    return pieces


def _socks(wearer: _Wearer) -> Piece:
    height = wearer.between(0.1, 0.2) if wearer.happens(0.65) else wearer.between(0.25, 0.5)
    return make_socks(*wearer.arguments, sample_pattern(wearer.rng), height)


def _gloves(wearer: _Wearer) -> Piece:
    cuff, thickness = wearer.between(0.0, 0.08), wearer.between(0.003, 0.009)
    return make_gloves(*wearer.arguments, sample_pattern(wearer.rng), cuff, thickness)


def _neckline(wearer: _Wearer) -> tuple[float, float]:
    """Radius of a neckline and depth of its V."""
    radius = wearer.between(0.0, 0.065) if wearer.happens(0.15) else wearer.between(0.07, 0.115)
    return radius, wearer.between(0.05, 0.16) if wearer.happens(0.25) else 0.0


def _sleeve(wearer: _Wearer) -> float:
    """Length of the sleeves: none, short, to the elbow or long."""
    kinds = ((0.01, 0.03), (0.1, 0.22), (0.25, 0.36), _LONG_SLEEVE)
    return wearer.between(*kinds[wearer.rng.choice(4, p=(0.14, 0.4, 0.08, 0.38))])


def _top(wearer: _Wearer, hem: tuple[float, float], lift: float, label: str = 'UpperClothes', **cut: Any) -> Piece:
    loose = wearer.between(0, 0.006) if wearer.happens(0.4) else wearer.between(0.008, 0.028)
    paint = cut.pop('paint', None) or sample_pattern(wearer.rng, _CHEST)
    return make_top(
        *wearer.arguments, label, paint, hem=wearer.between(*hem), sleeve=_sleeve(wearer), neckline=_neckline(wearer),
        looseness=loose, lift=lift, **cut,
    )  # fmt: skip


def _trousers_and_top(wearer: _Wearer) -> list[Piece]:
    kind = int(wearer.rng.choice(3, p=(0.7, 0.12, 0.18)))
    length = wearer.between(*(_FULL_LEG, (0.55, 0.74), (0.16, 0.42))[kind])
    if wearer.shows_socks and kind == 0:
        length = wearer.between(0.68, 0.8)
    loose = wearer.between(0, 0.004) if wearer.happens(0.45) else wearer.between(0.01, 0.05)
    waist = wearer.between(0.99, 1.09)
    trousers = make_trousers(
        *wearer.arguments, sample_pattern(wearer.rng), length, waist, thickness=0.007, looseness=loose
    )
    tucked = wearer.happens(0.3)
    return [trousers, _top(wearer, (0.88, 1.0), lift=0.004 if tucked else 0.012)]


def _skirt_and_top(wearer: _Wearer) -> list[Piece]:
    hem = wearer.between(0.12, 0.4) if wearer.sits else wearer.between(*((0.55, 0.72), (0.4, 0.52), (0.12, 0.35))[
        wearer.rng.choice(3, p=(0.4, 0.35, 0.25))])  # fmt: skip
    skirt = make_skirt(
        *wearer.arguments, 'Skirt', sample_pattern(wearer.rng), hem, flare=wearer.between(-0.08, 0.28), lift=0.014
    )
    return [skirt, _top(wearer, (0.95, 1.03), lift=0.006 if wearer.happens(0.7) else 0.02)]


def _dress(wearer: _Wearer) -> list[Piece]:
    paint = sample_pattern(wearer.rng, _CHEST)
    hem = wearer.between(0.12, 0.4) if wearer.sits else wearer.between(0.15, 0.72)
    upper = _top(wearer, (0.93, 0.96), lift=0.012, label='Dress', paint=paint)
    lower = make_skirt(
        *wearer.arguments, 'Dress', paint, hem, flare=wearer.between(-0.05, 0.3), thickness=0.012, lift=0.014
    )
    return [upper, lower]


def _jumpsuit(wearer: _Wearer) -> list[Piece]:
    length = wearer.between(0.66, 0.78) if wearer.shows_socks else wearer.between(0.76, 0.87)
    suit = make_jumpsuit(
        *wearer.arguments, sample_pattern(wearer.rng), length, _sleeve(wearer), _neckline(wearer),
        looseness=wearer.between(0.0, 0.035),
    )  # fmt: skip
    return [suit]


def _coat(wearer: _Wearer) -> list[Piece]:
    """A jacket, or a coat with a skirt of its own; open in front in two of three cases."""
    paint = sample_pattern(wearer.rng)
    opening = wearer.between(0.02, 0.1) if wearer.happens(0.67) else None
    # More than a loose shirt below it.
    thickness = wearer.between(0.028, 0.04)
    long = not wearer.sits and wearer.happens(0.4)
    hem = 0.9 if long else wearer.between(0.87, 1.0)
    upper = make_top(
        *wearer.arguments, 'Coat', paint, hem=hem, sleeve=wearer.between(0.48, 0.525),
        neckline=(wearer.between(0.05, 0.09), wearer.between(0.05, 0.2)), thickness=thickness,
        looseness=wearer.between(0.012, 0.03), opening=opening, lift=0.026,
    )  # fmt: skip
    if not long:
        return [upper]
    lower = make_skirt(
        *wearer.arguments, 'Coat', paint, wearer.between(0.35, 0.75), flare=wearer.between(0.0, 0.12),
        opening=opening, thickness=thickness, lift=0.028,
    )  # fmt: skip
    return [upper, lower]
