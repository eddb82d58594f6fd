"""What the colours of a picture mean, as names with colours: the classes that occur, the person's sides, the levels."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmspd.visualization.contours import LEVELS, U_COLOURS, V_COLOURS
from mmspd.visualization.drawing import Colour

__all__ = ['Entries', 'check_palette', 'level_entries', 'present_classes', 'side_entries']

Entries = list[tuple[str, Colour]]


def present_classes(
    labels: np.ndarray, classes: Sequence[str], palette: Sequence[Colour]
) -> set[tuple[int, str, Colour]]:
    """Number, name and colour of the classes that occur in a label map, without the background.

    Args:
        labels (np.ndarray): Integers (H, W); values without a class are left out.
        classes (Sequence[str]): C names, the background first.
        palette (Sequence): C colours.

    Raises:
        ValueError: If there is not one colour for each class.
    """
    check_palette(classes, palette)
    counts = np.bincount(np.clip(labels, 0, len(classes)).ravel().astype(np.int64), minlength=len(classes))
    present = [label for label in range(1, len(classes)) if counts[label]]
    return {(label, classes[label], _plain(palette[label])) for label in present}


def check_palette(classes: Sequence[str], palette: Sequence[Colour]) -> None:
    """Raise a ValueError unless there is one colour for each class."""
    if len(classes) != len(palette):
        raise ValueError(f'one colour for each class is needed, got {len(classes)} classes, {len(palette)} colours')


def side_entries(side_colours: Mapping[str, Colour]) -> Entries:
    """The person's sides."""
    return [('middle' if side == 'centre' else f'{side} side', colour) for side, colour in side_colours.items()]


def level_entries() -> Entries:
    """Every other level of U and V that lines are drawn at: the colours between are between."""
    return [
        (f'{name} = {level:.1f}', _plain(colour))
        for name, colours in (('U', U_COLOURS), ('V', V_COLOURS))
        for level, colour in zip(LEVELS[::2].tolist(), colours[::2].tolist(), strict=True)
    ]


def _plain(colour: Sequence[int]) -> Colour:
    red, green, blue = (int(channel) for channel in colour)
    return red, green, blue
