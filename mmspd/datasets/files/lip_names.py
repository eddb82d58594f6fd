"""LIP's names: ``36_453991`` is annotation 453991 of COCO's image 36."""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ['LIPName', 'parse_name']

_NAME: Final = re.compile(r'(0|[1-9][0-9]{0,11})_(0|[1-9][0-9]{0,17})')
# COCO numbers its crowds, each a group of people in one outline, 900100NNNNNN, where N is the image's id.
_FIRST_CROWD: Final = 900_100_000_000


@dataclass(frozen=True)
class LIPName:
    """A person of LIP.

    Attributes:
        name: The name in the id list.
        image_id: COCO's id of the picture.
        annotation_id: COCO's id of the person.
    """

    name: str
    image_id: int
    annotation_id: int

    @property
    def is_crowd(self) -> bool:
        """Whether COCO has this as a crowd, which DensePose-COCO never annotates."""
        return self.annotation_id == _FIRST_CROWD + self.image_id


def parse_name(name: str) -> LIPName | None:
    """Take a name apart.

    Args:
        name (str): A line of an id list.

    Returns:
        LIPName | None: Its ids; None where it is not two whole numbers with ``_`` between them, as names of
        people from elsewhere.
    """
    match = _NAME.fullmatch(name)
    return None if match is None else LIPName(name, int(match[1]), int(match[2]))
