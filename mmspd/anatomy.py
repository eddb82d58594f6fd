"""The body's vocabulary: classes, joints, surface parts, palettes and mirror tables. The only copy of each.

Sources: LIP's class and joint lists (Gong et al., CVPR 2017), which follow MPII's joint order; DensePose-COCO's part
lists (Guler et al., CVPR 2018). Left and right are the *person's*.
"""

from typing import Final

import numpy as np

IGNORE_LABEL: Final = 255

# --------------------------------------------------------------------------------------------- parsing (LIP, 20)
PARSING_CLASSES: Final[tuple[str, ...]] = (
    'Background', 'Hat', 'Hair', 'Glove', 'Sunglasses', 'UpperClothes', 'Dress', 'Coat', 'Socks', 'Pants',
    'Jumpsuits', 'Scarf', 'Skirt', 'Face', 'LeftArm', 'RightArm', 'LeftLeg', 'RightLeg', 'LeftShoe', 'RightShoe',
)  # fmt: skip

# Left and right sides of a pair differ in lightness as well as hue, so that a swap shows.
PARSING_PALETTE: Final[tuple[tuple[int, int, int], ...]] = (
    (0, 0, 0), (128, 0, 0), (255, 0, 0), (0, 85, 0), (170, 0, 51), (255, 85, 0), (0, 0, 85), (0, 119, 221),
    (85, 85, 0), (0, 85, 85), (85, 51, 0), (52, 86, 128), (0, 128, 0), (0, 0, 255), (51, 170, 221), (0, 255, 255),
    (85, 255, 170), (170, 255, 85), (255, 255, 0), (255, 170, 0),
)  # fmt: skip

PARSING_MIRROR_PAIRS: Final = ((14, 15), (16, 17), (18, 19))

# ------------------------------------------------------------------------------------------------- joints (MPII, 16)
JOINTS: Final[tuple[str, ...]] = (
    'right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee', 'left_ankle', 'pelvis', 'thorax',
    'upper_neck', 'head_top', 'right_wrist', 'right_elbow', 'right_shoulder', 'left_shoulder', 'left_elbow',
    'left_wrist',
)  # fmt: skip

JOINT_MIRROR_PAIRS: Final = ((0, 5), (1, 4), (2, 3), (10, 15), (11, 14), (12, 13))

# (joint, joint, side) with side in {'left', 'right', 'centre'}
SKELETON: Final[tuple[tuple[int, int, str], ...]] = (
    (0, 1, 'right'), (1, 2, 'right'), (2, 6, 'right'), (3, 6, 'left'), (3, 4, 'left'), (4, 5, 'left'),
    (6, 7, 'centre'), (7, 8, 'centre'), (8, 9, 'centre'),
    (10, 11, 'right'), (11, 12, 'right'), (12, 7, 'right'), (13, 7, 'left'), (13, 14, 'left'), (14, 15, 'left'),
)  # fmt: skip

SIDE_COLOURS: Final = {'left': (255, 128, 0), 'right': (0, 160, 255), 'centre': (80, 220, 80)}

# -------------------------------------------------------------------------------- surface (DensePose, 24 fine parts)
# The 14 coarse parts, in the order of DensePose-COCO's ``dp_masks``.
COARSE_PARTS: Final[tuple[str, ...]] = (
    'Torso', 'RightHand', 'LeftHand', 'LeftFoot', 'RightFoot', 'UpperLegRight', 'UpperLegLeft', 'LowerLegRight',
    'LowerLegLeft', 'UpperArmLeft', 'UpperArmRight', 'LowerArmLeft', 'LowerArmRight', 'Head',
)  # fmt: skip

# Label (0: background, 1..24: fine part) -> position in COARSE_PARTS; the background has none (-1).
FINE_TO_COARSE: Final = (-1, 0, 0, 1, 2, 3, 4, 5, 6, 5, 6, 7, 8, 7, 8, 9, 10, 9, 10, 11, 12, 11, 12, 13, 13)

# A fine part is named by its coarse part and its number: 'UpperLegRight7' and 'UpperLegRight9' are its two charts.
SURFACE_PARTS: Final[tuple[str, ...]] = (
    'Background',
    *(f'{COARSE_PARTS[coarse]}{part}' for part, coarse in enumerate(FINE_TO_COARSE) if part),
)

# Of DensePose-COCO's annotation, across a person's box: cells of a mask, and the highest dp_x, dp_y.
MASK_SIZE: Final = 256
POINT_RANGE: Final = 255.0

SURFACE_MIRROR_PAIRS: Final = tuple((part, part + 1) for part in range(3, 25, 2))

NUM_CLASSES: Final = len(PARSING_CLASSES)
NUM_JOINTS: Final = len(JOINTS)
NUM_PARTS: Final = len(SURFACE_PARTS) - 1


def mirror_table(length: int, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Permutation that swaps each pair and keeps the rest.

    Args:
        length (int): Number of entries.
        pairs (tuple): Index pairs to swap.

    Returns:
        np.ndarray: int64, (length,); its own inverse. ``array[table]`` mirrors channels, ``table[labels]`` labels.
    """
    table = np.arange(length)
    for left, right in pairs:
        table[left], table[right] = right, left
    table.setflags(write=False)
    return table


PARSING_MIRROR: Final = mirror_table(NUM_CLASSES, PARSING_MIRROR_PAIRS)
JOINT_MIRROR: Final = mirror_table(NUM_JOINTS, JOINT_MIRROR_PAIRS)
SURFACE_MIRROR: Final = mirror_table(NUM_PARTS + 1, SURFACE_MIRROR_PAIRS)
