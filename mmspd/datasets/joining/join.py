"""Joins a split of LIP with annotations of COCO images, person by person, in the order of LIP's id list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmspd.datasets.crops.lip_crops import Crop, crop_of
from mmspd.datasets.files.image_files import read_header
from mmspd.datasets.files.lip_names import LIPName, parse_name
from mmspd.datasets.joining.moving import count_outside, move_person
from mmspd.datasets.joining.sources import Found, Sources

__all__ = ['Conflict', 'JoinedPerson', 'JoinedSplit', 'join_split', 'without_conflicts']


@dataclass(frozen=True)
class Conflict:
    """Why a person's annotation is not believed.

    Attributes:
        name: LIP's name.
        kind: 'sources' (files disagree), 'image id' (annotation of another image), 'crop size' (LIP's picture is not
            the box's crop), 'crop image' (LIP's picture cannot be read), 'crop pixels' (it shows something else).
        message: What was expected, and what came.
    """

    name: str
    kind: str
    message: str


@dataclass(frozen=True)
class JoinedPerson:
    """A person with its annotation in the crop's coordinates.

    Attributes:
        person: LIP's name.
        crop: The crop in the COCO image, clamped to it.
        coco_size: (height, width) of the COCO image.
        annotation: The entry to write.
        outside: Surface points that lie outside the crop.
        lost_outline: Whether the outline was in runs, and left out.
    """

    person: LIPName
    crop: Crop
    coco_size: tuple[int, int]
    annotation: dict[str, Any]
    outside: int
    lost_outline: bool

    @property
    def image(self) -> dict[str, Any]:
        """The entry of its picture to write."""
        return {
            'id': self.person.annotation_id,
            'file_name': f'{self.person.name}.jpg',
            'height': self.crop.height,
            'width': self.crop.width,
            'coco_image_id': self.person.image_id,
        }


@dataclass
class JoinedSplit:
    """What became of each name of a split; every name is in one of these lists, in the list's order.

    Attributes:
        joined: Persons with surface annotation.
        no_surface: Found, but DensePose-COCO has no surface annotation of them.
        not_found: In none of the files.
        crowds: COCO's crowds, found or not: nobody annotates a crowd's surface.
        no_image: Found, but LIP's picture is missing.
        malformed: Found, but the annotation was skipped.
        other_names: Names that are no COCO ids.
        conflicts: Found, but not believed.
    """

    joined: list[JoinedPerson] = field(default_factory=list)
    no_surface: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    crowds: list[str] = field(default_factory=list)
    no_image: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    other_names: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


class _ConflictError(Exception):
    """Kind and message of a conflict."""


def join_split(names: Sequence[str], without_image: Collection[str], images: Path, sources: Sources) -> JoinedSplit:
    """Join a split.

    Args:
        names (Sequence[str]): Its id list.
        without_image (Collection[str]): Names whose picture is missing.
        images (Path): Folder of its pictures, of which the headers are read.
        sources (Sources): The annotations.

    Returns:
        JoinedSplit: What became of each name.
    """
    split, without_image = JoinedSplit(), set(without_image)
    for name in names:
        person = parse_name(name)
        if person is None:
            split.other_names.append(name)
            continue
        found = sources.found.get(person.annotation_id)
        if person.annotation_id in sources.malformed:
            split.malformed.append(name)
        elif found is None:
            (split.crowds if person.is_crowd else split.not_found).append(name)
        elif name in without_image:
            split.no_image.append(name)
        else:
            try:
                if person.annotation_id in sources.conflicts:
                    raise _ConflictError('sources', sources.conflicts[person.annotation_id])
                crop = _check_crop(person, found, images / f'{name}.jpg')
            except _ConflictError as conflict:
                split.conflicts.append(Conflict(name, *conflict.args))
                continue
            if found.has_surface:
                split.joined.append(_join(person, found, crop))
            else:
                (split.crowds if person.is_crowd else split.no_surface).append(name)
    return split


def without_conflicts(split: JoinedSplit, conflicts: Sequence[Conflict]) -> JoinedSplit:
    """The split with joined persons turned into conflicts.

    Args:
        split (JoinedSplit): What was joined; it is not changed.
        conflicts (Sequence[Conflict]): Conflicts of joined persons, and of others, which do not count.

    Returns:
        JoinedSplit: Without these persons, their conflicts behind the others.
    """
    refused = {conflict.name for conflict in conflicts}
    left_out = {person.person.name for person in split.joined} & refused
    return JoinedSplit(
        **{
            **vars(split),
            'joined': [person for person in split.joined if person.person.name not in left_out],
            'conflicts': [*split.conflicts, *(conflict for conflict in conflicts if conflict.name in left_out)],
        }
    )


def _check_crop(person: LIPName, found: Found, picture: Path) -> Crop:
    """The person's crop, if the annotation is of the image that LIP's name says and the picture has the crop's size."""
    image_id = found.annotation['image_id']
    if image_id != person.image_id:
        raise _ConflictError(
            'image id', f'{found.where}, field image_id: expected {person.image_id} as in {person.name}, got {image_id}'
        )
    try:
        whole = crop_of(found.annotation['bbox'])
        crop = whole.clamped(*found.size)
    except ValueError as error:
        raise _ConflictError('crop size', f'{found.where}, field bbox: {error}') from error
    try:
        height, width = read_header(picture).size
    except ValueError as error:
        raise _ConflictError('crop image', str(error)) from error
    if (height, width) != (crop.height, crop.width):
        cut = ", cut at the image's border" if crop != whole else ''
        raise _ConflictError(
            'crop size',
            f'{picture}: expected {crop.width} x {crop.height} pixels (width x height), the crop of the box '
            f'{found.annotation["bbox"]} in {found.where}{cut}, got {width} x {height}',
        )
    return crop


def _join(person: LIPName, found: Found, crop: Crop) -> JoinedPerson:
    annotation = move_person(found.annotation, crop)
    lost_outline = isinstance(found.annotation.get('segmentation'), dict)
    return JoinedPerson(person, crop, found.size, annotation, count_outside(annotation, crop), lost_outline)
