"""Draws parsing, joints and surface onto images, as pure functions.

Images are uint8 (H, W, 3) in **RGB**, as mmengine's visualizers have them; so are all colours. No function changes its
input. Points are pixel-centre coordinates, see :mod:`mmspd.geometry`.
"""

import colorsys
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from mmspd.anatomy import JOINTS, NUM_PARTS, SIDE_COLOURS, SKELETON, SURFACE_MIRROR

__all__ = [
    'PART_COLOURS',
    'draw_boxes',
    'draw_skeleton',
    'draw_surface',
    'draw_surface_points',
    'outlined_text',
    'overlay_parsing',
    'surface_colours',
    'text_width',
]

Colour = tuple[int, int, int]
# Sub-pixel positions: OpenCV takes integers with this many fractional bits.
_SHIFT = 4
_BAND = 256
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
_BOX, _OUTLINE, _INK = (255, 220, 0), (0, 0, 0), (255, 255, 255)


def _part_colours() -> np.ndarray:
    """A colour for each surface part, uint8 (25, 3): 0 black; a mirrored pair has one hue, its second part darker."""
    colours = np.zeros((NUM_PARTS + 1, 3), np.uint8)
    for part in range(1, NUM_PARTS + 1):
        first = min(part, int(SURFACE_MIRROR[part]))
        # Steps of the golden ratio keep neighbouring parts' hues apart.
        rgb = colorsys.hsv_to_rgb(first * 0.618034 % 1, 0.75, 1.0 if part == first else 0.65)
        colours[part] = np.round(np.array(rgb) * 255)
    colours.setflags(write=False)
    return colours


PART_COLOURS = _part_colours()


def overlay_parsing(
    image: np.ndarray, labels: np.ndarray, palette: Sequence[Colour] | np.ndarray, alpha: float = 0.6
) -> np.ndarray:
    """Blend the colours of a label map over an image.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        labels (np.ndarray): Integers (H, W). Background (0), ignored pixels (255) and every other value without a
            colour show the image.
        palette (Sequence): (C, 3), the colour of each class, 0..255.
        alpha (float): 0 shows the image, 1 the bare colours.

    Returns:
        np.ndarray: uint8 (H, W, 3).

    Raises:
        ValueError: If labels and image differ in size.
    """
    if labels.shape != image.shape[:2]:
        raise ValueError(f'a label map of the size {image.shape[:2]} of the image is needed, got {labels.shape}')
    colours = np.asarray(palette, dtype=np.float32).reshape(-1, 3)
    out = image.copy()
    for rows in _bands(len(out)):
        shown = (labels[rows] > 0) & (labels[rows] < len(colours))
        _blend(out[rows], shown, colours[labels[rows][shown].astype(np.int64)], alpha)
    return out


def _bands(height: int) -> list[slice]:
    """Rows of an image, some hundred at a time, so that intermediate values of large images need little memory."""
    return [slice(top, top + _BAND) for top in range(0, height, _BAND)]


def _blend(image: np.ndarray, mask: np.ndarray, colours: np.ndarray, alpha: float) -> None:
    """Blend ``colours``, float32 (N, 3), over the N pixels of ``mask`` (H, W), in place."""
    image[mask] = np.rint(np.float32(1 - alpha) * image[mask] + np.float32(alpha) * colours).astype(np.uint8)


def _thickness(image: np.ndarray) -> int:
    """Line width for an image: about 1 in 100 of its size."""
    return max(1, round(float(np.sqrt(image.shape[0] * image.shape[1])) / 100))


def _cell(point: np.ndarray, image: np.ndarray) -> tuple[int, int]:
    """A point in OpenCV's fixed-point numbers, kept near enough to the image to fit them."""
    reach = 4 * max(image.shape[:2])
    x, y = np.rint(np.clip(point, -reach, reach) * (1 << _SHIFT)).astype(int).tolist()
    return x, y


def side_of(joint: int) -> str:
    """'left', 'right' or 'centre': the person's side of a joint."""
    side = JOINTS[joint].split('_')[0]
    return side if side in SIDE_COLOURS else 'centre'


def draw_skeleton(
    image: np.ndarray,
    keypoints: np.ndarray,
    scores: np.ndarray | None = None,
    threshold: float = 0.0,
    occluded: np.ndarray | None = None,
    side_colours: Mapping[str, Colour] = SIDE_COLOURS,
) -> np.ndarray:
    """Draw one person's joints and bones: the person's left, right and middle in colours of their own.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        keypoints (np.ndarray): (16, 2) in the order of ``JOINTS``; those that are not finite are left out.
        scores (np.ndarray | None): (16,), score or visibility; joints at or below ``threshold`` are left out.
        threshold (float): See ``scores``.
        occluded (np.ndarray | None): bool (16,); these joints are drawn as rings.
        side_colours (Mapping): Colours of 'left', 'right' and 'centre'. Defaults to ``SIDE_COLOURS``.

    Returns:
        np.ndarray: uint8 (H, W, 3).
    """
    out = image.copy()
    shown = np.isfinite(keypoints).all(axis=1)
    if scores is not None:
        shown &= np.asarray(scores) > threshold
    thickness = _thickness(image)
    for first, second, side in SKELETON:
        if shown[first] and shown[second]:
            ends = _cell(keypoints[first], image), _cell(keypoints[second], image)
            cv2.line(out, *ends, side_colours[side], thickness, cv2.LINE_AA, _SHIFT)
    for joint in np.flatnonzero(shown).tolist():
        hollow = occluded is not None and bool(occluded[joint])
        _dot(out, keypoints[joint], 1.5 * thickness, side_colours[side_of(joint)], hollow)
    return out


