"""Lays panels out on a sheet: titles, legends, rows. Images are uint8 (H, W, 3), RGB."""

from collections.abc import Sequence

import cv2
import numpy as np

from mmspd.visualization.drawing import Colour

__all__ = [
    'display_scale',
    'grid',
    'headline',
    'legend',
    'panel_sheet',
    'resize',
    'sample_nearest',
    'stack_columns',
    'stack_rows',
    'text_scale',
    'titled',
]

# The longest side of a panel: text of one fixed size is then readable beside every image.
_MIN_SIDE, _MAX_SIDE = 360, 720
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.5
_LINE_HEIGHT, _MARGIN = 20, 6
_PAPER, _INK = 255, (30, 30, 30)
_SCREEN_RATIO = 1.6  # width by height that a sheet of equal panels comes close to


def display_scale(height: int, width: int) -> float:
    """Factor that brings an image's longest side to 360..720 pixels, 1 if it is there already."""
    longest = max(height, width)
    return float(np.clip(longest, _MIN_SIDE, _MAX_SIDE)) / longest


def text_scale(height: int, width: int) -> float:
    """Size of text beside an image that is not resized: 1 up to 720 pixels a side, then in proportion."""
    return max(1.0, max(height, width) / _MAX_SIDE)


def resize(image: np.ndarray, scale: float, nearest: bool = False) -> np.ndarray:
    """Resize an array (H, W) or (H, W, C), at least to 1x1; ``nearest`` keeps labels and sharp pixels."""
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    if nearest:
        return sample_nearest(image, height, width)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def sample_nearest(field: np.ndarray, height: int, width: int) -> np.ndarray:
    """An array (H, W, ...) of any type at another size: each pixel has the value at its centre, never a mixture."""
    if field.shape[:2] == (height, width):
        return field
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(np.int64)
        for new, old in zip((height, width), field.shape, strict=False)
    )
    return field[rows[:, None], columns]


def _text_width(text: str, scale: float = 1.0) -> int:
    return int(cv2.getTextSize(text, _FONT, _FONT_SCALE * scale, _pen(scale))[0][0])


def _pen(scale: float) -> int:
    """Width of text's lines."""
    return max(1, round(scale))


def _write(image: np.ndarray, text: str, left: int, top: int, scale: float = 1.0) -> None:
    """Write one line of text below ``top``, in place."""
    place = left, top + round((_LINE_HEIGHT - 6) * scale)
    cv2.putText(image, text, place, _FONT, _FONT_SCALE * scale, _INK, _pen(scale), cv2.LINE_AA)


def _pad(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pad to a size with paper, below and at the right."""
    return np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), constant_values=_PAPER)


def titled(panel: np.ndarray, title: str) -> np.ndarray:
    """A panel with a margin and a title above, plain ASCII; as wide as the wider of the two."""
    width = max(panel.shape[1], _text_width(title)) + 2 * _MARGIN
    column = np.full((panel.shape[0] + _LINE_HEIGHT + 2 * _MARGIN, width, 3), _PAPER, np.uint8)
    _write(column, title, _MARGIN, _MARGIN)
    top = _LINE_HEIGHT + _MARGIN
    column[top : top + panel.shape[0], _MARGIN : _MARGIN + panel.shape[1]] = panel
    return column


def headline(sheet: np.ndarray, title: str) -> np.ndarray:
    """A sheet with a line of text above; text that is wider than the sheet is cut, and ends in '...'."""
    room = sheet.shape[1] - 2 * _MARGIN
    if _text_width(title) > room:
        while title and _text_width(f'{title}...') > room:
            title = title[:-1]
        title += '...'
    line = np.full((_LINE_HEIGHT + _MARGIN, sheet.shape[1], 3), _PAPER, np.uint8)
    _write(line, title, _MARGIN, _MARGIN)
    return stack_rows([line, sheet])


def panel_sheet(panels: Sequence[np.ndarray], titles: Sequence[str]) -> np.ndarray:
    """One row of panels, a title above each.

    Args:
        panels (Sequence[np.ndarray]): At least one image, sizes may differ; small ones are magnified until the titles
            can be read beside them.
        titles (Sequence[str]): One for each panel, plain ASCII.

    Returns:
        np.ndarray: uint8 (H, W, 3).

    Raises:
        ValueError: If there is no panel, or not one title for each.
    """
    if len(panels) != len(titles) or not panels:
        raise ValueError(f'one title for each of one or more panels is needed, got {len(panels)} and {len(titles)}')
    scaled = [resize(panel, display_scale(*panel.shape[:2])) for panel in panels]
    return stack_columns([titled(panel, title) for panel, title in zip(scaled, titles, strict=True)])


def grid(panels: Sequence[np.ndarray]) -> np.ndarray:
    """Panels in columns of one width, in full rows; so many rows that the sheet comes closest to a screen's shape.

    Args:
        panels (Sequence[np.ndarray]): At least one image, sizes may differ.

    Returns:
        np.ndarray: uint8 (H, W, 3).
    """
    number = len(panels)
    height, width = (max(panel.shape[axis] for panel in panels) for axis in (0, 1))
    full = [columns for columns in range(1, number + 1) if number % columns == 0]
    columns = min(full, key=lambda each: abs(np.log(each**2 * width / (number * height) / _SCREEN_RATIO)))
    cells = [_pad(panel, panel.shape[0], width) for panel in panels]
    return stack_rows([stack_columns(cells[start : start + columns]) for start in range(0, number, columns)])


def stack_rows(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Stack images below each other, narrower ones padded at the right."""
    width = max(row.shape[1] for row in rows)
    return np.concatenate([_pad(row, row.shape[0], width) for row in rows], axis=0)


def stack_columns(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Put images beside each other, lower ones padded at the bottom."""
    height = max(column.shape[0] for column in columns)
    return np.concatenate([_pad(column, height, column.shape[1]) for column in columns], axis=1)


def legend(names: Sequence[str], colours: Sequence[Colour] | np.ndarray, scale: float = 1.0) -> np.ndarray:
    """A column of colours with their names.

    Args:
        names (Sequence[str]): Plain ASCII.
        colours (Sequence): (N, 3), 0..255, one for each name.
        scale (float): Size of the text, see :func:`text_scale`. Defaults to 1.

    Returns:
        np.ndarray: uint8 (H, W, 3); (0, 0, 3) if there are no names.
    """
    if len(names) == 0:
        return np.zeros((0, 0, 3), np.uint8)
    line, margin, swatch = (round(length * scale) for length in (_LINE_HEIGHT, _MARGIN, _LINE_HEIGHT - 6))
    width = 3 * margin + swatch + max(_text_width(name, scale) for name in names)
    image = np.full((2 * margin + line * len(names), width, 3), _PAPER, np.uint8)
    for row, (name, colour) in enumerate(zip(names, np.asarray(colours, np.uint8), strict=True)):
        top = margin + row * line
        gap = (line - swatch) // 2
        inside = slice(top + gap, top + gap + swatch), slice(margin, margin + swatch)
        image[inside] = colour
        edge = (margin - 1, top + gap - 1, swatch + 2, swatch + 2)
        cv2.rectangle(image, edge, _INK, 1)
        _write(image, name, 2 * margin + swatch, top, scale)
    return image
