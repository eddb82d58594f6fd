"""The body's vocabulary: classes, joints, surface parts, palettes and mirror tables. The only copy of each.

Sources: LIP's class and joint lists (Gong et al., CVPR 2017), which follow MPII's joint order; ATR's classes (Liang et
al., TPAMI 2015); CIHP's classes (Gong et al., ECCV 2018); COCO's joints (Lin et al., ECCV 2014); DensePose-COCO's part
lists (Guler et al., CVPR 2018). Left and right are the *person's*.
"""

from dataclasses import dataclass
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

# For colour-blind people. Found by a random search for the largest smallest difference, in which pairs that touch on a
# body, or are each other's mirror image, counted by 1/1.6 of theirs. The smallest CIEDE2000 between two of the colours
# is 14.8 in normal vision, 14.5 with protanopia, 14.3 with deuteranopia, 14.5 with tritanopia, as Machado et al. (2009)
# simulate them; between left and right it is 32.1, 30.5, 29.1, 25.9. PARSING_PALETTE has 9.6, 1.9, 1.9, 4.2, and 15.6,
# 12.2, 12.3, 10.8. The background, which is never drawn, is left out.
PARSING_SAFE_PALETTE: Final[tuple[tuple[int, int, int], ...]] = (
    (0, 0, 0), (114, 128, 124), (210, 206, 255), (27, 44, 102), (0, 106, 76), (161, 134, 0), (204, 185, 0),
    (93, 23, 23), (181, 147, 255), (253, 255, 0), (221, 30, 97), (209, 255, 177), (78, 143, 168), (95, 0, 205),
    (135, 74, 255), (147, 178, 179), (136, 255, 229), (157, 36, 0), (61, 43, 55), (233, 141, 125),
)  # fmt: skip

PARSING_MIRROR_PAIRS: Final = ((14, 15), (16, 17), (18, 19))

# --------------------------------------------------------------------------------------------- parsing (ATR, 18)
# As of LIP in all but this: a belt and a bag more; no glove, coat, socks, jumpsuits.
ATR_CLASSES: Final[tuple[str, ...]] = (
    'background', 'hat', 'hair', 'sunglass', 'upper-clothes', 'skirt', 'pants', 'dress', 'belt', 'left-shoe',
    'right-shoe', 'face', 'left-leg', 'right-leg', 'left-arm', 'right-arm', 'bag', 'scarf',
)  # fmt: skip

# LIP's colours for what both have; belt and bag are light.
ATR_PALETTE: Final[tuple[tuple[int, int, int], ...]] = (
    (0, 0, 0), (128, 0, 0), (255, 0, 0), (170, 0, 51), (255, 85, 0), (0, 128, 0), (0, 85, 85), (0, 0, 85),
    (255, 170, 255), (255, 255, 0), (255, 170, 0), (0, 0, 255), (85, 255, 170), (170, 255, 85), (51, 170, 221),
    (0, 255, 255), (220, 220, 220), (52, 86, 128),
)  # fmt: skip

# LIP's again, class by class; the belt has the glove's, the bag the coat's.
ATR_SAFE_PALETTE: Final = tuple(
    PARSING_SAFE_PALETTE[label] for label in (0, 1, 2, 4, 5, 12, 9, 6, 3, 18, 19, 13, 16, 17, 14, 15, 7, 11)
)

ATR_MIRROR_PAIRS: Final = ((9, 10), (12, 13), (14, 15))

# -------------------------------------------------------------------------------------------- parsing (CIHP, 20)
# LIP's numbers, but for one class: bare skin of the torso, where LIP has jumpsuits and labels that skin background.
CIHP_CLASSES: Final = tuple('TorsoSkin' if name == 'Jumpsuits' else name for name in PARSING_CLASSES)

# ------------------------------------------------------------------------------------------- groups of parsing classes
# What virtual try-on masks together, by the classes' names in any label set. Shoes and scarf belong to none.
CLASS_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    'upper': ('UpperClothes', 'Coat', 'upper-clothes'),
    'lower': ('Pants', 'Skirt', 'pants', 'skirt', 'belt'),
    'full': ('Dress', 'Jumpsuits', 'dress'),
    'arms': ('LeftArm', 'RightArm', 'Glove', 'left-arm', 'right-arm'),
    'legs': ('LeftLeg', 'RightLeg', 'Socks', 'left-leg', 'right-leg'),
    'head': ('Hat', 'Hair', 'Sunglasses', 'Face', 'hat', 'hair', 'sunglass', 'face'),
}

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

# COCO's 17 joints; nose, eyes and ears are no joints of ours.
COCO_JOINTS: Final[tuple[str, ...]] = (
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'left_shoulder', 'right_shoulder', 'left_elbow',
    'right_elbow', 'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee', 'right_knee', 'left_ankle',
    'right_ankle',
)  # fmt: skip

