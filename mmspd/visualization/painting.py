"""Paints labels, joints and surface of a picture over it as it is shown; axis glossary: R persons, H, W the picture.

Each function returns a new uint8 (h, w, 3), RGB, of the size shown, and raises a ValueError where an array does not fit
the picture.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from mmspd.anatomy import NUM_JOINTS, SIDE_COLOURS
from mmspd.visualization.contours import draw_contours
from mmspd.visualization.display import Display
from mmspd.visualization.drawing import Colour, draw_skeleton, draw_surface, overlay_parsing

__all__ = ['paint_contours', 'paint_parsing', 'paint_pose', 'paint_surface']

_DIMMED: Final = 0.5  # brightness of a picture below thin lines, which are bright


def paint_parsing(display: Display, labels: np.ndarray, palette: Sequence[Colour], alpha: float) -> np.ndarray:
    """The classes' colours; labels are integers (H, W), of which those without a colour show the picture."""
    if labels.shape != display.size:
        raise ValueError(
            f'a label map of the size {display.size} of the image is needed, got {labels.shape}: '
            'pass the image at the size that the label map has'
        )
    return overlay_parsing(display.image, display.resize(labels), palette, alpha)


def paint_pose(
    display: Display,
    joints: np.ndarray,
    scores: np.ndarray | None,
    threshold: float,
    occluded: np.ndarray | None = None,
    side_colours: Mapping[str, Colour] = SIDE_COLOURS,
) -> np.ndarray:
    """Skeletons of (R, 16, 2) joints with (R, 16) scores; see :func:`mmspd.visualization.drawing.draw_skeleton`."""
    persons = len(joints)
    for name, array, shape in (
        ('joints', joints, (persons, NUM_JOINTS, 2)),
        ('scores', scores, (persons, NUM_JOINTS)),
        ('occluded', occluded, (persons, NUM_JOINTS)),
    ):
        if array is not None and array.shape != shape:
            raise ValueError(f'{name}: an array of shape {shape} is needed for {persons} persons, got {array.shape}')
    panel = display.image.copy()
    for person in range(persons):
        score, hidden = (None if array is None else array[person] for array in (scores, occluded))
        panel = draw_skeleton(panel, display.place(joints[person]), score, threshold, hidden, side_colours)
    return panel


def paint_surface(display: Display, iuv: np.ndarray, alpha: float) -> np.ndarray:
    """Part, U and V, (3, H, W), as colours."""
    _check_surface(display, iuv)
    shown = display.resize(np.moveaxis(iuv, 0, -1))
    return draw_surface(display.image, np.moveaxis(shown, -1, 0), alpha)


def paint_contours(display: Display, iuv: np.ndarray, person_map: np.ndarray | None) -> np.ndarray:
    """Lines of U and V, (3, H, W), over the darkened picture.

    ``person_map`` has each person's number, integers (H, W), 0 nobody; None: all is one person's.
    """
    _check_surface(display, iuv)
    if person_map is not None and person_map.shape != display.size:
        raise ValueError(f'a map of persons of the size {display.size} of the image is needed, got {person_map.shape}')
    return draw_contours((_DIMMED * display.image).astype(np.uint8), iuv, person_map)


def _check_surface(display: Display, iuv: np.ndarray) -> None:
    if iuv.shape != (3, *display.size):
        raise ValueError(f'a surface map of shape {(3, *display.size)} is needed, got {iuv.shape}')
