"""What is annotated on one picture, or on one network input, as titled panels: label, joints with names, surface."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mmspd.anatomy import IGNORE_LABEL, JOINTS
from mmspd.visualization.display import Display
from mmspd.visualization.drawing import (
    Colour,
    draw_boxes,
    draw_skeleton,
    draw_surface_points,
    outlined_text,
    overlay_parsing,
    side_of,
    text_width,
)
from mmspd.visualization.sheets import panel_sheet

__all__ = ['Annotated', 'annotated_sheet']

_GAP = 10  # pixels between a joint's centre and its name
_MARK = (255, 255, 255)
_ABBREVIATIONS = {'left': 'l', 'right': 'r'}


@dataclass
class Annotated:
    """A picture and what is annotated on it, in its own pixels; fields that are None are not drawn.

    Attributes:
        image: uint8 (H, W, 3), RGB.
        label: Integers (H, W), 0 background, 255 ignored.
        joints: (16, 2).
        shown: (16,), above 0 where a joint is there.
        occluded: bool (16,).
        points: (P, 2).
        parts: Integers (P,), 0..24.
        uv: (P, 2), 0..1.
        boxes: (R, 4) x1, y1, x2, y2.
    """

    image: np.ndarray
    label: np.ndarray | None = None
    joints: np.ndarray | None = None
    shown: np.ndarray | None = None
    occluded: np.ndarray | None = None
    points: np.ndarray | None = None
    parts: np.ndarray | None = None
    uv: np.ndarray | None = None
    boxes: np.ndarray | None = None


def annotated_sheet(sample: Annotated, palette: Sequence[Colour], title: str, alpha: float = 0.6) -> np.ndarray:
    """One row: the picture, and a panel for each kind of annotation that it has.

    Args:
        sample (Annotated): Picture and annotation.
        palette (Sequence): (C, 3), a colour for each class.
        title (str): Of the first panel, plain ASCII.
        alpha (float): Opacity of the label's colours. Defaults to 0.6.

    Returns:
        np.ndarray: uint8 (H, W, 3), RGB.
    """
    display = Display.of(sample.image)
    image = display.image
    panels, titles = [image], [title]
    if sample.label is not None and bool((sample.label != IGNORE_LABEL).any()):
        panels.append(overlay_parsing(image, display.resize(sample.label), palette, alpha))
        titles.append('label')
    if sample.joints is not None and sample.shown is not None and (sample.shown > 0).any():
        places = display.place(sample.joints)
        panel = draw_skeleton(image, places, sample.shown, 0.0, sample.occluded)
        panels.append(_name_joints(panel, places, sample.shown > 0))
        titles.append('joints (ring: occluded)')
    if sample.points is not None and sample.parts is not None and sample.uv is not None and len(sample.points):
        places = display.place(sample.points)
        panel = draw_surface_points(image, places, sample.parts, sample.uv)
        _mark_background(panel, places[sample.parts == 0])
        titles.append(f'{int((sample.parts > 0).sum())} surface points')
        panels.append(panel)
    if sample.boxes is not None:
        panels[-1] = draw_boxes(panels[-1], display.place_boxes(sample.boxes), numbers=False)
    return panel_sheet(panels, titles)


def _mark_background(panel: np.ndarray, places: np.ndarray) -> None:
    """Small crosses at points that are known to be off the body, in place."""
    for x, y in np.rint(places).astype(int).tolist():
        cv2.drawMarker(panel, (x, y), _MARK, cv2.MARKER_TILTED_CROSS, 5, 1)


def _name_joints(panel: np.ndarray, places: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Write each joint's name beside it: the person's sides as l and r."""
    out = panel.copy()
    middle = float(places[shown, 0].mean())
    for joint in np.flatnonzero(shown).tolist():
        side = side_of(joint)
        name = JOINTS[joint].removeprefix(f'{side}_')
        text = f'{_ABBREVIATIONS[side]} {name}' if side in _ABBREVIATIONS else name
        x, y = np.rint(places[joint]).astype(int).tolist()
        width = text_width(text)
        # Beside the joint, away from the body where there is room: names of left and right keep apart.
        left, right = x - _GAP - width, x + _GAP
        to_left = left >= 0 and (x < middle or right + width >= panel.shape[1])
        outlined_text(out, text, (left if to_left else right, y + 4))
    return out
