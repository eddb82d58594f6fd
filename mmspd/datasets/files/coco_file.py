"""What every file in COCO's format has: one JSON object with a list of images and a list of annotations."""

from pathlib import Path
from typing import Any

from mmspd.datasets.files.problems import Report, tolerating
from mmspd.utils.json_file import read_json
from mmspd.utils.safe_paths import check_relative

__all__ = ['index_images', 'locate', 'read_coco', 'require_size', 'size_of', 'whole_id']


def read_coco(path: str | Path) -> dict[str, Any]:
    """Read a file's object; its entries are not looked at.

    Args:
        path (str | Path): JSON file.

    Returns:
        dict: With the lists ``images`` and ``annotations``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no JSON object with these lists; the message names the file.
    """
    path = Path(path)
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected an object with 'images' and 'annotations', got {type(content).__name__}")
    for key in ('images', 'annotations'):
        if not isinstance(content.get(key), list):
            raise ValueError(f'{path}: expected a list {key!r} of {key}')
    return content


def whole_id(entry: Any, where: str) -> int:
    """The ``id`` of an image or annotation.

    Raises:
        ValueError: If the entry is no object or its id no whole number; the message starts with ``where``.
    """
    if not isinstance(entry, dict) or type(entry.get('id')) is not int:
        raise ValueError(f'{where}: expected an object with a whole number id')
    return entry['id']


def index_images(images: list[Any], path: str | Path, report: Report | None = None) -> dict[int, dict[str, Any]]:
    """Images by their ids, each checked to have a name that stays in the folder of images.

    Args:
        images (list): The file's list.
        path (str | Path): The file, for messages.
        report (Callable[[str], None], optional): Takes the message of each wrong entry, which is then left out.
            Defaults to None: the first is raised.

    Returns:
        dict: Image id -> the image's entry, in the file's order.

    Raises:
        ValueError: If an entry has no id or no name, an id occurs twice, or a name leads out of a folder.
    """
    found: dict[int, dict[str, Any]] = {}
    for position, image in enumerate(images):
        with tolerating(report):
            where = f'{path}: images[{position}]'
            image_id = whole_id(image, where)
            if image_id in found:
                raise ValueError(f'{where}: image id {image_id} occurs twice')
            where = f'{where} (id {image_id}), field file_name'
            if not isinstance(image.get('file_name'), str):
                raise ValueError(f'{where}: expected a name, got none')
            check_relative(image['file_name'], where)
            found[image_id] = image
    return found


def size_of(image: dict[str, Any]) -> tuple[int, int] | None:
    """(height, width) where an image's entry has them as whole numbers above 0."""
    height, width = image.get('height'), image.get('width')
    if type(height) is int and type(width) is int and min(height, width) > 0:
        return height, width
    return None


def require_size(image: dict[str, Any], where: str) -> tuple[int, int]:
    """(height, width) of an image's entry.

    Raises:
        ValueError: If it has none; the message starts with ``where``.
    """
    size = size_of(image)
    if size is None:
        got = image.get('height'), image.get('width')
        raise ValueError(
            f'{where}: expected height and width of its image {image["id"]} in pixels, got {str(got)[:60]}: add the '
            "COCO image's"
        )
    return size


def locate(
    annotation: Any, position: int, images: dict[int, dict[str, Any]], seen: set[int], path: str | Path
) -> tuple[str, dict[str, Any]]:
    """Where an annotation is, for messages, and the image that it is of.

    Args:
        annotation (Any): An entry of the file's list.
        position (int): Its place in the list.
        images (dict): Image id -> entry.
        seen (set[int]): Ids of the annotations before it; its own is added.
        path (str | Path): The file.

    Returns:
        tuple[str, dict]: File and annotation id, and the image's entry.

    Raises:
        ValueError: If it has no id, one that was seen, or none of the images.
    """
    where = f'{path}: annotation {whole_id(annotation, f"{path}: annotations[{position}]")}'
    if annotation['id'] in seen:
        raise ValueError(f'{where}: this id occurs twice')
    seen.add(annotation['id'])
    image_id = annotation.get('image_id')
    if type(image_id) is not int or image_id not in images:
        raise ValueError(f'{where}, field image_id: there is no image of id {image_id!r}')
    return where, images[image_id]
