"""A folder of parsing maps, ``ID.png`` each: LIP's submission format, and what most systems write.

The PNGs are read as labels are (:func:`mmspd.datasets.files.image_files.read_parsing_label`): one channel of 8 bits, or
a palette, whose indices count. JPPNet's script writes a coloured ``ID_vis.png`` beside each; these are passed over.
"""

import os
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from mmspd.datasets.files.image_files import read_parsing_label
from mmspd.results.tally import Tally
from mmspd.utils.safe_paths import file_inside
from mmspd.utils.whole_files import explain_os_error

__all__ = ['PARSING_RULES', 'ParsingFolder']

_NOTHING: Final = 'background everywhere'
PARSING_RULES: Final = {
    'missing': _NOTHING,
    'unreadable': _NOTHING,
    'of another size': f'{_NOTHING} (--resize stretches them)',
    'resized': 'the nearest pixel of the map, stretched to the picture',
    'with values that are no class': 'these pixels as background',
    'extra': 'nothing, they are not scored',
}
_SUFFIX: Final = '.png'
_PICTURE: Final = '_vis'
_ALL_VALUES: Final = 256


class ParsingFolder:
    """The maps of a folder.

    Args:
        folder (Path): The folder.
        num_classes (int): Classes are 0..num_classes - 1.
        resize (bool): Whether a map of another size than its picture's is stretched to it. Defaults to False.

    Attributes:
        used (int): How many maps were read and are of their pictures' sizes.

    Raises:
        FileNotFoundError: If there is no such folder, or no PNG in it.
    """

    def __init__(self, folder: Path, num_classes: int, resize: bool = False) -> None:
        if not folder.is_dir():
            raise FileNotFoundError(f'{folder}: expected a folder of parsing maps, ID.png each')
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.lower().endswith(_SUFFIX)]
        if not names:
            raise FileNotFoundError(f'{folder}: no PNG here; expected parsing maps, ID.png each')
        self.folder = folder
        self.num_classes = num_classes
        self.resize = resize
        self.tally = Tally('parsing', PARSING_RULES)
        self.used = 0
        self._files = {name[: -len(_SUFFIX)]: name for name in sorted(names)}  # .png before .PNG
        self._others = sorted(set(names).difference(self._files.values()))
        self._asked: set[str] = set()

    def read(self, img_id: str, size: tuple[int, int]) -> np.ndarray:
        """A picture's map; defects are added to ``tally``.

        Args:
            img_id (str): The picture's id.
            size (tuple): Its height and width.

        Returns:
            np.ndarray: uint8 (H, W), classes.
        """
        self._asked.add(img_id)
        nothing = np.zeros(size, dtype=np.uint8)
        if img_id not in self._files:
            self.tally.add('missing', img_id)
            return nothing
        try:
            path = file_inside(self.folder, self._files[img_id], str(self.folder))
            found = read_parsing_label(path, None, _ALL_VALUES)
        except (ValueError, OSError) as error:
            self.tally.add('unreadable', explain_os_error(error) if isinstance(error, OSError) else str(error))
            return nothing
        if found.shape != size:
            shapes = f'{path}: {found.shape[0]} x {found.shape[1]} (height x width), its picture {size[0]} x {size[1]}'
            if not self.resize:
                self.tally.add('of another size', shapes)
                return nothing
            self.tally.add('resized', shapes)
            found = cv2.resize(found, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        self.used += 1
        strays = found >= self.num_classes
        if strays.any():
            values = np.unique(found[strays])
            self.tally.add(
                'with values that are no class',
                f'{path}: {values[:8].tolist()} at {int(strays.sum())} pixels, expected 0..{self.num_classes - 1}',
            )
            found = np.where(strays, np.uint8(0), found)
        return found

    def finish(self) -> None:
        """Add the maps that nobody asked for to ``tally``."""
        for name in sorted(self._files.keys() - self._asked):
            if name.removesuffix(_PICTURE) not in self._asked:
                self.tally.add('extra', self._files[name])
        for name in self._others:
            self.tally.add('extra', name)
