"""Draws parsing, joints and surface onto images, as pure functions.

Images are uint8 (H, W, 3) in **RGB**, as mmengine's visualizers have them; so are all colours. No function changes its
input. Points are pixel-centre coordinates, see :mod:`mmspd.geometry`.
"""

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np

from mmspd.anatomy import JOINTS, NUM_PARTS, SIDE_COLOURS, SKELETON, SURFACE_MIRROR

__all__ = ['PART_COLOURS', 'draw_skeleton', 'draw_surface', 'draw_surface_points', 'overlay_parsing', 'surface_colours']

Colour = tuple[int, int, int]
# Sub-pixel positions: OpenCV takes integers with this many fractional bits.
_SHIFT = 4


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
    shown = (labels > 0) & (labels < len(colours))
    return _blend(image, shown, colours[np.where(shown, labels, 0).astype(np.int64)][shown], alpha)


def _blend(image: np.ndarray, mask: np.ndarray, colours: np.ndarray, alpha: float) -> np.ndarray:
    """Blend ``colours`` (N, 3) over the N pixels of ``mask`` (H, W)."""
    out = image.copy()
    out[mask] = np.rint((1 - alpha) * image[mask] + alpha * colours).astype(np.uint8)
    return out


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
) -> np.ndarray:
    """Draw one person's joints and bones: the person's left, right and middle in ``SIDE_COLOURS``.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        keypoints (np.ndarray): (16, 2) in the order of ``JOINTS``; those that are not finite are left out.
        scores (np.ndarray | None): (16,), score or visibility; joints at or below ``threshold`` are left out.
        threshold (float): See ``scores``.
        occluded (np.ndarray | None): bool (16,); these joints are drawn as rings.

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
            cv2.line(out, *ends, SIDE_COLOURS[side], thickness, cv2.LINE_AA, _SHIFT)
    for joint in np.flatnonzero(shown).tolist():
        hollow = occluded is not None and bool(occluded[joint])
        _dot(out, keypoints[joint], 1.5 * thickness, SIDE_COLOURS[side_of(joint)], hollow)
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
    parts = iuv[0].astype(np.int64)
    body = parts > 0
    return _blend(image, body, surface_colours(parts[body], np.moveaxis(iuv[1:], 0, -1)[body]), alpha)


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
