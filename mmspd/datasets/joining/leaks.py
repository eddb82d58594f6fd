"""COCO images with persons in both of LIP's splits: training on the whole images would leak the validation data."""

from collections.abc import Iterable
from dataclasses import dataclass

from mmspd.datasets.files.lip_names import LIPName

__all__ = ['Leaks', 'find_leaks']


@dataclass(frozen=True)
class Leaks:
    """What the splits share.

    Attributes:
        images: COCO's ids of the images with persons in both splits, ascending.
        train: Names of the training persons in these images, in the list's order.
        val: Names of the validation persons in these images, likewise.
        names: Names that are in both lists: the same crop, ascending.
    """

    images: list[int]
    train: list[str]
    val: list[str]
    names: list[str]


def find_leaks(train: Iterable[LIPName], val: Iterable[LIPName]) -> Leaks:
    """Compare the splits' persons.

    Args:
        train (Iterable[LIPName]): Persons to train on.
        val (Iterable[LIPName]): Persons to validate on.

    Returns:
        Leaks: What they share.
    """
    train, val = list(train), list(val)
    images = {person.image_id for person in train} & {person.image_id for person in val}
    return Leaks(
        sorted(images),
        [person.name for person in train if person.image_id in images],
        [person.name for person in val if person.image_id in images],
        sorted({person.name for person in train} & {person.name for person in val}),
    )
