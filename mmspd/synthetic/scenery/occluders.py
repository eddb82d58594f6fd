"""Things in front of the person: what hides 5 to 35 % of the person's box.

A pixel counts as covered where alpha is at least 0.5. The share is of the box's pixels that lie in the picture (pixel
centres inside the box). A shape that covers too much or too little of them is drawn again at another place; after some
tries a plain counter of just the right height is drawn instead.
"""

from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.chance import choose
from mmspd.synthetic.paint.colours import from_hsv
from mmspd.synthetic.scenery.canvas import Canvas
from mmspd.synthetic.scenery.occluder_shapes import OCCLUDERS, Frame

#: How often each kind is tried; those that seldom cover the right share are drawn less often.
OCCLUDER_SHARES: Final = {
    'counter': 0.15,
    'table': 0.12,
    'chair': 0.10,
    'leaves': 0.12,
    'pole': 0.10,
    'sign': 0.08,
    'bag': 0.09,
    'railing': 0.08,
    'bicycle': 0.06,
    'ball': 0.05,
    'umbrella': 0.05,
}
#: Least and largest share of the box's visible pixels that an occluder covers.
COVERED_SHARE: Final = (0.05, 0.35)
#: The smallest box, in pixels inside the picture, that anything is drawn for.
LEAST_PIXELS: Final = 64
_TRIES: Final = 6
_BLUR_SHARE: Final = 0.35  # how often an occluder is nearer than the depth of field


def _box_pixels(height: int, width: int, box: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the pixels whose centres are inside the box and the picture; may be empty."""
    first = np.clip(np.ceil(box[:2] - 0.5), 0, (width, height)).astype(int)
    last = np.clip(np.ceil(box[2:] - 0.5), 0, (width, height)).astype(int)
    columns, rows = (slice(int(low), int(max(low, high))) for low, high in zip(first, last, strict=True))
    return rows, columns


def covered_share(alpha: np.ndarray, box: np.ndarray) -> float:
    """Share of the box's pixels inside the picture where ``alpha`` (H, W) is at least 0.5; 0 if there are none."""
    inside = alpha[_box_pixels(alpha.shape[0], alpha.shape[1], np.asarray(box, np.float64))]
    return float((inside >= 0.5).mean()) if inside.size else 0.0


def _blurred(rng: np.random.Generator, planes: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same out of focus; ``planes`` are premultiplied, so that no colour from outside the shape enters."""
    sigma = float(rng.uniform(0.3, 1.0)) * 0.01 * min(alpha.shape)
    if sigma < 0.3 or rng.random() >= _BLUR_SHARE:
        return planes, alpha
    blurred = [cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) for plane in (*planes, alpha)]
    return np.stack(blurred[:3]), blurred[3]


def _fallback(rng: np.random.Generator, height: int, width: int, rows: slice) -> Canvas:
    """A plain counter whose upper edge lies so that it covers a fifth of the box's rows (at least one)."""
    canvas = Canvas(rng, height, width)
    count = max(int(0.2 * (rows.stop - rows.start)), 1)
    colour = from_hsv(rng.uniform(15, 40), rng.uniform(0.1, 0.5), rng.uniform(0.25, 0.8))
    below = slice(rows.stop - count, height), slice(0, width)
    canvas.blend(below, np.ones((height - below[0].start, width), np.float32), colour, texture=0.1)
    return canvas


def draw_occluder(rng: np.random.Generator, height: int, width: int, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw something in front of a person.

    Args:
        rng (np.random.Generator): The only source of randomness: the same state gives the same bytes.
        height (int): Of the picture, pixels, at least 1.
        width (int): Of the picture, pixels, at least 1.
        box (np.ndarray): (4,), ``x1, y1, x2, y2`` of the person on pixel edges; may reach over the picture's border.

    Returns:
        tuple[np.ndarray, np.ndarray]: Colour, float32 (H, W, 3), linear B, G, R in 0..1, 0 where there is nothing; and
        alpha, float32 (H, W), in 0..1. 5 to 35 % of the box's pixels in the picture have alpha >= 0.5. A box with less
        than 64 pixels in the picture, or less than 8 rows of it, gets nothing: alpha is 0 everywhere.

    Raises:
        ValueError: If the picture has no pixels, or the box is not four finite numbers in order.
    """
    if height < 1 or width < 1:
        raise ValueError(f'an occluder needs a picture of at least 1x1 pixels, got {width}x{height} (width x height)')
    box = np.asarray(box, np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or (box[2:] < box[:2]).any():
        raise ValueError(f'an occluder needs a box x1, y1, x2, y2 with x1 <= x2 and y1 <= y2, got {box.tolist()}')
    rows, columns = _box_pixels(height, width, box)
    tall, wide = rows.stop - rows.start, columns.stop - columns.start
    if tall * wide < LEAST_PIXELS or tall < 8:
        return np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    # What cannot be seen of the box is not worth hiding.
    frame = Frame(float(columns.start), float(rows.start), float(columns.stop), float(rows.stop))
    least, most = COVERED_SHARE
    for _ in range(_TRIES):
        kind = choose(rng, OCCLUDER_SHARES)
        canvas = Canvas(rng, height, width)
        OCCLUDERS[kind](rng, canvas, frame)
        planes, alpha = _blurred(rng, canvas.planes, canvas.alpha)
        if least <= covered_share(alpha, box) <= most:
            break
    else:
        canvas = _fallback(rng, height, width, rows)
        planes, alpha = canvas.planes, canvas.alpha
    image = np.where(alpha > 0.002, planes / np.maximum(alpha, 0.002), 0)
    return np.ascontiguousarray(np.clip(image, 0, 1).transpose(1, 2, 0)), np.clip(alpha, 0, 1)
