"""A handful of rendered people of any size, each rendered once in a process."""

import dataclasses
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.people import render_person
from mmspd.synthetic.rendered_person import RenderedPerson, box_around
from mmspd.synthetic.settings import PeopleSettings

__all__ = ['MIN_SIZE', 'NUM_PEOPLE', 'sample_person']

NUM_PEOPLE: Final = 6  # of each size
MIN_SIZE: Final = 16

_SEED: Final = 0
_RENDERED_SIZES: Final = (32, 2048)  # what the renderer takes
_REDUCTION: Final = 3  # odd, so that a reduced pixel's centre is a pixel's centre


@lru_cache(maxsize=8 * NUM_PEOPLE)
def sample_person(index: int, height: int, width: int) -> RenderedPerson:
    """One of the people; its arrays are read-only.

    Args:
        index (int): Which, 0..5.
        height (int): Of the picture, pixels, 16..2048.
        width (int): Of the picture, pixels, 16..2048. Where either is below 32, both are at most 682.

    Returns:
        RenderedPerson: Picture and annotation.

    Raises:
        ValueError: If index or size is out of range.
    """
    if not 0 <= index < NUM_PEOPLE:
        raise ValueError(f'there are the people 0..{NUM_PEOPLE - 1}, got {index}')
    low, high = _RENDERED_SIZES
    factor = _REDUCTION if min(height, width) < low else 1
    if min(height, width) < MIN_SIZE or factor * max(height, width) > high:
        raise ValueError(
            f'expected a height and a width of {MIN_SIZE}..{high} pixels, of at most {high // _REDUCTION} where one is '
            f'below {low}, got {height} x {width}'
        )
    person = render_person(_SEED, index, PeopleSettings(size=(factor * height, factor * width)))
    person = person if factor == 1 else _reduce(person)
    for field in dataclasses.fields(person):
        value = getattr(person, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return person


def _reduce(person: RenderedPerson) -> RenderedPerson:
    """A third of the size: colours are means of 3x3 pixels, annotation is that of the middle one."""
    middle = _REDUCTION // 2
    label, parts, uv, coarse = (
        array[middle::_REDUCTION, middle::_REDUCTION].copy()
        for array in (person.label, person.parts, person.uv, person.coarse)
    )
    height, width = label.shape
    return dataclasses.replace(
        person,
        image=cv2.resize(person.image, (width, height), interpolation=cv2.INTER_AREA),
        label=label,
        joints=(person.joints - middle) / np.float32(_REDUCTION),
        parts=parts,
        uv=uv,
        coarse=coarse,
        box=box_around((label > 0) | (coarse >= 0)),
    )
