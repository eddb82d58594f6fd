"""From light to a camera's picture: what lens, sensor and camera software do to it.

The order is nature's: the light's colour, the lens (vignetting, blur, movement), the sensor (resolution, noise), then
exposure and the tone curve. No effect moves a pixel: kernels are symmetric about their centre, and down- and upsampling
keep pixel edges in place, so that labels stay exact. JPEG is left to whoever encodes the picture.
"""

from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.paint.colours import GAMMA
from mmspd.synthetic.paint.noise import noise_field

_LUT_SIZE: Final = 4096
#: The largest light that the tone curve tells apart, after exposure; above it, the picture is white.
_BRIGHTEST: Final = 1.6
#: Mean light that an automatic exposure aims at, and how far it may change the light.
_EXPOSURE_TARGET: Final = (0.14, 0.34)
_EXPOSURE_GAIN: Final = (0.5, 2.2)


def _check_probabilities(**probabilities: float) -> None:
    for name, value in probabilities.items():
        if not 0 <= value <= 1:  # also refuses nan
            raise ValueError(f'{name} is the probability of an effect, expected a number from 0 to 1, got {value}')


def _cast_colour(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A wrong white balance: bluer or redder light, a little green or magenta."""
    warmth, tint = rng.normal(0, 0.13), rng.normal(0, 0.035)
    return image * np.exp(np.array([-warmth, tint, warmth])).astype(np.float32)


def _vignette(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Darker corners: the light falls with the square of the distance from the middle."""
    height, width = image.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] if height > 1 else np.zeros((1, 1), np.float32)
    x = np.linspace(-1, 1, width, dtype=np.float32) if width > 1 else np.zeros(1, np.float32)
    return image * (1 - np.float32(rng.uniform(0.1, 0.45)) * 0.5 * (x * x + y * y))[..., None]


def _blur(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A lens not quite in focus: standard deviation up to 0.8 % of the smaller side, at least 0.4 pixels."""
    sigma = max(0.4, float(rng.uniform(0.15, 0.8)) / 100 * min(image.shape[:2]))
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def motion_kernel(length: float, angle: float) -> np.ndarray:
    """A line through the middle of an odd square, as a kernel of sum 1 that equals itself turned by 180 degrees.

    Args:
        length (float): Pixels over which the picture smears, at least 1.
        angle (float): Of the movement, radians.

    Returns:
        np.ndarray: float32 (K, K).
    """
    half = int(np.ceil(length / 2))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along = np.abs(x * np.cos(angle) + y * np.sin(angle))
    across = np.abs(y * np.cos(angle) - x * np.sin(angle))
    kernel = np.clip(1 - across, 0, 1) * np.clip(length / 2 + 0.5 - along, 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)


def _shake(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Movement during the exposure: up to 2.5 % of the smaller side, in any direction, at least 2 pixels."""
    length = max(2.0, float(rng.uniform(0.5, 2.5)) / 100 * min(image.shape[:2]))
    kernel = motion_kernel(length, float(rng.uniform(0, np.pi)))
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)


