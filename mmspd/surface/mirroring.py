"""What chart coordinates become when the picture is mirrored.

This is a property of a surface's charts. Where mirrored pairs of parts are mirrored charts, as on the embedded body,
it is a formula: the pairs swap and keep U, V, and the torso's two parts, each its own mirror image, turn U around.
DensePose's charts are not made so; what its U, V become stands in a table that cannot be shipped.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import numpy as np

from mmspd.anatomy import NUM_PARTS, SURFACE_MIRROR

__all__ = ['BODY_SURFACE', 'MIRROR_RULES', 'MirrorRule', 'mirror_charts', 'mirror_rule']

MirrorRule = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

BODY_SURFACE: Final = 'mmspd_body'  # name of the embedded body's surface, in data files too


def mirror_charts(labels: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mirror (I, U, V) of a surface whose mirrored pairs are mirrored charts.

    Args:
        labels (np.ndarray): Whole numbers, any shape (N...,): 0 background, 1..24 parts.
        uv (np.ndarray): Floats (N..., 2).

    Returns:
        tuple: New labels and U, V, of the same shapes and types. Parts 3..24 swap with their pair and keep U, V; parts
        1 and 2 (torso) stay and get (1 - U, V); background stays as it is. Mirroring twice restores U to rounding.

    Raises:
        ValueError: If a label is out of range, or the shapes or types are others.
    """
    labels, uv = np.asarray(labels), np.asarray(uv)
    if labels.dtype.kind not in 'iu' or uv.dtype.kind != 'f' or uv.shape != (*labels.shape, 2):
        raise ValueError(
            'expected labels (N,) of whole numbers and uv (N, 2) of floats, '
            f'got {labels.shape} of {labels.dtype} and {uv.shape} of {uv.dtype}'
        )
    if labels.size and not 0 <= labels.min() <= labels.max() <= NUM_PARTS:
        raise ValueError(f'expected labels of 0..{NUM_PARTS}, got {labels.min()}..{labels.max()}')
    own_mirror = (SURFACE_MIRROR[labels] == labels) & (labels > 0)
    mirrored = uv.copy()
    mirrored[..., 0] = np.where(own_mirror, 1 - uv[..., 0], uv[..., 0])
    return SURFACE_MIRROR[labels].astype(labels.dtype), mirrored


# Surface name -> its rule.
MIRROR_RULES: Final = MappingProxyType({BODY_SURFACE: mirror_charts})


def mirror_rule(name: str | None) -> MirrorRule | None:
    """The rule of a surface.

    Args:
        name (str | None): The surface's name, as a data file gives it; None where it gives none.

    Returns:
        MirrorRule | None: A function as :func:`mirror_charts`; None for a surface without one, whose U, V are unknown
        after mirroring.
    """
    return MIRROR_RULES.get(name) if isinstance(name, str) else None
