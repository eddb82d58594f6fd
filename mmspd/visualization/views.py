"""One picture's parsing, joints and surface as pictures to look at: a view of each, and all on one sheet.

Images are uint8 (H, W, 3), RGB, of any size from 1x1; no function changes its input. A view shows the picture at its
upper left and, where the colours need names, a legend at its right. ``magnify`` brings the picture to 360 to 720 pixels
a side; otherwise it keeps its own size, and text and lines are as large as it demands. Axis glossary: R persons, C
classes, H, W the picture.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mmspd.anatomy import SIDE_COLOURS
from mmspd.visualization.display import Display
from mmspd.visualization.drawing import Colour, draw_boxes
from mmspd.visualization.legends import Entries, level_entries, present_classes, side_entries
from mmspd.visualization.painting import paint_contours, paint_parsing, paint_pose, paint_surface
from mmspd.visualization.sheets import grid, headline, legend, stack_columns, titled

__all__ = ['contour_view', 'four_panels', 'parsing_view', 'pose_view', 'surface_view']


def parsing_view(
    image: np.ndarray,
    *,
    labels: np.ndarray,
    classes: Sequence[str],
    palette: Sequence[Colour],
    alpha: float = 0.7,
    boxes: np.ndarray | None = None,
    magnify: bool = True,
    with_legend: bool = True,
) -> np.ndarray:
    """The classes' colours over the picture; legend: the classes that occur.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB.
        labels (np.ndarray): Integers (H, W). Background (0), ignored pixels (255) and values without a class show the
            image.
        classes (Sequence[str]): C names in plain ASCII, the background first.
        palette (Sequence): C colours (R, G, B).
        alpha (float): 0 shows the image, 1 the bare colours.
        boxes (np.ndarray | None): (R, 4), ``x1, y1, x2, y2`` on pixel edges, drawn with their numbers where R > 1.
        magnify (bool): See the module.
        with_legend (bool): Whether there is one. Without it and without ``magnify`` the view is (H, W, 3).

    Returns:
        np.ndarray: uint8, RGB.

    Raises:
        ValueError: If image, labels, or classes and palette do not fit each other.
    """
    display = Display.of(image, magnify)
    panel = paint_parsing(display, labels, palette, alpha)
    entries = [(name, colour) for _, name, colour in sorted(present_classes(labels, classes, palette))]
    return _finish(display, panel, boxes, entries if with_legend else [])


def pose_view(
    image: np.ndarray,
    *,
    joints: np.ndarray,
    scores: np.ndarray | None = None,
    keypoint_threshold: float = 0.1,
    occluded: np.ndarray | None = None,
    side_colours: Mapping[str, Colour] = SIDE_COLOURS,
    boxes: np.ndarray | None = None,
    magnify: bool = True,
    with_legend: bool = True,
) -> np.ndarray:
    """Skeletons over the picture; legend: the person's sides.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB.
        joints (np.ndarray): (R, 16, 2), pixel-centre coordinates; those that are not finite are left out.
        scores (np.ndarray | None): (R, 16); None: every joint is drawn.
        keypoint_threshold (float): Joints with a score not above it are left out.
        occluded (np.ndarray | None): bool (R, 16); these joints are drawn as rings.
        side_colours (Mapping): Colours of 'left', 'right' and 'centre'. Defaults to ``SIDE_COLOURS``.
        boxes (np.ndarray | None): As in :func:`parsing_view`.
        magnify (bool): See the module.
        with_legend (bool): As in :func:`parsing_view`.

    Returns:
        np.ndarray: uint8, RGB.

    Raises:
        ValueError: If image, joints, or scores have another shape.
    """
    display = Display.of(image, magnify)
    panel = paint_pose(display, joints, scores, keypoint_threshold, occluded, side_colours)
    return _finish(display, panel, boxes, side_entries(side_colours) if with_legend else [])


def surface_view(
    image: np.ndarray,
    *,
    iuv: np.ndarray,
    alpha: float = 0.7,
    boxes: np.ndarray | None = None,
    magnify: bool = True,
) -> np.ndarray:
    """The surface as colours over the picture: the part gives the hue, V the brightness, and U fades towards white.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB.
        iuv (np.ndarray): (3, H, W): part 0..24 (0 shows the image), U and V in 0..1.
        alpha (float): 0 shows the image, 1 the bare colours.
        boxes (np.ndarray | None): As in :func:`parsing_view`.
        magnify (bool): See the module.

    Returns:
        np.ndarray: uint8, RGB.

    Raises:
        ValueError: If image and map do not fit each other.
    """
    display = Display.of(image, magnify)
    return _finish(display, paint_surface(display, iuv, alpha), boxes, [])


def contour_view(
    image: np.ndarray,
    *,
    iuv: np.ndarray,
    person_map: np.ndarray | None = None,
    boxes: np.ndarray | None = None,
    magnify: bool = True,
    with_legend: bool = True,
) -> np.ndarray:
    """Lines of equal U and of equal V over the picture, part by part and person by person; legend: their levels.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB.
        iuv (np.ndarray): (3, H, W): part 0..24, U and V in 0..1.
        person_map (np.ndarray | None): Integers (H, W), 0 nobody, 1..R. None: one person; lines then run across where
            the same parts of two persons touch.
        boxes (np.ndarray | None): As in :func:`parsing_view`.
        magnify (bool): See the module.
        with_legend (bool): As in :func:`parsing_view`.

    Returns:
        np.ndarray: uint8, RGB.

    Raises:
        ValueError: If image and maps do not fit each other.
    """
    display = Display.of(image, magnify)
    panel = paint_contours(display, iuv, person_map)
    return _finish(display, panel, boxes, level_entries() if with_legend else [])


def four_panels(
    image: np.ndarray,
    *,
    labels: np.ndarray | None,
    joints: np.ndarray | None,
    scores: np.ndarray | None,
    iuv: np.ndarray | None,
    person_map: np.ndarray | None = None,
    boxes: np.ndarray | None = None,
    classes: Sequence[str],
    palette: Sequence[Colour],
    alpha: float = 0.7,
    keypoint_threshold: float = 0.1,
    title: str = '',
    side_colours: Mapping[str, Colour] = SIDE_COLOURS,
) -> np.ndarray:
    """All views on one sheet, in as many rows as suit the picture's shape; the bare picture where there is none.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB.
        labels (np.ndarray | None): Integers (H, W); None leaves out the parsing.
        joints (np.ndarray | None): (R, 16, 2); None leaves out the skeletons.
        scores (np.ndarray | None): (R, 16); None: every joint is drawn.
        iuv (np.ndarray | None): float32 (3, H, W): part 0..24, U and V in 0..1; None leaves out both views of it.
        person_map (np.ndarray | None): Integers (H, W), 0 nobody, 1..R.
        boxes (np.ndarray | None): (R, 4), ``x1, y1, x2, y2`` on pixel edges, drawn with their numbers where R > 1.
        classes (Sequence[str]): C names in plain ASCII, the background first.
        palette (Sequence): C colours (R, G, B).
        alpha (float): Opacity of the parsing's and the surface's colours.
        keypoint_threshold (float): Joints with a score not above it are left out.
        title (str): Above the sheet, plain ASCII; cut where it is wider.
        side_colours (Mapping): Colours of 'left', 'right' and 'centre'. Defaults to ``SIDE_COLOURS``.

    Returns:
        np.ndarray: uint8 (H', W', 3), RGB.

    Raises:
        ValueError: If what is given does not fit the image.
    """
    views: dict[str, np.ndarray] = {}
    if labels is not None:
        views['parsing'] = parsing_view(
            image, labels=labels, classes=classes, palette=palette, alpha=alpha, boxes=boxes
        )
    if joints is not None:
        views['joints'] = pose_view(
            image,
            joints=joints,
            scores=scores,
            keypoint_threshold=keypoint_threshold,
            side_colours=side_colours,
            boxes=boxes,
        )
    if iuv is not None:
        views['surface: part, U, V'] = surface_view(image, iuv=iuv, alpha=alpha, boxes=boxes)
        views['surface: lines of U and V'] = contour_view(image, iuv=iuv, person_map=person_map, boxes=boxes)
    if not views:
        display = Display.of(image)
        views['image'] = _finish(display, display.image.copy(), boxes, [])
    sheet = grid([titled(panel, name) for name, panel in views.items()])
    return headline(sheet, title) if title else sheet


def _finish(display: Display, panel: np.ndarray, boxes: np.ndarray | None, entries: Entries) -> np.ndarray:
    """Add several persons' boxes, and the legend at the right."""
    if boxes is not None and len(boxes) > 1:
        panel = draw_boxes(panel, display.place_boxes(boxes), display.text_scale)
    if not entries:
        return panel
    names, colours = zip(*entries, strict=True)
    return stack_columns([panel, legend(names, colours, display.text_scale)])
