"""Random changes of colour."""

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmspd.registry import TRANSFORMS

__all__ = ['PersonPhotometric']


def brightness_contrast_table(delta: float, factor: float, contrast_first: bool) -> np.ndarray:
    """Lookup table of ``x + delta`` and ``x * factor``, clipped to 0..255 after each: uint8 (256,)."""
    values = np.arange(256, dtype=np.float64)
    if contrast_first:
        values = np.clip(np.clip(values * factor, 0, 255) + delta, 0, 255)
    else:
        values = np.clip(np.clip(values + delta, 0, 255) * factor, 0, 255)
    return np.rint(values).astype(np.uint8)


def hue_saturation_table(hue: int, saturation: float) -> np.ndarray:
    """Lookup table of OpenCV's HSV channels: hue turned (0..179, cyclic), saturation scaled: uint8 (256, 1, 3)."""
    values = np.arange(256)
    scaled = np.clip(np.rint(values * saturation), 0, 255)
    return np.stack([(values + hue) % 180, scaled, values], axis=-1).astype(np.uint8)[:, None]


@TRANSFORMS.register_module()
class PersonPhotometric(BaseTransform):
    """Change brightness, contrast, saturation and hue, each with probability one half.

    As mmseg's ``PhotoMetricDistortion`` (after SSD's augmentation), but drawn from ``results['rng']`` and done by two
    lookup tables. Contrast comes before saturation and hue here, always; the order of brightness and contrast is drawn.

    Args:
        brightness (float): Largest change that is added, in grey levels. Defaults to 32.
        contrast (tuple): Lowest and highest factor. Defaults to (0.5, 1.5).
        saturation (tuple): Lowest and highest factor. Defaults to (0.5, 1.5).
        hue (int): Largest turn of the hue, in OpenCV's degrees of 0..179. Defaults to 18.
    """

    def __init__(
        self,
        brightness: float = 32,
        contrast: tuple[float, float] = (0.5, 1.5),
        saturation: tuple[float, float] = (0.5, 1.5),
        hue: int = 18,
    ) -> None:
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``img``, uint8 (H, W, 3) BGR."""
        rng = results['rng']
        # All numbers are drawn whichever are used, so the stream does not depend on what was switched on.
        change_brightness, change_contrast, change_saturation, change_hue, contrast_first = rng.random(5) < 0.5
        delta = rng.uniform(-self.brightness, self.brightness) * change_brightness
        contrast, saturation = rng.uniform(*self.contrast), rng.uniform(*self.saturation)
        hue = int(rng.integers(-self.hue, self.hue + 1)) * int(change_hue)
        image = results['img']
        if change_brightness or change_contrast:
            factor = contrast if change_contrast else 1.0
            image = cv2.LUT(image, brightness_contrast_table(delta, factor, bool(contrast_first)))
        if change_saturation or change_hue:
            table = hue_saturation_table(hue, saturation if change_saturation else 1.0)
            image = cv2.cvtColor(cv2.LUT(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), table), cv2.COLOR_HSV2BGR)
        results['img'] = image
        return results
