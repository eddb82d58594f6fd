"""Collects the annotations that LIP's names ask for from one or several files of DensePose-COCO."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmspd.datasets.files.coco_file import index_images, require_size, whole_id
from mmspd.datasets.files.densepose_file import parse_surface
from mmspd.datasets.files.json_stream import Source, stream_coco
from mmspd.datasets.joining.moving import SURFACE_FIELDS, check_person

__all__ = ['Found', 'Sources', 'read_sources']

_REMEDY = 'correct it in the file, or skip malformed annotations (--skip-malformed)'
# Of an image's entry; the rest, addresses and licences, would take a hundred megabytes.
_IMAGE_FIELDS = ('id', 'file_name', 'height', 'width')


@dataclass(frozen=True)
class Found:
    """An annotation of a COCO image.

    Attributes:
        annotation: Its entry.
        where: File and annotation, for messages.
        size: (height, width) of the COCO image.
    """

    annotation: dict[str, Any]
    where: str
    size: tuple[int, int]

    @property
    def has_surface(self) -> bool:
        """Whether the person has surface points."""
        return any(name in self.annotation for name in SURFACE_FIELDS)


@dataclass
class Sources:
    """What the files hold of the wanted annotations.

    Attributes:
        files: The files, by name; a file given twice is one.
        num_annotations: Annotations in all files, wanted or not.
        found: Annotation id -> the annotation. Of two with the same content, either.
        conflicts: Annotation id -> how two annotations of this id differ.
        malformed: Annotation id -> what is wrong with it.
        nameless: A message for each entry of a list of annotations that has no id.
    """

    files: list[Source] = field(default_factory=list)
    num_annotations: int = 0
    found: dict[int, Found] = field(default_factory=dict)
    conflicts: dict[int, str] = field(default_factory=dict)
    malformed: dict[int, str] = field(default_factory=dict)
    nameless: list[str] = field(default_factory=list)


def read_sources(paths: Sequence[Path], wanted: Collection[int], skip_malformed: bool = False) -> Sources:
    """Read files of annotations, keeping what is wanted.

    Args:
        paths (Sequence[Path]): JSON files in DensePose-COCO's format, with coordinates of whole COCO images.
        wanted (Collection[int]): Annotation ids.
        skip_malformed (bool): Whether a malformed annotation is noted and left out. Defaults to False: it is an error.

    Returns:
        Sources: The annotations.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is malformed, its annotations are of crops already, an image's name leads out of its
            folder, or a wanted annotation is malformed and ``skip_malformed`` is False. The message names file, entry
            and field.
    """
    sources = Sources()
    for path in paths:
        _Reader(path, set(wanted), skip_malformed, sources).read()
    # The order of the command line says nothing about the content.
    sources.files = sorted(_once(sources.files), key=lambda source: (source.name, source.sha256))
    return sources


def _once(files: list[Source]) -> list[Source]:
    """Files without repetitions."""
    return list({(source.name, source.sha256): source for source in files}.values())


class _Reader:
    """Reads one file into ``sources``; the file's images may stand behind its annotations."""

    def __init__(self, path: Path, wanted: set[int], skip_malformed: bool, sources: Sources) -> None:
        self._path = path
        self._wanted = wanted
        self._skip = skip_malformed
        self._sources = sources
        self._images: list[Any] = []
        self._annotations: list[dict[str, Any]] = []

    def read(self) -> None:
        """Read the file to its end, then look at what was kept of it."""
        source = stream_coco(self._path, self._take, self._wanted)
        for key in ('predicted', 'surface'):
            if source.info.get(key):
                raise ValueError(
                    f'{self._path}, field info.{key}: expected annotations of whole COCO images, which have no such '
                    "field, got a file that is made for LIP's crops already; name DensePose-COCO's own files"
                )
        self._sources.files.append(source)
        images = index_images(self._images, self._path)
        for annotation in self._annotations:
            where = f'{self._path}: annotation {annotation["id"]}'
            try:
                found = _check(annotation, images, where)
            except ValueError as error:
                self._refuse(error)
                self._sources.malformed.setdefault(annotation['id'], str(error))
            else:
                self._add(found)

    def _take(self, key: str, position: int, entry: Any) -> None:
        if key == 'images':
            known = isinstance(entry, dict)
            self._images.append({name: entry[name] for name in _IMAGE_FIELDS if name in entry} if known else entry)
            return
        self._sources.num_annotations += 1
        if entry is None:
            return
        try:
            number = whole_id(entry, f'{self._path}: annotations[{position}]')
        except ValueError as error:
            self._refuse(error)
            self._sources.nameless.append(str(error))
        else:
            if number in self._wanted:
                self._annotations.append(entry)

    def _refuse(self, error: ValueError) -> None:
        if not self._skip:
            raise ValueError(f'{error}; {_REMEDY}') from error

    def _add(self, found: Found) -> None:
        """Add an annotation, or compare it with the one that is there."""
        number = found.annotation['id']
        known = self._sources.found.setdefault(number, found)
        if known is found:
            return
        shared = known.annotation.keys() & found.annotation.keys()
        differing = sorted(name for name in shared if known.annotation[name] != found.annotation[name])
        if differing:
            self._sources.conflicts.setdefault(
                number, f'{known.where} and {found.where} are not the same: they differ in {", ".join(differing)}'
            )
        elif found.has_surface and not known.has_surface:
            self._sources.found[number] = found


def _check(annotation: dict[str, Any], images: dict[int, dict[str, Any]], where: str) -> Found:
    """An annotation whose every field can be used.

    Raises:
        ValueError: If a field cannot, or there is no such image, or its size is unknown.
    """
    image_id = annotation.get('image_id')
    if type(image_id) is not int or image_id not in images:
        raise ValueError(f'{where}, field image_id: there is no image of id {str(image_id)[:60]} in the file')
    size = require_size(images[image_id], where)
    check_person(annotation, where)
    parse_surface(annotation, where)
    return Found(annotation, where, size)
