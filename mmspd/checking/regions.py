"""Whether joints and surface points lie on what a label map shows of their part of the body: head, arms, legs."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, IGNORE_LABEL, JOINTS

__all__ = ['JOINT_REGIONS', 'PART_REGIONS', 'class_regions', 'joints_on_region', 'points_on_region']

# A region: 0 none, 1 head, 2 arms, 3 legs. The torso is none: LIP labels its bare skin background. Shoulders and hips
# belong to it.
_REGIONS: Final[tuple[tuple[str, ...], ...]] = (
    ('head',),
    ('hand', 'arm', 'wrist', 'elbow'),
    ('foot', 'leg', 'ankle', 'knee'),
)
# Words of classes that may be seen where a region is: the skin, and what is worn there.
_CLOTHES: Final[tuple[tuple[str, ...], ...]] = (
    ('hat', 'hair', 'glass', 'face', 'scarf'),
    ('arm', 'glove', 'upper', 'dress', 'coat', 'jumpsuit', 'scarf'),
    ('leg', 'shoe', 'sock', 'pants', 'skirt', 'dress', 'coat', 'jumpsuit'),
)


def _region(name: str) -> int:
    """Number of the region that a joint or part is named after; 0 if it is of none."""
    plain = name.lower()
    return next((1 + at for at, words in enumerate(_REGIONS) if any(word in plain for word in words)), 0)


# Of each joint (16,) and surface part (25,).
JOINT_REGIONS: Final = np.array([_region(name) for name in JOINTS])
PART_REGIONS: Final = np.array([0 if coarse < 0 else _region(COARSE_PARTS[coarse]) for coarse in FINE_TO_COARSE])


def class_regions(classes: Sequence[str]) -> np.ndarray:
    """What may be seen where a region is, as a table for labels.

    Args:
        classes (Sequence[str]): Names of the classes, at most 255.

    Returns:
        np.ndarray: bool (4, 256), by region and label; True for the ignored label, which may be anything.
    """
    table = np.zeros((1 + len(_CLOTHES), 256), dtype=bool)
    for region, words in enumerate(_CLOTHES, start=1):
        table[region, : len(classes)] = [any(word in name.lower() for word in words) for name in classes]
    table[:, IGNORE_LABEL] = True
    return table


def joints_on_region(
    label: np.ndarray, table: np.ndarray, joints: np.ndarray, shown: np.ndarray, radius: int
) -> tuple[int, int]:
    """Count joints around which the label shows their region.

    Args:
        label (np.ndarray): uint8 (H, W).
        table (np.ndarray): Of :func:`class_regions`.
        joints (np.ndarray): (16, 2), x and y in pixels.
        shown (np.ndarray): bool (16,), joints to look at, all of them on the label or at most a pixel beside it.
        radius (int): Half the side of the square that is looked at, pixels, at least 1.

    Returns:
        tuple[int, int]: Those, and all that were asked; shoulders, hips and the torso's joints are not.
    """
    asked = np.flatnonzero(shown & (JOINT_REGIONS > 0))
    fitting = 0
    for joint in asked:
        x, y = np.floor(joints[joint] + 0.5).astype(int)
        window = label[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1]
        fitting += bool(table[JOINT_REGIONS[joint], window].any())
    return fitting, len(asked)


def points_on_region(label: np.ndarray, table: np.ndarray, points: np.ndarray, parts: np.ndarray) -> tuple[int, int]:
    """Count surface points at which the label shows their region.

    Args:
        label (np.ndarray): uint8 (H, W).
        table (np.ndarray): Of :func:`class_regions`.
        points (np.ndarray): (P, 2), x and y in pixels; those outside are taken to the edge.
        parts (np.ndarray): int (P,), surface parts 0..24.

    Returns:
        tuple[int, int]: Those, and all that were asked; points of the torso are not.
    """
    height, width = label.shape
    cells = np.clip(np.floor(points + 0.5).astype(np.int64), 0, [width - 1, height - 1])
    regions = PART_REGIONS[parts]
    asked = regions > 0
    fitting = table[regions[asked], label[cells[asked, 1], cells[asked, 0]]]
    return int(fitting.sum()), int(asked.sum())