def _coarsen(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A small picture that was enlarged: 40 to 80 % of the resolution."""
    height, width = image.shape[:2]
    share = rng.uniform(0.4, 0.8)
    size = max(round(share * width), 1), max(round(share * height), 1)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.maximum(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), 0)


def _add_noise(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A sensor's noise: its variance grows with the light (photons) from a least value (read-out)."""
    strength = 0.03 * float(rng.uniform(0.1, 1)) ** 2
    level = image.mean(axis=2, keepdims=True)
    deviation = np.sqrt(np.float32(strength * 0.05) * np.maximum(level, 0) + np.float32((0.1 * strength) ** 2))
    return image + deviation * rng.standard_normal(image.shape, dtype=np.float32)


def _add_speckle(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Blotches of wrong colour over a few pixels, as high sensitivities leave them."""
    height, width, strength = *image.shape[:2], np.float32(rng.uniform(0.03, 0.1))
    red, blue = (strength * noise_field(rng, height, width, float(rng.uniform(2, 5))) for _ in range(2))
    return image * np.stack([1 + blue, 1 - 0.5 * (blue + red), 1 + red], axis=2)


def _develop(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Exposure, highlights that roll off, contrast and the display's gamma, to uint8 (H, W, 3).

    The curve is a table over the square root of the light, which is fine where the gamma is steep.
    """
    mean = max(float(image.mean()), 1e-4)
    gain = float(np.clip(rng.uniform(*_EXPOSURE_TARGET) / mean, *_EXPOSURE_GAIN)) * float(np.exp(rng.normal(0, 0.12)))
    light = (np.arange(_LUT_SIZE) / (_LUT_SIZE - 1)) ** 2 * _BRIGHTEST
    knee = 0.7  # light above it is compressed into what is left up to 1
    shoulder = knee + (1 - knee) * (1 - np.exp(-(light - knee) / (1 - knee)))
    shown = np.where(light > knee, shoulder, light) ** (rng.uniform(0.88, 1.12) / GAMMA)
    curve = shown + rng.uniform(-0.25, 0.55) * (shown * shown * (3 - 2 * shown) - shown)  # flat, or an s-curve
    table = np.clip(np.rint(curve * 255), 0, 255).astype(np.uint8)
    scale = np.float32(gain / _BRIGHTEST)
    steps = np.sqrt(np.clip(image * scale, 0, 1)) * np.float32(_LUT_SIZE - 1)
    return table[(steps + np.float32(0.5)).astype(np.uint16)]


def take_photograph(
    rng: np.random.Generator,
    image: np.ndarray,
    *,
    p_colour_cast: float,
    p_vignette: float,
    p_blur: float,
    p_motion_blur: float,
    p_low_resolution: float,
    p_noise: float,
    p_speckle: float,
) -> np.ndarray:
    """Photograph a scene. Exposure, contrast and gamma always vary; each other effect has its probability.

    Args:
        rng (np.random.Generator): The only source of randomness: the same state gives the same bytes.
        image (np.ndarray): float32 (H, W, 3), linear light, B, G, R, about 0..1; finite.
        p_colour_cast (float): Probability of a wrong white balance.
        p_vignette (float): Probability of dark corners.
        p_blur (float): Probability of a slight defocus.
        p_motion_blur (float): Probability of camera shake.
        p_low_resolution (float): Probability that the picture was small and is enlarged.
        p_noise (float): Probability of visible sensor noise.
        p_speckle (float): Probability of chromatic blotches.

    Returns:
        np.ndarray: uint8 (H, W, 3), B, G, R. Nothing moves: pixel for pixel the same content as ``image``.

    Raises:
        ValueError: If a probability is not in 0..1, or ``image`` is not float32 (H, W, 3) with at least one pixel.
    """
    _check_probabilities(
        p_colour_cast=p_colour_cast,
        p_vignette=p_vignette,
        p_blur=p_blur,
        p_motion_blur=p_motion_blur,
        p_low_resolution=p_low_resolution,
        p_noise=p_noise,
        p_speckle=p_speckle,
    )
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0 or image.dtype != np.float32:
        raise ValueError(f'a photograph needs float32 (H, W, 3) with pixels, got {image.dtype} {image.shape}')
    # One draw for each effect, so that a probability of 0 leaves the choice of the others as it was.
    chances = rng.random(7)
    for effect, probability, chance in zip(
        (_cast_colour, _vignette, _blur, _shake, _coarsen, _add_noise, _add_speckle),
        (p_colour_cast, p_vignette, p_blur, p_motion_blur, p_low_resolution, p_noise, p_speckle),
        chances,
        strict=True,
    ):
        if chance < probability:
            image = effect(rng, image)
    return _develop(rng, image)


def sample_jpeg_quality(rng: np.random.Generator, low: int, high: int) -> int:
    """A JPEG quality from ``low`` to ``high``, both included; ValueError unless 1 <= low <= high <= 100."""
    if not 1 <= low <= high <= 100:
        raise ValueError(f'a JPEG quality needs 1 <= low <= high <= 100, got low {low}, high {high}')
    return int(rng.integers(low, high + 1))
