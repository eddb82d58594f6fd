"""From a picture to what the page shows of it: views, areas, a map for the pointer, and files to take away."""

import gzip
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image

from mmspd.anatomy import SAFE_SIDE_COLOURS, SIDE_COLOURS, SURFACE_PARTS, LabelSet
from mmspd.apis import People, SPDInferencer
from mmspd.apis.detectors import detected_boxes
from mmspd.apis.person import as_bytes
from mmspd.apis.saving import contents_of
from mmspd.visualization.legends import Entries, level_entries, side_entries
from mmspd.visualization.sheets import sample_nearest

__all__ = ['pointer_map', 'predict', 'results_of']

# Name of a view, the branch that it needs, its title, and whether `plot` takes `with_legend` for it.
_VIEWS: Final = (
    ('parsing', 'parsing', 'Parsing', True),
    ('pose', 'pose', 'Joints', True),
    ('surface', 'surface', 'Surface: part, U, V', False),
    ('contours', 'surface', 'Surface: lines of U and V', True),
)
_STEM: Final = 'picture'
_DOWNLOADS: Final = {
    f'{_STEM}_parsing.png': 'Parsing, class numbers (PNG)',
    f'{_STEM}.json': 'Joints, boxes, areas (JSON)',
    f'{_STEM}_IUV.png': 'I, U, V (PNG)',
    f'{_STEM}_INDS.png': 'Person numbers (PNG)',
    f'{_STEM}_sheet.png': 'All views (PNG)',
}
_POINTER_SIDE: Final = 1024  # of the map for the pointer, at most
_JPEG_QUALITY: Final = 92


def predict(
    inferencer: SPDInferencer, image: np.ndarray, boxes: np.ndarray | None, tta: bool, persons: int
) -> tuple[People, str]:
    """The people of a picture.

    Args:
        inferencer (SPDInferencer): The model, and perhaps a detector.
        image (np.ndarray): uint8 (H, W, 3), BGR.
        boxes (np.ndarray | None): float64 (R, 4) on pixel edges; None: those of the detector, or without one the whole
            picture is one person.
        tta (bool): Whether to average over scales and mirror images.
        persons (int): Of more detected boxes those with the highest scores are taken.

    Returns:
        tuple: The people, and a remark for the visitor, which may be empty.
    """
    remark = ''
    if boxes is None and inferencer.detector is not None:
        boxes = detected_boxes(inferencer.detector(image), 'the picture')
        if len(boxes) > persons:
            remark = f'{len(boxes)} people were found; these are the {persons} that are surest.'
            order = np.argsort(-boxes[:, 4], kind='stable') if boxes.shape[1] == 5 else np.arange(len(boxes))
            boxes = boxes[np.sort(order[:persons])]
    people = inferencer(image, boxes, tta)
    assert isinstance(people, People)
    people.source = _STEM
    return people, remark or ('' if len(people) else 'No person was found in the picture.')


def results_of(people: People, palette: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What the page shows, and its files.

    Args:
        people (People): Of a picture.
        palette (str): One of :data:`mmspd.anatomy.PALETTES`.

    Returns:
        tuple: What JSON can hold: ``width``, ``height``, ``views``: each with ``title``, ``file``, ``legend``, lists of
        name and colour; ``downloads``: ``title``, ``file``; ``areas``, see :func:`_areas`; ``pointer``: ``file``,
        ``width``, ``height``; ``classes``, ``parts``, names; ``persons``, their number. And the files by name.
    """
    files: dict[str, bytes] = {}
    for kind in ('sheet', 'png', 'json', 'iuv'):
        files |= {f'{_STEM}{end}': content for end, content in contents_of(people, kind, palette).items()}
    downloads = [dict(file=name, title=title) for name, title in _DOWNLOADS.items() if name in files]
    colours = people.labels.colours(palette)
    views = []
    for view, branch, title, legend_apart in _VIEWS:
        if branch not in people.branches:
            continue
        options = dict(with_legend=False) if legend_apart else {}
        files[f'{view}.jpg'] = _jpeg(people.plot(view, palette, **options))
        entries = _legend(view, people, palette)
        legend = [dict(name=name, colour=_css(colour)) for name, colour in entries]
        views.append(dict(title=title, file=f'{view}.jpg', legend=legend))
    pointer = pointer_map(people)
    files['pointer.bin.gz'] = gzip.compress(pointer.tobytes(), 6, mtime=0)
    height, width = people.image.shape[:2]
    shown = dict(
        width=width,
        height=height,
        views=views,
        downloads=downloads,
        areas=_areas(people, colours),
        pointer=dict(file='pointer.bin.gz', height=pointer.shape[1], width=pointer.shape[2]),
        classes=list(people.classes),
        parts=list(SURFACE_PARTS),
        persons=len(people),
    )
    return shown, files


def pointer_map(people: People) -> np.ndarray:
    """What is under the pointer.

    Args:
        people (People): Of a picture (H, W).

    Returns:
        np.ndarray: uint8 (5, h, w): class, surface part, U and V times 255, and the person counted from 1, at most
        255; 0 where there is none. Pictures with a side above 1024 pixels are reduced to it, each pixel with the values
        at its centre.
    """
    height, width = people.image.shape[:2]
    layers = np.zeros((5, height, width), np.uint8)
    if people.parsing is not None:
        layers[0] = people.parsing
    if people.iuv is not None:
        layers[1:4] = as_bytes(people.iuv).transpose(2, 0, 1)
    layers[4] = np.minimum(people.person_map, 255)
    scale = min(1.0, _POINTER_SIDE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    return np.stack([sample_nearest(layer, *size) for layer in layers])


def _areas(people: People, colours: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """The classes that occur, largest first: ``name``, ``colour``, ``pixels``, ``share`` of the body in per cent, and
    ``persons``, pixels of each person.
    """
    if people.parsing is None:
        return []
    counts = np.bincount(people.parsing.ravel(), minlength=len(people.classes))
    body = int(counts[1:].sum())
    areas = [
        dict(
            name=people.classes[label],
            colour=_css(colours[label]),
            pixels=int(counts[label]),
            share=100 * int(counts[label]) / body,
            persons=[person.areas.get(people.classes[label], 0) for person in people],
        )
        for label in range(1, len(people.classes))
        if counts[label]
    ]
    return sorted(areas, key=lambda area: -area['pixels'])


def _legend(view: str, people: People, palette: str) -> Entries:
    """What the colours of a view mean."""
    if view == 'parsing':
        return _class_entries(people.labels, people.parsing, palette)
    if view == 'pose':
        return side_entries(SAFE_SIDE_COLOURS if palette == 'colour_blind' else SIDE_COLOURS)
    return level_entries() if view == 'contours' else []


def _class_entries(labels: LabelSet, parsing: np.ndarray | None, palette: str) -> Entries:
    """Classes that occur."""
    present = [] if parsing is None else np.unique(parsing).tolist()
    colours = labels.colours(palette)
    return [(labels.classes[label], colours[label]) for label in present if label]


def _css(colour: Sequence[int]) -> str:
    return '#{:02x}{:02x}{:02x}'.format(*colour)


def _jpeg(image: np.ndarray) -> bytes:
    """A view, uint8 (H, W, 3), RGB, as JPEG; files to take away are none."""
    file = BytesIO()
    Image.fromarray(image).save(file, 'JPEG', quality=_JPEG_QUALITY, subsampling=0)
    return file.getvalue()
