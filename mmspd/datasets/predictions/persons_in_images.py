"""Which of LIP's persons an image that was predicted shows: one of LIP's own pictures, or a whole one of COCO's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mmspd.datasets.crops.lip_crops import Crop, crop_of
from mmspd.datasets.files.coco_file import index_images, require_size, whole_id
from mmspd.datasets.files.densepose_file import facts_of_file
from mmspd.datasets.files.json_stream import Source, stream_coco
from mmspd.datasets.files.lip_names import LIPName
from mmspd.datasets.files.number_lists import check_box
from mmspd.datasets.files.problems import Report, tolerating
from mmspd.datasets.predictions.best_predictions import Person

__all__ = ['ImagePersons', 'persons_of_coco', 'persons_of_crops']


@dataclass
class ImagePersons:
    """Where LIP's persons are.

    Attributes:
        persons: Image id of the predictions -> the persons in that image.
        sources: The files that say so.
        surface: Name of the surface that was predicted, where a file says it.
        without: Names of LIP's persons that are in none of the images, in LIP's order.
    """

    persons: dict[int, list[Person]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    surface: str | None = None
    without: list[str] = field(default_factory=list)


def persons_of_crops(path: Path, names: Iterable[LIPName]) -> ImagePersons:
    """Persons of predictions of LIP's own pictures, each of which shows one.

    Args:
        path (Path): File in COCO's format whose images are LIP's pictures, joined by name without folder and suffix.
        names (Iterable[LIPName]): LIP's persons.

    Returns:
        ImagePersons: Without crops, as coordinates stay.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is malformed, or a person has two images; the message names file and image.
    """
    images: list[Any] = []
    source = stream_coco(path, lambda kind, position, entry: images.append(entry) if kind == 'images' else None)
    image_of: dict[str, int] = {}
    for image_id, image in index_images(images, path).items():
        stem = PurePosixPath(image['file_name']).stem
        if stem in image_of:
            raise ValueError(
                f'{path}: images {image_of[stem]} and {image_id} are both named {stem!r}; give one of them'
            )
        image_of[stem] = image_id
    surface = facts_of_file({'info': source.info}, path)['surface_name']
    found = ImagePersons(sources=[source], surface=surface)
    for person in names:
        if person.name in image_of:
            found.persons[image_of[person.name]] = [Person(person.name, None)]
        else:
            found.without.append(person.name)
    return found


def persons_of_coco(paths: Iterable[Path], names: Iterable[LIPName], report: Report | None = None) -> ImagePersons:
    """Persons of predictions of COCO's whole pictures: by annotation id, each in its crop.

    Args:
        paths (Iterable[Path]): COCO's files of persons: boxes, and the sizes of the images.
        names (Iterable[LIPName]): LIP's persons.
        report (Callable[[str], None], optional): Takes the message of each malformed annotation of a person of LIP's,
            who is then left out. Defaults to None: the first is raised.

    Returns:
        ImagePersons: With crops.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a file or an annotation is malformed, an annotation occurs twice, or its image is not the one
            that LIP's name says; the message names file, annotation and field.
    """
    persons = {person.annotation_id: person for person in names}
    image_ids = {person.image_id for person in persons.values()}
    found = ImagePersons()
    placed: set[int] = set()
    for path in paths:
        source, images, annotations = _read_wanted(path, image_ids, persons.keys())
        found.sources.append(source)
        for annotation in annotations:
            with tolerating(report):
                where, person = f'{path}: annotation {annotation["id"]}', persons[annotation['id']]
                if annotation['id'] in placed:
                    raise ValueError(f'{where}: this id occurs twice; give each file once')
                if annotation.get('image_id') != person.image_id or person.image_id not in images:
                    raise ValueError(
                        f'{where}, field image_id: expected {person.image_id}, as in {person.name}, and an image of '
                        f'this id in the file, got {annotation.get("image_id")!r}'
                    )
                crop = _crop_of(annotation, images[person.image_id], where)
                placed.add(annotation['id'])
                found.persons.setdefault(person.image_id, []).append(Person(person.name, crop))
    found.without = [person.name for person in persons.values() if person.annotation_id not in placed]
    return found


def _read_wanted(
    path: Path, image_ids: Collection[int], annotation_ids: Collection[int]
) -> tuple[Source, dict[int, dict[str, Any]], list[dict[str, Any]]]:
    """The file, its images of these ids, and its annotations of these ids."""
    kept: dict[str, list[Any]] = {'images': [], 'annotations': []}

    def take(kind: str, position: int, entry: Any) -> None:
        wanted = image_ids if kind == 'images' else annotation_ids
        if entry is not None and whole_id(entry, f'{path}: {kind}[{position}]') in wanted:
            kept[kind].append(entry)

    source = stream_coco(path, take, annotation_ids)
    return source, index_images(kept['images'], path), kept['annotations']


def _crop_of(annotation: dict[str, Any], image: dict[str, Any], where: str) -> Crop:
    """The person's crop, clamped to the image."""
    bbox = check_box(annotation.get('bbox'), f'{where}, field bbox')
    size = require_size(image, where)
    try:
        return crop_of(bbox).clamped(*size)
    except ValueError as error:
        raise ValueError(f'{where}, field bbox: {error}') from error
