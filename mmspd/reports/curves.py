"""Learning curves from the logs that mmengine writes beside a run's checkpoints."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ['read_curve']


def read_curve(work_dir: Path, key: str) -> tuple[np.ndarray, np.ndarray]:
    """A logged value over the iterations of training, over all starts of a run.

    Args:
        work_dir (Path): The run's work dir. One that was moved away has no curve.
        key (str): Such as ``'loss_seg'`` or, of validations, ``'dataset/mIoU'``.

    Returns:
        tuple: Iterations int64 (T,), increasing, and values float64 (T,). Where a run was resumed, later logs count.
    """
    found: dict[int, float] = {}
    # Named by their time, so that later ones come last.
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for line in _lines(path):
            step, value = line.get('step'), line.get(key)
            # A test run logs its metrics, too, at step 0.
            if isinstance(step, int) and step > 0 and isinstance(value, int | float) and math.isfinite(value):
                found[step] = float(value)
    steps = sorted(found)
    return np.array(steps, dtype=np.int64), np.array([found[step] for step in steps])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """A log's entries; a line that was cut off while it was written is none."""
    for line in path.read_text(encoding='utf-8', errors='replace').splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry
