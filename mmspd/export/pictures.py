"""Rendered people for checking and for calibrating exported files, and how pictures become a network's inputs."""

from typing import Final

import cv2
import numpy as np

from mmspd.datasets.transforms.geometry import person_matrix
from mmspd.synthetic.people import render_person
from mmspd.synthetic.settings import PeopleSettings

__all__ = ['CALIBRATION_SEED', 'CHECK_SEED', 'NUM_CALIBRATED', 'NUM_CHECKED', 'as_input', 'rendered_pictures']

NUM_CHECKED: Final = 20
CHECK_SEED: Final = 7001
NUM_CALIBRATED: Final = 32
CALIBRATION_SEED: Final = 7002  # other people than those of the check

_LEAST_SIDE: Final = 32  # that the renderer takes


def rendered_pictures(number: int, seed: int, input_size: tuple[int, int]) -> list[np.ndarray]:
    """Pictures of people, of a network's input size and, every second one, half as wide again and a quarter higher.

    Args:
        number (int): How many.
        seed (int): The same seed gives the same people.
        input_size (tuple): (W, H); a side below 32 is made 32.

    Returns:
        list[np.ndarray]: uint8 (h, w, 3), B, G, R.
    """
    width, height = (max(side, _LEAST_SIDE) for side in input_size)
    sizes = ((height, width), (height * 5 // 4, width * 3 // 2))
    settings = [PeopleSettings(size=size) for size in sizes]
    return [render_person(seed, index, settings[index % 2]).image for index in range(number)]


def as_input(picture: np.ndarray, input_size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture stretched to a network's input, as ``PersonAffine`` does in ``test_mode``.

    Args:
        picture (np.ndarray): uint8 (h, w, 3).
        input_size (tuple): (W, H).

    Returns:
        tuple[np.ndarray, np.ndarray]: uint8 (H, W, 3); float64 (3, 3), from points of the picture to the input's.
    """
    matrix = person_matrix(picture.shape[:2], input_size)
    stretched = cv2.warpAffine(picture, matrix[:2], input_size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return stretched, matrix
