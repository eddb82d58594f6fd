"""What the renderer of people gives: a picture and its annotation, exact to the pixel."""

from dataclasses import dataclass

import numpy as np

__all__ = ['RenderedPerson', 'box_around']


@dataclass(frozen=True, eq=False)
class RenderedPerson:
    """A rendered picture of a person and its annotation.

    Attributes:
        image: uint8 (H, W, 3), B, G, R.
        label: uint8 (H, W), parsing classes 0..19. Bare skin of the torso is 0, as in LIP, and so is a second person.
        joints: float32 (16, 2), pixel-centre coordinates; nan where outside the image.
        occluded: bool (16,), whether something hides the joint; False where it is outside.
        parts: uint8 (H, W), surface part 0..24 of the body, seen through its clothes; 0 off the body, and inside eyes
            and mouth, which no chart covers.
        uv: float32 (H, W, 2), U and V in 0..1, 0 where ``parts`` is 0.
        coarse: int8 (H, W), position in ``COARSE_PARTS`` of the body part below each pixel, -1 off the body. It differs
            from what ``parts`` says in eyes and mouth only.
        box: float32 (4,), ``x1, y1, x2, y2`` on pixel edges around all labelled and body pixels; the whole picture
            where nothing of the person shows.
        jpeg_quality: 1..100, with which the picture is to be compressed.
    """

    image: np.ndarray
    label: np.ndarray
    joints: np.ndarray
    occluded: np.ndarray
    parts: np.ndarray
    uv: np.ndarray
    coarse: np.ndarray
    box: np.ndarray
    jpeg_quality: int


def box_around(mask: np.ndarray) -> np.ndarray:
    """Smallest box around a mask's pixels.

    Args:
        mask (np.ndarray): bool (H, W).

    Returns:
        np.ndarray: float32 (4,), ``x1, y1, x2, y2`` on pixel edges; the whole picture where the mask is empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return np.array([0, 0, mask.shape[1], mask.shape[0]], dtype=np.float32)
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], dtype=np.float32)
