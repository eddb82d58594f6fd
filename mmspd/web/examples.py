"""The page's example pictures: rendered people, shipped as JPEG files."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.people import render_person
from mmspd.synthetic.settings import PeopleSettings

__all__ = ['EXAMPLES', 'Example', 'render_example']

_SEED: Final = 2026
_SIZE: Final = (512, 384)
_QUALITY: Final = 88


@dataclass(frozen=True)
class Example:
    """An example picture.

    Attributes:
        file: Its name in ``mmspd/web/examples``.
        title: What it shows.
        people: Index of each rendered person, side by side from the left.
        boxes: Of the people, as the page takes them; empty where the whole picture is one person.
    """

    file: str
    title: str
    people: tuple[int, ...]
    boxes: str = ''


EXAMPLES: Final = (
    Example('standing.jpg', 'A person who stands', (0,)),
    Example('sitting.jpg', 'A person who sits', (7,)),
    Example('jumping.jpg', 'A person who jumps', (10,)),
    Example('two.jpg', 'Two people', (4, 1), '152, 30, 298, 496\n501, 50, 645, 497'),
)


def render_example(example: Example) -> bytes:
    """Render an example anew.

    Args:
        example (Example): Which.

    Returns:
        bytes: The JPEG file.
    """
    people = [render_person(_SEED, index, PeopleSettings(size=_SIZE)).image for index in example.people]
    _, content = cv2.imencode('.jpg', np.hstack(people), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return content.tobytes()
