"""A prediction's part I and U, V at points, in two ways.

* From charts, at the very place: bilinear, as training reads them.
* From an I, U, V map of the box's whole pixels, in steps of 1 / 255: DensePose-COCO's evaluator, and its results files.

Axis glossary: P points, S chart resolution, h, w pixels of the box.
"""

import numpy as np
import torch
from torch.nn import functional as F

from mmspd.codecs.charts import inside_box, sample_charts

__all__ = ['body_of_charts', 'confidence', 'map_of_charts', 'read_charts', 'read_map', 'read_pixels']

_LEVELS = 255.0  # U and V of a map are whole numbers up to this


def read_charts(
    part_logits: torch.Tensor, uv: torch.Tensor, box: torch.Tensor, points: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Read one person's charts at points.

    Args:
        part_logits (torch.Tensor): Float (25, S, S): background and 24 parts.
        uv (torch.Tensor): Float (2, 24, S, S), 0..1.
        box (torch.Tensor): (4,), ``x1, y1, x2, y2`` on pixel edges.
        points (torch.Tensor): (P, 2), pixel coordinates.

    Returns:
        tuple: ``parts`` int64 (P,), 0..24, 0 outside the box; ``uv`` float32 (P, 2), of the chart of that part, 0 on
        the background.
    """
    points = points.to(part_logits.device)
    parts = sample_charts(part_logits, box, points).argmax(dim=1) * inside_box(box.to(part_logits.device), points)
    # U and V of all parts in one reading: parts differ from point to point.
    values = sample_charts(uv.flatten(0, 1), box, points).unflatten(1, uv.shape[:2])
    own = (parts - 1).clamp(min=0)[:, None, None].expand(-1, 2, 1)
    chosen = values.gather(2, own)[..., 0] * (parts > 0)[:, None]
    return parts.cpu().numpy(), chosen.cpu().numpy()


def map_of_charts(part_logits: torch.Tensor, uv: torch.Tensor, box: torch.Tensor) -> np.ndarray:
    """The I, U, V map of one person's box, as DensePose's results have it.

    The box's size is cut to whole pixels, at least one, over which the charts are stretched.

    Args:
        part_logits (torch.Tensor): Float (25, S, S).
        uv (torch.Tensor): Float (2, 24, S, S), 0..1.
        box (torch.Tensor): (4,), ``x1, y1, x2, y2`` on pixel edges.

    Returns:
        np.ndarray: uint8 (3, h, w): I, and U, V times 255, cut to whole numbers.

    Raises:
        ValueError: If the box is not finite.
    """
    size = _whole_pixels(box)
    parts = _stretch(part_logits, size).max(dim=0).indices
    # Faster than reading four neighbours in the chart of each pixel's part, though most of what is read is not needed.
    own = (parts - 1).clamp(min=0).expand(len(uv), 1, -1, -1)
    places = torch.stack([_stretch(charts, size) for charts in uv]).gather(1, own)[:, 0]
    drawn = torch.cat([parts[None], places * _LEVELS * (parts > 0)])
    return drawn.clamp(0, _LEVELS).to(torch.uint8).cpu().numpy()


def body_of_charts(part_logits: torch.Tensor, box: torch.Tensor) -> np.ndarray:
    """Where the map of :func:`map_of_charts` has a part, bool (h, w), in a fraction of its time."""
    logits = _stretch(part_logits, _whole_pixels(box))
    return (logits[1:].amax(dim=0) > logits[0]).cpu().numpy()


def _stretch(charts: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Charts (C, S, S) at h x w pixels: bilinear, edges upon edges, float32 (C, h, w)."""
    return F.interpolate(charts.float()[None], size, mode='bilinear', align_corners=False)[0]


def _whole_pixels(box: torch.Tensor) -> tuple[int, int]:
    """Height and width of a box's map."""
    if not torch.isfinite(box).all():
        raise ValueError(f'a finite box (x1, y1, x2, y2) is needed, got {box.tolist()}')
    width, height = (max(int(size), 1) for size in (box[2:] - box[:2]).tolist())
    return height, width


def read_map(iuv: np.ndarray, box: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read an I, U, V map at points by the rules of DensePose-COCO's evaluator.

    A point is the pixel that its distance from the box's corner, cut to a whole number, counts; also a point less than
    a pixel left of the box or above it is in the first pixel. Points beyond the whole pixels of the box's size are
    background.

    Args:
        iuv (np.ndarray): uint8 (3, h, w): I, and U, V times 255.
        box (np.ndarray): (4,), x, y, width, height.
        points (np.ndarray): (P, 2), x, y of the picture, counted as the box is.

    Returns:
        tuple: ``parts`` int64 (P,), 0..24, and ``uv`` float64 (P, 2), 0 on the background.
    """
    rows, columns, inside = _pixels_of(points, box, (iuv.shape[1], iuv.shape[2]))
    found = np.zeros((3, len(inside)))
    found[:, inside] = iuv[:, rows, columns]
    parts = found[0].astype(np.int64)
    return parts, found[1:].T / _LEVELS * (parts > 0)[:, None]


def read_pixels(
    part_logits: torch.Tensor, uv: torch.Tensor, box: torch.Tensor, points: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Read one person's charts as :func:`read_map` does the map of :func:`map_of_charts`, without drawing it.

    Args:
        part_logits (torch.Tensor): Float (25, S, S).
        uv (torch.Tensor): Float (2, 24, S, S), 0..1.
        box (torch.Tensor): (4,), ``x1, y1, x2, y2`` on pixel edges.
        points (torch.Tensor): (P, 2), pixel coordinates.

    Returns:
        tuple: ``parts`` int64 (P,), 0..24, and ``uv`` float64 (P, 2), in steps of 1 / 255, 0 on the background.
        Those of :func:`read_map` but for the last bits of a float32: a value at the very edge of a step may fall into
        the next one, and of two parts that are equally likely up to these bits the other may be chosen.

    Raises:
        ValueError: If the box is not finite.
    """
    size = _whole_pixels(box)
    corner_and_size = torch.cat([box[:2], box[2:] - box[:2]]).double().cpu().numpy()
    *pixels, inside = _pixels_of(points.cpu().numpy(), corner_and_size, size)
    rows, columns = (torch.from_numpy(each).to(part_logits.device) for each in pixels)
    found = _at_pixels(part_logits, rows, columns, size).argmax(dim=0)
    values = _at_pixels(uv.flatten(0, 1), rows, columns, size).unflatten(0, uv.shape[:2])
    own = (found - 1).clamp(min=0)[None, None].expand(len(uv), 1, -1)
    levels = (values.gather(1, own)[:, 0] * _LEVELS * (found > 0)).clamp(0, _LEVELS).trunc()
    parts, places = np.zeros(len(inside), dtype=np.int64), np.zeros((len(inside), 2))
    parts[inside], places[inside] = found.cpu().numpy(), levels.T.double().cpu().numpy() / _LEVELS
    return parts, places


def _pixels_of(points: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns, int64, of the points (P, 2) in a box's map of h x w pixels, and which are in it, bool (P,)."""
    x, y, width, height = np.asarray(box, dtype=np.float64).tolist()
    columns, rows = np.trunc(np.asarray(points, dtype=np.float64) - (x, y)).T
    last_row, last_column = min(int(height), size[0]), min(int(width), size[1])
    inside = (columns >= 0) & (columns < last_column) & (rows >= 0) & (rows < last_row)
    return rows[inside].astype(np.int64), columns[inside].astype(np.int64), inside


def _at_pixels(charts: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """What :func:`_stretch` gives at some of the h x w pixels: float32 (C, N)."""
    charts = charts.float()
    (top, bottom, down), (left, right, across) = (
        _between(pixels, cells, extent)
        for pixels, cells, extent in zip((rows, columns), charts.shape[1:], size, strict=True)
    )
    upper = charts[:, top, left] * (1 - across) + charts[:, top, right] * across
    lower = charts[:, bottom, left] * (1 - across) + charts[:, bottom, right] * across
    return upper * (1 - down) + lower * down


def _between(pixels: torch.Tensor, cells: int, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The two cells between whose centres each of ``size`` pixels lies, and how near the second it is, 0..1."""
    places = ((pixels.float() + 0.5) * (cells / size) - 0.5).clamp(min=0)
    first = places.long()
    return first, (first + 1).clamp(max=cells - 1), places - first


def confidence(part_logits: torch.Tensor) -> float:
    """How sure a prediction is: the mean probability of the predicted part, over the cells that have a part.

    Args:
        part_logits (torch.Tensor): Float (25, S, S).

    Returns:
        float: 0..1; 0 where no cell has a part.
    """
    probability = part_logits.float().softmax(dim=0)
    best = probability[1:].amax(dim=0)  # many times faster than asking which part it is
    body = best > probability[0]
    return float(best[body].mean()) if bool(body.any()) else 0.0
