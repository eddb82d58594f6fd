"""A picture at the size at which it is shown, and the way there for what belongs to it."""

from dataclasses import dataclass

import numpy as np

from mmspd.geometry import apply_to_points, scaling
from mmspd.visualization.sheets import display_scale, resize, sample_nearest, text_scale

__all__ = ['Display']


@dataclass(frozen=True, eq=False)
class Display:
    """A picture as it is shown; functions that draw return new ones, none draws on this.

    Attributes:
        image: uint8 (h, w, 3), RGB, at the size at which it is shown.
        size: (H, W) of the picture itself, to which labels, points and boxes belong.
    """

    image: np.ndarray
    size: tuple[int, int]

    @classmethod
    def of(cls, image: np.ndarray, magnify: bool = True) -> 'Display':
        """Bring a picture to the size at which it is shown.

        Args:
            image (np.ndarray): uint8 (H, W, 3), RGB.
            magnify (bool): Whether small ones are magnified and large ones reduced, see
                :func:`mmspd.visualization.sheets.display_scale`; otherwise the picture keeps its size.

        Raises:
            ValueError: If it is no such image, or an empty one.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise ValueError(f'an image uint8 (H, W, 3) is needed, got {image.dtype} {image.shape}')
        height, width = image.shape[:2]
        return cls(resize(image, display_scale(height, width)) if magnify else image, (height, width))

    @property
    def text_scale(self) -> float:
        """Size of text beside the picture, 1 is the smallest that can be read."""
        return text_scale(*self.image.shape[:2])

    @property
    def _factors(self) -> tuple[float, float]:
        """Magnification across and down."""
        return self.image.shape[1] / self.size[1], self.image.shape[0] / self.size[0]

    def place(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the picture where they are shown, float64; nan where they are not finite."""
        finite = np.where(np.isfinite(points), points, np.nan).astype(np.float64)
        return apply_to_points(scaling(*self._factors), finite)

    def place_boxes(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (R, 4) of the picture, on pixel edges, where they are shown, float64 (R, 4)."""
        return np.asarray(boxes, dtype=np.float64).reshape(-1, 4) * (*self._factors, *self._factors)

    def resize(self, field: np.ndarray) -> np.ndarray:
        """A map (H, W, ...) of the picture at the size shown: the nearest values, never a mixture."""
        return sample_nearest(field, *self.image.shape[:2])