def _dot(image: np.ndarray, point: np.ndarray, radius: float, colour: Colour, hollow: bool = False) -> None:
    """Draw a disc with a thin dark edge, or a ring around what is there; in place."""
    centre, line = _cell(point, image), max(1, round(radius / 3))
    if hollow:
        original = image.copy()
        cv2.circle(image, centre, round((radius + line) * (1 << _SHIFT)), colour, -1, cv2.LINE_AA, _SHIFT)
        hole = np.zeros(image.shape[:2], np.uint8)
        cv2.circle(hole, centre, round(radius * 0.6 * (1 << _SHIFT)), 1, -1, cv2.LINE_8, _SHIFT)
        image[hole > 0] = original[hole > 0]
        return
    cv2.circle(image, centre, round((radius + line) * (1 << _SHIFT)), (20, 20, 20), -1, cv2.LINE_AA, _SHIFT)
    cv2.circle(image, centre, round(radius * (1 << _SHIFT)), colour, -1, cv2.LINE_AA, _SHIFT)


def surface_colours(parts: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Colours of surface coordinates: the part gives the hue, V the brightness, and U fades it towards white.

    Args:
        parts (np.ndarray): Integers 0..24, any shape; 0 is black.
        uv (np.ndarray): (..., 2), U and V in 0..1.

    Returns:
        np.ndarray: float32 (..., 3), 0..255.
    """
    u, v = np.moveaxis(np.clip(np.nan_to_num(uv), 0, 1).astype(np.float32), -1, 0)[..., None]
    colour = PART_COLOURS[parts].astype(np.float32)
    faded = colour + (255 - colour) * 0.55 * u
    return np.where(np.asarray(parts)[..., None] > 0, faded * (0.5 + 0.5 * v), 0).astype(np.float32)


def draw_surface(image: np.ndarray, iuv: np.ndarray, alpha: float = 0.8) -> np.ndarray:
    """Blend a surface map over an image.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        iuv (np.ndarray): (3, H, W): part 0..24 (0 shows the image), U and V in 0..1.
        alpha (float): 0 shows the image, 1 the bare colours.

    Returns:
        np.ndarray: uint8 (H, W, 3); colours as :func:`surface_colours` has them.

    Raises:
        ValueError: If map and image differ in size.
    """
    if iuv.shape != (3, *image.shape[:2]):
        raise ValueError(f'a surface map of shape (3, {image.shape[0]}, {image.shape[1]}) is needed, got {iuv.shape}')
    out = image.copy()
    for rows in _bands(len(out)):
        parts, uv = iuv[0, rows].astype(np.int64), np.moveaxis(iuv[1:, rows], 0, -1)
        body = parts > 0
        _blend(out[rows], body, surface_colours(parts[body], uv[body]), alpha)
    return out


def draw_surface_points(image: np.ndarray, points: np.ndarray, parts: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Draw annotated surface points as dots; background points (part 0) and points that are not finite are left out.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        points (np.ndarray): (P, 2), pixel-centre coordinates.
        parts (np.ndarray): Integers (P,), 0..24.
        uv (np.ndarray): (P, 2), U and V in 0..1.

    Returns:
        np.ndarray: uint8 (H, W, 3); colours as :func:`surface_colours` has them.
    """
    out = image.copy()
    radius = 0.9 * _thickness(image)
    shown = (parts > 0) & np.isfinite(points).all(axis=1)
    for point, colour in zip(points[shown], surface_colours(parts[shown], uv[shown]).tolist(), strict=True):
        red, green, blue = (round(channel) for channel in colour)
        _dot(out, point, radius, (red, green, blue))
    return out


def draw_boxes(image: np.ndarray, boxes: np.ndarray, scale: float = 1.0, numbers: bool = True) -> np.ndarray:
    """Draw boxes in thin lines, with their numbers 1, 2, ... inside at the upper left.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        boxes (np.ndarray): (R, 4), ``x1, y1, x2, y2`` on pixel edges; those that are not finite are left out.
        scale (float): Size of numbers and lines, 1 for an image of up to 720 pixels a side. Defaults to 1.
        numbers (bool): Whether the numbers are written. Defaults to True.

    Returns:
        np.ndarray: uint8 (H, W, 3).
    """
    out = image.copy()
    for number, box in enumerate(np.asarray(boxes, dtype=np.float64).reshape(-1, 4), start=1):
        if not np.isfinite(box).all():
            continue
        # The outermost pixels inside: an edge e lies between the pixels e - 1 and e.
        first, last = _cell(box[:2], image), _cell(box[2:] - 1, image)
        cv2.rectangle(out, first, last, _BOX, max(1, round(scale)), cv2.LINE_8, _SHIFT)
        if numbers:
            x, y = np.clip(box[:2], 0, np.array(image.shape[1::-1]) - 1).astype(int).tolist()
            outlined_text(out, str(number), (x + round(4 * scale), y + round(15 * scale)), scale)
    return out


def outlined_text(image: np.ndarray, text: str, place: tuple[int, int], scale: float = 1.0) -> None:
    """Write light text with a dark edge, in place.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        text (str): Plain ASCII.
        place (tuple): x, y of its lower left corner, pixels.
        scale (float): Size, 1 is the smallest that can be read. Defaults to 1.
    """
    pen = max(1, round(scale))
    for colour, width in ((_OUTLINE, 3 * pen), (_INK, pen)):
        cv2.putText(image, text, place, _FONT, _FONT_SCALE * scale, colour, width, cv2.LINE_AA)


def text_width(text: str) -> int:
    """Width in pixels of text that :func:`outlined_text` writes at scale 1."""
    return int(cv2.getTextSize(text, _FONT, _FONT_SCALE, 1)[0][0])
