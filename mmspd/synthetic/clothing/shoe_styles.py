"""The measures of kinds of shoes."""

from dataclasses import dataclass
from typing import Final

__all__ = ['SHOE_STYLES', 'ShoeStyle']

_OPEN: Final = 0.6  # metres, above everything that a shoe covers


@dataclass(frozen=True)
class ShoeStyle:
    """Measures of a kind of shoe, in metres for a foot of the mean length.

    Args:
        collar (tuple): Where the upper ends: ``(y, z)`` on the mean body's foot, which reaches from y = -0.22 at the
            toes to 0.06 at the heel; y increases.
        room (float): Between foot and upper.
        toe (tuple): Least and greatest length by which the toe cap reaches beyond the first ring of the foot.
        roundness (float): Of the toe cap: 0.5 is blunt, 1 is pointed.
        sole (tuple): Least and greatest thickness of the sole below the floor at rest.
        welt (float): Height to which the sole's edge covers the upper.
        margin (float): By which the sole stands out.
        arch (float): Share of the sole's thickness that is cut away under the arch, which makes a heel.
        laced (bool): Whether laces cross the instep.
        straps (tuple): Straps instead of a closed upper: first and last y of each on the mean body.
        ankle_strap (bool): Whether a strap goes around behind the ankle, with straps only.
        gloss (float): See :class:`Piece`.
    """

    collar: tuple[tuple[float, float], ...]
    room: float = 0.006
    toe: tuple[float, float] = (0.024, 0.032)
    roundness: float = 0.6
    sole: tuple[float, float] = (0.012, 0.024)
    welt: float = 0.014
    margin: float = 0.003
    arch: float = 0.0
    laced: bool = False
    straps: tuple[tuple[float, float], ...] = ()
    ankle_strap: bool = False
    gloss: float = 0.05

    @property
    def top(self) -> float:
        """Height on the mean body that the upper does not pass, metres."""
        return max([z for _, z in self.collar if z < _OPEN], default=0.14)


_LOW: Final = ((-0.11, _OPEN), (-0.088, 0.118), (-0.05, 0.102), (-0.01, 0.08), (0.03, 0.084), (0.06, 0.1))

#: Kinds of shoes: name -> measures.
SHOE_STYLES: Final[dict[str, ShoeStyle]] = {
    'sneaker': ShoeStyle(_LOW, room=0.008, roundness=0.5, sole=(0.016, 0.028), welt=0.02, margin=0.004, laced=True),
    'high_sneaker': ShoeStyle(
        ((-0.1, 0.16), (0.06, 0.145)), room=0.008, roundness=0.5, sole=(0.014, 0.022), welt=0.022, laced=True
    ),
    'leather': ShoeStyle(
        _LOW,
        room=0.004,
        toe=(0.032, 0.048),
        roundness=0.8,
        sole=(0.012, 0.02),
        welt=0.006,
        margin=0.002,
        arch=0.65,
        laced=True,
        gloss=0.3,
    ),
    'flat': ShoeStyle(
        ((-0.16, _OPEN), (-0.146, 0.05), (-0.125, 0.038), (-0.05, 0.04), (0.02, 0.052), (0.06, 0.07)),
        room=0.003,
        toe=(0.026, 0.036),
        roundness=0.7,
        sole=(0.006, 0.014),
        welt=0.004,
        margin=0.001,
        arch=0.4,
        gloss=0.2,
    ),
    'ankle_boot': ShoeStyle(
        ((-0.1, 0.2), (0.06, 0.19)),
        room=0.007,
        toe=(0.028, 0.04),
        roundness=0.65,
        sole=(0.02, 0.034),
        welt=0.01,
        arch=0.6,
        gloss=0.2,
    ),
    'boot': ShoeStyle(
        ((-0.1, 0.34), (0.06, 0.33)),
        room=0.011,
        toe=(0.026, 0.034),
        roundness=0.55,
        sole=(0.02, 0.036),
        welt=0.014,
        arch=0.5,
        gloss=0.12,
    ),
    'high_boot': ShoeStyle(
        ((-0.1, 0.46), (0.06, 0.44)),
        room=0.01,
        toe=(0.028, 0.042),
        roundness=0.7,
        sole=(0.016, 0.036),
        welt=0.008,
        arch=0.65,
        gloss=0.25,
    ),
    'sandal': ShoeStyle(
        (),
        room=0.003,
        toe=(0.022, 0.026),
        sole=(0.012, 0.03),
        welt=0.003,
        margin=0.002,
        straps=((-0.165, -0.14), (-0.105, -0.08)),
        ankle_strap=True,
    ),
    'slide': ShoeStyle(
        (), room=0.004, toe=(0.022, 0.026), sole=(0.014, 0.03), welt=0.003, margin=0.003, straps=((-0.165, -0.1),)
    ),
}
