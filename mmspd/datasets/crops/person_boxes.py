"""A person's box, the crop around it, and what is annotated in the crop's coordinates.

LIP's own crops are those of :mod:`mmspd.datasets.crops.lip_crops`; here a margin is left around a person whose picture
shows more.
"""

import math

import numpy as np

__all__ = ['PixelCrop', 'clip_crop', 'corners', 'crop_around', 'cut', 'move_box', 'move_points']

# x0, y0, x1, y1: columns x0..x1-1 and rows y0..y1-1 of a picture.
PixelCrop = tuple[int, int, int, int]


def corners(bbox: np.ndarray) -> np.ndarray:
    """x, y, width, height (4,) to x1, y1, x2, y2 (1, 4), float32."""
    return np.concatenate([bbox[:2], bbox[:2] + bbox[2:]])[None].astype(np.float32)


def crop_around(
    box: np.ndarray | tuple[float, float, float, float], margin: float, size: tuple[int, int] | None, where: str
) -> PixelCrop:
    """The pixels that a box with a margin touches, as far as they are in the picture.

    Args:
        box (np.ndarray): x1, y1, x2, y2 on pixel edges.
        margin (float): Added on each side, as a fraction of the box's width and height; not negative.
        size (tuple, optional): (H, W) of the picture. None where it is not known: then the crop is cut at its left and
            upper edge only, and at the others when the picture is loaded, which moves no coordinate.
        where (str): Names the box in messages.

    Returns:
        tuple: x0, y0, x1, y1, at least one pixel.

    Raises:
        ValueError: If the box is empty or not finite, or lies outside the picture.
    """
    x1, y1, x2, y2 = (float(value) for value in box)
    if not all(map(math.isfinite, (x1, y1, x2, y2))) or x2 <= x1 or y2 <= y1:
        raise ValueError(f'{where}: expected a box of positive width and height, got the corners {(x1, y1, x2, y2)}')
    height, width = (math.inf, math.inf) if size is None else size
    if x2 <= 0 or y2 <= 0 or x1 >= width or y1 >= height:
        extent = '' if size is None else f' of {width} x {height} pixels (width x height)'
        raise ValueError(f'{where}: the box with the corners {(x1, y1, x2, y2)} lies outside its picture{extent}')
    across, down = margin * (x2 - x1), margin * (y2 - y1)
    if not all(map(math.isfinite, (min(width, x2 + across), min(height, y2 + down)))):
        raise ValueError(f'{where}: the box with the corners {(x1, y1, x2, y2)} is larger than any picture')
    return (
        math.floor(max(0.0, x1 - across)),
        math.floor(max(0.0, y1 - down)),
        math.ceil(min(width, x2 + across)),
        math.ceil(min(height, y2 + down)),
    )


def clip_crop(crop: PixelCrop, shape: tuple[int, int], where: str) -> PixelCrop:
    """A crop cut at the right and lower edge of a picture of (H, W), which moves no coordinate.

    Raises:
        ValueError: If it does not start in the picture; the message starts with ``where``.
    """
    x0, y0, x1, y1 = crop
    clipped = (x0, y0, min(x1, shape[1]), min(y1, shape[0]))
    if min(x0, y0) < 0 or x0 >= clipped[2] or y0 >= clipped[3]:
        raise ValueError(
            f'{where}: the crop of the columns {x0}..{x1 - 1} and rows {y0}..{y1 - 1} does not start in the picture of '
            f'{shape[1]} x {shape[0]} pixels (width x height): is it the picture that was annotated?'
        )
    return clipped


def cut(image: np.ndarray, crop: PixelCrop) -> np.ndarray:
    """The pixels of an image (H, W, ...) that a crop covers, copied."""
    x0, y0, x1, y1 = crop
    return image[y0:y1, x0:x1].copy()


def move_points(points: np.ndarray, crop: PixelCrop) -> np.ndarray:
    """Points (..., 2) of a picture in a crop's coordinates: the same dtype."""
    return points - np.array(crop[:2], dtype=points.dtype)


def move_box(bbox: np.ndarray, crop: PixelCrop) -> np.ndarray:
    """A box (4,) x, y, width, height of a picture in a crop's coordinates, not cut: the same dtype."""
    return bbox - np.array([*crop[:2], 0, 0], dtype=bbox.dtype)
