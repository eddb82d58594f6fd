"""What virtual try-on asks of a picture: masks of garments and limbs, and the picture without a garment.

The *agnostic mask* is where another garment may come to lie. It holds the garment that is replaced, what is worn over
the whole body, and the limbs that the garment may cover or bare, found by the parsing and along the joints, all widened
by a margin. Everything else that is known of the person is kept: head, shoes, and the other garments.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

from mmspd.anatomy import CLASS_GROUPS, JOINTS
from mmspd.apis.output_files import png, write_files
from mmspd.apis.person import Person, as_bytes

__all__ = ['GARMENTS', 'TryOn', 'agnostic_mask', 'group_masks', 'try_on']

# Garment -> groups of classes that go with it, and pairs of joints along which limbs may be bare or covered.
GARMENTS: Final[dict[str, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]] = {
    'upper': (('upper', 'full', 'arms'), (('shoulder', 'elbow'), ('elbow', 'wrist'))),
    'lower': (('lower', 'full', 'legs'), (('hip', 'knee'), ('knee', 'ankle'))),
    'full': (
        ('upper', 'lower', 'full', 'arms', 'legs'),
        (('shoulder', 'elbow'), ('elbow', 'wrist'), ('hip', 'knee'), ('knee', 'ankle')),
    ),
}
# A limb's width over the distance between thorax and pelvis; joints with lower scores are not trusted.
_LIMB_WIDTH: Final = 0.2
_LEAST_SCORE: Final = 0.3
_GREY: Final = 128


@dataclass(frozen=True, eq=False)
class TryOn:
    """What try-on asks of one person; all of the picture's size.

    Attributes:
        masks: Group of :data:`mmspd.anatomy.CLASS_GROUPS` -> bool (H, W).
        agnostic_mask: bool (H, W).
        agnostic: uint8 (H, W, 3), BGR: the picture, grey where the mask is.
        iuv: uint8 (H, W, 3): part, and U, V times 255; None without a dense-pose branch.
    """

    masks: dict[str, np.ndarray]
    agnostic_mask: np.ndarray
    agnostic: np.ndarray
    iuv: np.ndarray | None

    def contents(self) -> dict[str, bytes]:
        """Ends of file names and their contents, PNGs; masks are 0 and 255."""
        pictures = {f'_{name}': _grey(mask) for name, mask in self.masks.items()}
        pictures['_agnostic_mask'] = _grey(self.agnostic_mask)
        pictures['_agnostic'] = Image.fromarray(np.ascontiguousarray(self.agnostic[..., ::-1]))
        if self.iuv is not None:
            pictures['_IUV'] = Image.fromarray(np.ascontiguousarray(self.iuv[..., ::-1]))  # as OpenCV would write it
        return {f'{name}.png': png(picture) for name, picture in pictures.items()}

    def save(self, folder: str | Path, name: str, overwrite: bool = False) -> list[Path]:
        """Write ``NAME_upper.png`` and the other masks, ``NAME_agnostic.png``, ``NAME_agnostic_mask.png``,
        ``NAME_IUV.png``, each whole or not at all.

        Args:
            folder (str | Path): Made where there is none.
            name (str): Of the files.
            overwrite (bool): Whether files with other content may be replaced.

        Returns:
            list[Path]: The files.

        Raises:
            FileExistsError: If a file has other content, which may not be replaced.
            OSError: If a file cannot be written.
            ValueError: If the name is none of a file.
        """
        return write_files(folder, {f'{name}{end}': content for end, content in self.contents().items()}, overwrite)


def group_masks(person: Person) -> dict[str, np.ndarray]:
    """Where a person shows each group of classes.

    Args:
        person (Person): With a parsing.

    Returns:
        dict: Group of :data:`mmspd.anatomy.CLASS_GROUPS` -> bool (H, W) of the picture.

    Raises:
        ValueError: If the model has no parsing branch.
    """
    parsing = person.parsing
    if parsing is None:
        raise ValueError('try-on needs a parsing, but this model has no segmentation branch')
    return {name: np.isin(parsing, person.labels.group(name)) for name in CLASS_GROUPS}


def agnostic_mask(person: Person, garment: str = 'upper', margin: float = 0.02) -> np.ndarray:
    """Where another garment may come to lie; see the module.

    Args:
        person (Person): With a parsing; joints, where there are any, add the limbs that the parsing misses.
        garment (str): 'upper', 'lower' or 'full'.
        margin (float): By which the mask is widened, as a fraction of the height of the person's box.

    Returns:
        np.ndarray: bool (H, W) of the picture. Empty where the person shows nothing that goes with the garment.

    Raises:
        ValueError: If there is no such garment, the margin is negative, or the model has no parsing branch.
    """
    if garment not in GARMENTS or margin < 0:
        raise ValueError(f'garment is one of {", ".join(GARMENTS)} and margin not negative, got {garment!r}, {margin}')
    groups, limbs = GARMENTS[garment]
    masks = group_masks(person)
    parsing = person.parsing
    assert parsing is not None
    replaced = np.logical_or.reduce([masks[name] for name in groups])
    if replaced.any():
        replaced |= _limbs(person, limbs, parsing.shape)
    radius = margin * float(person.box[3] - person.box[1])
    distance = cv2.distanceTransform((~replaced).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    widened = (distance <= radius) & replaced.any()
    kept = (parsing > 0) & ~np.isin(parsing, [label for name in groups for label in person.labels.group(name)])
    if person.others is not None:
        x0, y0, x1, y1 = person.window
        kept[y0:y1, x0:x1] |= person.others
    return widened & ~kept


def _limbs(person: Person, limbs: tuple[tuple[str, str], ...], shape: tuple[int, ...]) -> np.ndarray:
    """Thick lines along the limbs whose joints are trusted: bool (H, W)."""
    drawn = np.zeros(shape, np.uint8)
    if person.joints is None or person.joint_scores is None:
        return drawn > 0
    trunk = person.joints[JOINTS.index('thorax')] - person.joints[JOINTS.index('pelvis')]
    width = max(1, round(_LIMB_WIDTH * float(np.linalg.norm(trunk))))
    for side in ('left', 'right'):
        for pair in limbs:
            ends = [JOINTS.index(f'{side}_{name}') for name in pair]
            if (person.joint_scores[ends] >= _LEAST_SCORE).all():
                first, second = (tuple(np.rint(person.joints[end]).astype(int).tolist()) for end in ends)
                cv2.line(drawn, first, second, 1, width)
    return drawn > 0


def try_on(image: np.ndarray, person: Person, garment: str = 'upper', margin: float = 0.02) -> TryOn:
    """All that try-on asks of a person, in one call.

    Args:
        image (np.ndarray): uint8 (H, W, 3), BGR: the picture of the person (:attr:`People.image`).
        person (Person): With a parsing.
        garment (str): As in :func:`agnostic_mask`.
        margin (float): As in :func:`agnostic_mask`.

    Returns:
        TryOn: Masks and pictures.

    Raises:
        ValueError: As :func:`agnostic_mask`, or if the picture is another one.
    """
    if image.shape[:2] != person.size:
        raise ValueError(f'expected the picture of the person, of {person.size}, got one of {image.shape[:2]}')
    mask = agnostic_mask(person, garment, margin)
    agnostic = image.copy()
    agnostic[mask] = _GREY
    iuv = person.iuv
    return TryOn(group_masks(person), mask, agnostic, None if iuv is None else as_bytes(iuv))


def _grey(mask: np.ndarray) -> Image.Image:
    """A mask as 0 and 255."""
    return Image.fromarray(mask.astype(np.uint8) * 255)