# (position in JOINTS, position in COCO_JOINTS) of the twelve joints of arms and legs, which both have. COCO has no
# pelvis, thorax, upper neck and head top: means of hips or shoulders would lie elsewhere than where LIP annotates them.
COCO_JOINT_PAIRS: Final = tuple(
    (ours, COCO_JOINTS.index(name)) for ours, name in enumerate(JOINTS) if name in COCO_JOINTS
)

# How far people who annotate the same keypoint are apart, by COCO's evaluator: the standard deviation in units of the
# square root of the person's area. Of our joints it has only those of COCO_JOINT_PAIRS.
COCO_SIGMAS: Final[tuple[float, ...]] = (
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089,
    0.089,
)  # fmt: skip

# The person's side of each joint: 'left', 'right' or 'centre'.
JOINT_SIDES: Final[tuple[str, ...]] = tuple(
    side if (side := name.split('_')[0]) in ('left', 'right') else 'centre' for name in JOINTS
)

SIDE_COLOURS: Final = {'left': (255, 128, 0), 'right': (0, 160, 255), 'centre': (80, 220, 80)}
# For colour-blind people: CIEDE2000 of at least 32 between each two, where those above come down to 7.
SAFE_SIDE_COLOURS: Final = {'left': (255, 150, 0), 'right': (0, 100, 255), 'centre': (255, 255, 255)}

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


PALETTES: Final = ('default', 'colour_blind')


@dataclass(frozen=True)
class LabelSet:
    """The classes of a data set's label maps.

    Attributes:
        name: Key in ``LABEL_SETS``.
        classes: Names, the background first; a label's value is the position here, or 255 for ignored pixels.
        palette: Red, green, blue, 0..255, of each class.
        safe_palette: Likewise, for colour-blind people.
        mirror_pairs: Classes that change places when a picture is mirrored.
    """

    name: str
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    safe_palette: tuple[tuple[int, int, int], ...]
    mirror_pairs: tuple[tuple[int, int], ...]

    def colours(self, name: str) -> tuple[tuple[int, int, int], ...]:
        """The palette of a name in ``PALETTES``."""
        return self.safe_palette if name == 'colour_blind' else self.palette

    def group(self, name: str) -> tuple[int, ...]:
        """The classes of a group in ``CLASS_GROUPS``."""
        return tuple(label for label, known in enumerate(self.classes) if known in CLASS_GROUPS[name])

    @property
    def mirror(self) -> np.ndarray:
        """:func:`mirror_table` of the classes: int64, (C,)."""
        return mirror_table(len(self.classes), self.mirror_pairs)


LABEL_SETS: Final[dict[str, LabelSet]] = {
    each.name: each
    for each in (
        LabelSet('lip', PARSING_CLASSES, PARSING_PALETTE, PARSING_SAFE_PALETTE, PARSING_MIRROR_PAIRS),
        LabelSet('atr', ATR_CLASSES, ATR_PALETTE, ATR_SAFE_PALETTE, ATR_MIRROR_PAIRS),
        LabelSet('cihp', CIHP_CLASSES, PARSING_PALETTE, PARSING_SAFE_PALETTE, PARSING_MIRROR_PAIRS),
    )
}


def register_label_set(labels: LabelSet) -> None:
    """Make a label set of one's own known by its name.

    Args:
        labels (LabelSet): Of a data set that mmspd does not know.

    Raises:
        ValueError: If another one has the name, it has not one colour for each class, or a pair names no class.
    """
    if LABEL_SETS.get(labels.name, labels) != labels:
        raise ValueError(
            f'there is another label set of the name {labels.name!r}; choose one that is not {[*LABEL_SETS]}'
        )
    count = len(labels.classes)
    if not len(labels.palette) == len(labels.safe_palette) == count:
        raise ValueError(
            f'{labels.name}: expected a colour for each of {count} classes, got {len(labels.palette)} and '
            f'{len(labels.safe_palette)}'
        )
    if any(not 0 < label < count for pair in labels.mirror_pairs for label in pair):
        raise ValueError(f'{labels.name}: mirror_pairs are of classes 1..{count - 1}, got {labels.mirror_pairs}')
    LABEL_SETS[labels.name] = labels


def label_set(name: str | None) -> LabelSet:
    """A label set by its name; LIP's for None.

    Raises:
        ValueError: If there is none of that name.
    """
    if name is not None and name not in LABEL_SETS:
        raise ValueError(f'label_set is one of {", ".join(LABEL_SETS)}, got {name!r}')
    return LABEL_SETS['lip' if name is None else name]


PARSING_MIRROR: Final = mirror_table(NUM_CLASSES, PARSING_MIRROR_PAIRS)
JOINT_MIRROR: Final = mirror_table(NUM_JOINTS, JOINT_MIRROR_PAIRS)
SURFACE_MIRROR: Final = mirror_table(NUM_PARTS + 1, SURFACE_MIRROR_PAIRS)
