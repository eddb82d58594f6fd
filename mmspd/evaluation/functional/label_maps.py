"""Scoring a model with LIP's classes on ATR's labels.

Sixteen of LIP's classes, the background among them, are ATR's under another name. The rest is a matter of choice. The
numbers depend on it, and the SPD paper does not state its own; so each choice is an argument, and is logged beside the
numbers:

============ ================= ==================================================================================
class        default           alternatives
============ ================= ==================================================================================
Coat         upper-clothes     dress; background
Jumpsuits    dress             pants; upper-clothes; background
Glove        arm, of the side  background
             of the nearest
             arm
Socks        leg, of the side  shoe, of that side; background
             of the nearest
             leg or shoe
belt, bag    ignore            background; count
(of ATR)
============ ================= ==================================================================================

Why these defaults: what a person wears is no background, so Coat, Jumpsuits, Glove and Socks count as the class of ATR
that lies on the same part of the body. A model trained on LIP knows neither belt nor bag: ``ignore`` leaves out the
pixels labelled so, whatever is predicted there, and with them both classes, so that means are over 16 classes.
``background`` asks for background there. ``count`` keeps both classes; each scores 0 where it occurs, which lowers
every mean.

A *prediction* is never left out: a model could escape its errors by predicting such a class.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import cv2
import numpy as np

from mmspd.anatomy import ATR_CLASSES, IGNORE_LABEL, NUM_CLASSES, PARSING_CLASSES

__all__ = ['LIPToATR', 'build_label_map']

_LIP: Final = {name: number for number, name in enumerate(PARSING_CLASSES)}
_ATR: Final = {name: number for number, name in enumerate(ATR_CLASSES)}

# LIP's classes that ATR has by another name.
_SAME: Final = {
    'Background': 'background',
    'Hat': 'hat',
    'Hair': 'hair',
    'Sunglasses': 'sunglass',
    'UpperClothes': 'upper-clothes',
    'Dress': 'dress',
    'Pants': 'pants',
    'Scarf': 'scarf',
    'Skirt': 'skirt',
    'Face': 'face',
    'LeftArm': 'left-arm',
    'RightArm': 'right-arm',
    'LeftLeg': 'left-leg',
    'RightLeg': 'right-leg',
    'LeftShoe': 'left-shoe',
    'RightShoe': 'right-shoe',
}
_CHOICES: Final = {
    'coat': ('upper-clothes', 'dress', 'background'),
    'jumpsuits': ('dress', 'pants', 'upper-clothes', 'background'),
    'glove': ('arm', 'background'),
    'socks': ('leg', 'shoe', 'background'),
    'belt': ('ignore', 'background', 'count'),
    'bag': ('ignore', 'background', 'count'),
}


@dataclass(frozen=True)
class LIPToATR:
    """How LIP's 20 classes are scored on ATR's 18; the module's docstring has the choices.

    Attributes:
        coat: What Coat counts as.
        jumpsuits: What Jumpsuits counts as.
        glove: What Glove counts as; background where no arm is predicted whose side it could take.
        socks: What Socks counts as; background where neither leg nor shoe is predicted.
        belt: What becomes of pixels labelled belt.
        bag: What becomes of pixels labelled bag.

    Raises:
        ValueError: If a choice is none of those.
    """

    coat: str = 'upper-clothes'
    jumpsuits: str = 'dress'
    glove: str = 'arm'
    socks: str = 'leg'
    belt: str = 'ignore'
    bag: str = 'ignore'

    def __post_init__(self) -> None:
        for field, chosen in asdict(self).items():
            if chosen not in _CHOICES[field]:
                raise ValueError(f'{field} counts as one of {", ".join(_CHOICES[field])}, got {chosen!r}')

    def __str__(self) -> str:
        """The choices as a line of a log."""
        return 'LIP to ATR: ' + ', '.join(f'{field} {chosen}' for field, chosen in asdict(self).items())

    def of_prediction(self, prediction: np.ndarray) -> np.ndarray:
        """A predicted map in ATR's classes.

        Args:
            prediction (np.ndarray): Whole numbers (H, W), LIP's classes 0..19.

        Returns:
            np.ndarray: int64 (H, W), ATR's classes.

        Raises:
            ValueError: If a value is none of LIP's classes.
        """
        if prediction.dtype.kind not in 'iub':
            raise ValueError(f'the prediction must hold whole numbers, got dtype {prediction.dtype}')
        if prediction.size and not 0 <= int(prediction.min()) <= int(prediction.max()) < NUM_CLASSES:
            raise ValueError(
                f"the prediction must hold LIP's classes 0..{NUM_CLASSES - 1}, found {prediction.min()}.."
                f"{prediction.max()}: this map is for models trained on LIP's classes"
            )
        names = _SAME | {'Coat': self.coat, 'Jumpsuits': self.jumpsuits}
        table = np.array([_ATR[names.get(name, 'background')] for name in PARSING_CLASSES], dtype=np.int64)
        mapped = table[prediction]
        if self.glove == 'arm':
            _take_sides(mapped, prediction, 'Glove', ('Arm',), 'arm')
        if self.socks != 'background':
            _take_sides(mapped, prediction, 'Socks', ('Leg', 'Shoe'), self.socks)
        return mapped

    def of_label(self, label: np.ndarray, ignore_index: int = IGNORE_LABEL) -> np.ndarray:
        """A label map of ATR as it is scored: belt and bag as chosen; a new array of the same type.

        Args:
            label (np.ndarray): Whole numbers (H, W), ATR's classes 0..17 and ``ignore_index``.
            ignore_index (int): Label of pixels that do not count. Defaults to 255.
        """
        scored = label.copy()
        for name, chosen in (('belt', self.belt), ('bag', self.bag)):
            if chosen != 'count':
                scored[label == _ATR[name]] = ignore_index if chosen == 'ignore' else _ATR['background']
        return scored


def _take_sides(
    mapped: np.ndarray, prediction: np.ndarray, source: str, neighbours: tuple[str, ...], target: str
) -> None:
    """Give a class without sides the side of its nearest neighbour, in place; the left one where both are as near.

    Args:
        mapped (np.ndarray): int64 (H, W), written to where ``prediction`` is ``source``.
        prediction (np.ndarray): (H, W), LIP's classes.
        source (str): LIP's class without sides.
        neighbours (tuple[str]): LIP's classes that have them, without 'Left' and 'Right'.
        target (str): ATR's class, without 'left-' and 'right-'.
    """
    wanted = prediction == _LIP[source]
    if not wanted.any():
        return
    left, right = (_distance(prediction, [_LIP[side + each] for each in neighbours]) for side in ('Left', 'Right'))
    mapped[wanted & (left <= right) & np.isfinite(left)] = _ATR[f'left-{target}']
    mapped[wanted & (right < left)] = _ATR[f'right-{target}']


def _distance(prediction: np.ndarray, classes: list[int]) -> np.ndarray:
    """Distance in pixels to the nearest pixel of some classes: float32 (H, W); infinite where there is none."""
    elsewhere = ~np.isin(prediction, classes)
    if elsewhere.all():
        return np.full(prediction.shape, np.inf, dtype=np.float32)
    return cv2.distanceTransform(elsewhere.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def build_label_map(settings: Mapping[str, Any] | None) -> LIPToATR | None:
    """The label map of a config; None for None.

    Args:
        settings (Mapping, optional): ``type``, 'LIPToATR', and its fields.

    Raises:
        ValueError: If type or fields are others.
    """
    if settings is None:
        return None
    fields = dict(settings)
    name = fields.pop('type', None)
    if name != 'LIPToATR' or fields.keys() - _CHOICES.keys():
        raise ValueError(f"label_map is dict(type='LIPToATR') with some of {', '.join(_CHOICES)}, got {dict(settings)}")
    return LIPToATR(**fields)
