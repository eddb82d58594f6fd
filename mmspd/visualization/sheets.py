"""Lays panels out on a sheet: titles, legends, rows. Images are uint8 (H, W, 3), RGB."""

from collections.abc import Sequence

import cv2
import numpy as np

from mmspd.visualization.drawing import Colour

__all__ = ['display_scale', 'legend', 'panel_sheet', 'resize', 'stack_columns', 'stack_rows']

# The longest side of a panel: text of one fixed size is then readable beside every image.
_MIN_SIDE, _MAX_SIDE = 360, 720
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.5
_LINE_HEIGHT, _MARGIN = 20, 6
_PAPER, _INK = 255, (30, 30, 30)


def display_scale(height: int, width: int) -> float:
    """Factor that brings an image's longest side to 360..720 pixels, 1 if it is there already."""
    longest = max(height, width)
    return float(np.clip(longest, _MIN_SIDE, _MAX_SIDE)) / longest


def resize(image: np.ndarray, scale: float, nearest: bool = False) -> np.ndarray:
    """Resize an array (H, W) or (H, W, C), at least to 1x1; ``nearest`` keeps labels and sharp pixels."""
    height, width = (max(1, round(length * scale)) for length in image.shape[:2])
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_NEAREST if nearest else smooth)


def _text_width(text: str) -> int:
    return int(cv2.getTextSize(text, _FONT, _FONT_SCALE, 1)[0][0])


def _write(image: np.ndarray, text: str, left: int, top: int) -> None:
    """Write one line of text below ``top``, in place."""
    cv2.putText(image, text, (left, top + _LINE_HEIGHT - 6), _FONT, _FONT_SCALE, _INK, 1, cv2.LINE_AA)


def _pad(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pad to a size with paper, below and at the right."""
    return np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), constant_values=_PAPER)


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
    columns = []
    for panel, title in zip(panels, titles, strict=True):
        scaled = resize(panel, display_scale(*panel.shape[:2]))
        width = max(scaled.shape[1], _text_width(title)) + 2 * _MARGIN
        column = np.full((scaled.shape[0] + _LINE_HEIGHT + 2 * _MARGIN, width, 3), _PAPER, np.uint8)
        _write(column, title, _MARGIN, _MARGIN)
        top = _LINE_HEIGHT + _MARGIN
        column[top : top + scaled.shape[0], _MARGIN : _MARGIN + scaled.shape[1]] = scaled
        columns.append(column)
    return stack_columns(columns)


def stack_rows(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Stack images below each other, narrower ones padded at the right."""
    width = max(row.shape[1] for row in rows)
    return np.concatenate([_pad(row, row.shape[0], width) for row in rows], axis=0)


def stack_columns(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Put images beside each other, lower ones padded at the bottom."""
    height = max(column.shape[0] for column in columns)
    return np.concatenate([_pad(column, height, column.shape[1]) for column in columns], axis=1)


def legend(names: Sequence[str], colours: Sequence[Colour] | np.ndarray) -> np.ndarray:
    """A column of colours with their names.

    Args:
        names (Sequence[str]): Plain ASCII.
        colours (Sequence): (N, 3), 0..255, one for each name.

    Returns:
        np.ndarray: uint8 (H, W, 3); (0, 0, 3) if there are no names.
    """
    if len(names) == 0:
        return np.zeros((0, 0, 3), np.uint8)
    swatch = _LINE_HEIGHT - 6
    width = 3 * _MARGIN + swatch + max(_text_width(name) for name in names)
    image = np.full((2 * _MARGIN + _LINE_HEIGHT * len(names), width, 3), _PAPER, np.uint8)
    for row, (name, colour) in enumerate(zip(names, np.asarray(colours, np.uint8), strict=True)):
        top = _MARGIN + row * _LINE_HEIGHT
        image[top + 3 : top + 3 + swatch, _MARGIN : _MARGIN + swatch] = colour
        _write(image, name, 2 * _MARGIN + swatch, top)
    return image
