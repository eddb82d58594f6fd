"""A sock's shape as rings from the toes around the heel up to the knee, from which shoes are made.

The rings stand upright across the toes and the instep, turn about a point before the ankle like the ribs of a fan, and
lie flat around the shin. Everything is the left foot's: bodies at rest are symmetric.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from mmspd.synthetic.bodies.body import BodyModel, RestBody, Skin
from mmspd.synthetic.bodies.probes import Probes, cast_probes
from mmspd.synthetic.clothing.lofts import gaussian_blur

__all__ = ['COLUMNS', 'FootGrid', 'measure_foot']

COLUMNS: Final = 28  # column 0 runs over the instep, column 14 under the sole
_PIVOT: Final = (-0.065, 0.15)  # y, z of the fan's point on the mean body
_TOES: Final = np.linspace(-0.207, -0.075, 9)
_FAN: Final = np.deg2rad(np.linspace(0, 90, 11))
_SHIN: Final = np.linspace(0.17, 0.5, 12)
_FLAT: Final = len(_TOES) + len(_FAN)  # rings of the foot
_HEEL: Final = len(_TOES) + 6  # the ring that passes under the heel
_CENTRE_LINE: Final = ((0.0, 0.15, 0.3, 0.5), (0.195, 0.193, 0.183, 0.155))  # height, x


@dataclass(frozen=True)
class FootGrid:
    """Rings around the left foot and shin.

    Args:
        points (np.ndarray): float64 (R, COLUMNS, 3), on the skin of this body.
        mean (np.ndarray): float64 (R, COLUMNS, 3), the same on the mean body.
        skin (Skin): Of the R * COLUMNS points.
        forward (np.ndarray): float64 (3,), level unit vector from the heel to the toes.
        size (float): Length of the foot in units of the mean one's.
        bone (int): The foot's bone.
    """

    points: np.ndarray
    mean: np.ndarray
    skin: Skin
    forward: np.ndarray
    size: float
    bone: int


@lru_cache(maxsize=4)
def _probes(model: BodyModel) -> tuple[Probes, Skin, np.ndarray]:
    """Places of the rings, rings x COLUMNS, their bones, and where they are on the mean body."""
    faces = model.faces['tights']
    corners = model.template[faces]
    faces = faces[(corners[..., 0].min(axis=1) > 0.02) & (corners[..., 2].max(axis=1) < 0.65)]
    outside, inwards = _planes()
    # Middles of the sections, between where a line along their planes enters and leaves.
    far, near = (
        cast_probes(model, faces, start, way, last=False).at(model.template)
        for start, way in ((outside, inwards), (outside + 0.6 * inwards, -inwards))
    )
    middle, half = (near + far) / 2, np.linalg.norm(far - near, axis=1) / 2
    angles = np.arange(COLUMNS) * (2 * np.pi / COLUMNS)
    across = np.sin(angles)[None, :, None] * np.array([0.045, 0, 0])
    towards = across - (np.cos(angles)[None, :] * half[:, None])[..., None] * inwards[:, None]
    origins = np.repeat(middle, COLUMNS, axis=0)
    probes = cast_probes(model, faces, origins, towards.reshape(-1, 3), last=False)
    mean = probes.at(model.template).reshape(-1, COLUMNS, 3).astype(np.float64)
    mean.setflags(write=False)
    return probes, probes.skin(model), mean


def _planes() -> tuple[np.ndarray, np.ndarray]:
    """For each ring a point of its plane outside the foot, above or before it, and the direction across the foot."""
    depth = np.concatenate([_TOES, np.full(len(_FAN), _PIVOT[0]), np.full(len(_SHIN), -0.3)])
    height = np.concatenate([np.full(len(_TOES) + len(_FAN), _PIVOT[1]), _SHIN])
    angle = np.concatenate([np.zeros(len(_TOES)), _FAN, np.full(len(_SHIN), np.pi / 2)])
    side = np.interp(height * (angle > 0.1), *_CENTRE_LINE)
    return np.stack([side, depth, height], 1), np.stack([0 * angle, np.sin(angle), -np.cos(angle)], 1)


def measure_foot(model: BodyModel, rest: RestBody, height: float) -> FootGrid:
    """The left foot of a body at rest, and the shin up to a ``height`` on the mean body, metres."""
    probes, skin, mean = _probes(model)
    rows = _FLAT + int(np.searchsorted(_SHIN, height)) + 1
    count = rows * COLUMNS
    points = Probes(probes.vertices[:count], probes.weights[:count]).at(rest.vertices).reshape(-1, COLUMNS, 3)
    points = gaussian_blur(COLUMNS, 0.6, closed=True) @ points.astype(np.float64)
    heel = points[_HEEL, COLUMNS // 2]
    ahead = (points[0].mean(axis=0) - heel) * [1, 1, 0]
    size = np.ptp(points[:_FLAT, :, 1]) / np.ptp(mean[:_FLAT, :, 1])
    return FootGrid(
        points=points,
        mean=mean[:rows],
        skin=Skin(skin.bones[:count], skin.weights[:count]),
        forward=ahead / np.linalg.norm(ahead),
        size=float(size),
        bone=model.bone('foot.L'),
    )
