"""Charts over a box: reading them at points, and pasting them into the whole image.

Axis glossary: C charts, S chart resolution, P points, H, W image. A chart's S cells divide the box evenly, and a value
belongs to its cell's centre: cell ``i`` of a box from x1 to x2 lies at x1 + (i + 0.5) / S * (x2 - x1), measured on
pixel edges (PyTorch's ``align_corners=False``). Between centres charts are bilinear; between the outermost centre and
the box's edge they are constant. Points and boxes follow :mod:`mmspd.geometry`.
"""

import math

import torch
from torch.nn import functional as F

__all__ = ['inside_box', 'paste_surface', 'pixels_within', 'sample_charts', 'sample_charts_of']

# Float32 rounding must not put a point on the box's edge outside it; in pixels.
_EDGE_TOLERANCE = 1e-3


def inside_box(box: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Which points lie in a box, its edges included.

    Args:
        box (torch.Tensor): (4,), ``x1, y1, x2, y2`` on pixel edges, or (P, 4), one for each point.
        points (torch.Tensor): (P, 2), pixel coordinates.

    Returns:
        torch.Tensor: bool, (P,). An empty box (no width or no height) holds no point.
    """
    edges = points.to(box) + 0.5
    low, high = box[..., :2], box[..., 2:]
    inside = (edges >= low - _EDGE_TOLERANCE) & (edges <= high + _EDGE_TOLERANCE) & (high > low)
    return inside.all(dim=-1)


def sample_charts(charts: torch.Tensor, box: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Read one person's charts bilinearly at points of the image.

    Args:
        charts (torch.Tensor): Float, (C, S, S): rows are y.
        box (torch.Tensor): (4,), ``x1, y1, x2, y2`` on pixel edges; the box that the charts cover.
        points (torch.Tensor): (P, 2), pixel coordinates.

    Returns:
        torch.Tensor: float32, (P, C); see :func:`sample_charts_of`.
    """
    person = torch.zeros(len(points), dtype=torch.int64, device=charts.device)
    return sample_charts_of(charts[None], box[None], points, person)


def sample_charts_of(
    charts: torch.Tensor, boxes: torch.Tensor, points: torch.Tensor, person: torch.Tensor
) -> torch.Tensor:
    """Read the charts of several persons bilinearly, each at its own points.

    Args:
        charts (torch.Tensor): Float, (R, C, S, S): rows are y.
        boxes (torch.Tensor): (R, 4), ``x1, y1, x2, y2`` on pixel edges; the boxes that the charts cover.
        points (torch.Tensor): (P, 2), pixel coordinates.
        person (torch.Tensor): int64, (P,), 0..R - 1: whose charts to read at each point.

    Returns:
        torch.Tensor: float32, (P, C), on the device of ``charts`` and, also without points, in their graph. A point
        outside its box gets the value at the nearest point of its edge: :func:`inside_box` tells which ones these are.
        All values are finite where the charts are, also for an empty box.
    """
    # Half precision cannot address single pixels.
    charts, boxes = charts.float(), boxes.to(device=charts.device, dtype=torch.float32)
    size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=torch.finfo(torch.float32).tiny)
    relative = (points.to(boxes) + 0.5 - boxes[person, :2]) / size[person]
    grid = relative.clamp(0, 1) * 2 - 1
    # One call for all persons: the points of each are padded to the longest list, of at least one.
    counts = torch.bincount(person, minlength=len(charts))
    order = torch.argsort(person, stable=True)
    place = torch.arange(len(points), device=person.device) - (counts.cumsum(0) - counts)[person[order]]
    padded = grid.new_zeros((len(charts), 1, max(1, int(counts.max())), 2))
    padded[person[order], 0, place] = grid[order]
    values = F.grid_sample(charts, padded, mode='bilinear', padding_mode='border', align_corners=False)
    sampled = charts.new_empty((len(points), charts.shape[1]))
    return sampled.index_copy(0, order, values[person[order], :, 0, place])


def paste_surface(
    part_logits: torch.Tensor, uv: torch.Tensor, box: torch.Tensor, height: int, width: int
) -> torch.Tensor:
    """The I, U, V map of a whole image from one person's charts.

    A pixel belongs to the box if its centre does. There, I is the part with the largest bilinearly read logit, and U, V
    are read from the charts of that part.

    Args:
        part_logits (torch.Tensor): Float, (1 + N, S, S): background and N parts.
        uv (torch.Tensor): Float, (2, N, S, S): U and V of each part, 0..1.
        box (torch.Tensor): (4,), ``x1, y1, x2, y2`` on pixel edges; may reach out of the image, or be empty.
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.

    Returns:
        torch.Tensor: float32, (3, height, width): I in 0..N, U, V in 0..1. All three are 0 outside the box and on the
        background.

    Raises:
        ValueError: If the box is not finite, or the two charts do not fit each other.
    """
    if uv.shape != (2, part_logits.shape[0] - 1, *part_logits.shape[1:]):
        raise ValueError(
            f'part_logits {tuple(part_logits.shape)} and uv {tuple(uv.shape)} do not fit: '
            'expected (1 + N, S, S) and (2, N, S, S)'
        )
    if not torch.isfinite(box).all():
        raise ValueError(f'a finite box (x1, y1, x2, y2) is needed to paste charts, got {box.tolist()}')
    # Compiled at its first call, by a package that importing this one must not wait for.
    from mmspd.codecs.bilinear import places_of, surface_map

    image = torch.zeros((3, height, width), dtype=torch.float32, device=part_logits.device)
    x1, y1, x2, y2 = box.tolist()
    columns, rows = pixels_within(x1, x2, width), pixels_within(y1, y2, height)
    if columns and rows:
        size_y, size_x = part_logits.shape[1:]
        logits, places = (charts.detach().float().cpu().numpy() for charts in (part_logits, uv))
        drawn = surface_map(logits, places, places_of(rows, y1, y2, size_y), places_of(columns, x1, x2, size_x))
        image[:, rows.start : rows.stop, columns.start : columns.stop] = torch.from_numpy(drawn).to(image)
    return image


def pixels_within(low: float, high: float, limit: int) -> range:
    """The pixels 0..limit - 1 whose centres (edge coordinate i + 0.5) lie in [low, high)."""
    start, stop = (math.ceil(min(max(edge, 0.0), float(limit)) - 0.5) for edge in (low, high))
    return range(start, stop)
