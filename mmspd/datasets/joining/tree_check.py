"""What of LIP's tree is there: by names only, no picture is opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mmspd.datasets.files.lip_files import read_id_list, read_poses

__all__ = ['LAYOUT', 'SPLITS', 'SplitCheck', 'check_split', 'image_folder']

SPLITS: Final = ('train', 'val')
LAYOUT: Final = """{train,val}_id.txt
TrainVal_images/{train,val}_images/ID.jpg
TrainVal_parsing_annotations/{train,val}_segmentations/ID.png
TrainVal_pose_annotations/lip_{train,val}_set.csv"""


@dataclass(frozen=True)
class SplitCheck:
    """One split of the tree.

    Attributes:
        names: The id list.
        missing: 'image', 'label' and 'pose row' -> names without one, in the list's order.
        unlisted_poses: Names in the pose table that the id list has not, in the table's order.
        bad_poses: A message for each malformed row of the pose table.
    """

    names: list[str]
    missing: dict[str, list[str]]
    unlisted_poses: list[str]
    bad_poses: list[str]

    @property
    def is_complete(self) -> bool:
        """Whether each listed name has everything, and the pose table is sound."""
        return not self.bad_poses and not any(self.missing.values())


def image_folder(root: Path, split: str) -> Path:
    """Where a split's pictures lie."""
    return root / 'TrainVal_images' / f'{split}_images'


def check_split(root: Path, split: str) -> SplitCheck | None:
    """See what a split has.

    Args:
        root (Path): LIP's folder.
        split (str): 'train' or 'val'.

    Returns:
        SplitCheck | None: What it has; None where the tree has no id list of this split.

    Raises:
        ValueError: If the id list is malformed; the message names file and line.
        OSError: If a file cannot be read.
    """
    id_list = root / f'{split}_id.txt'
    if not id_list.is_file():
        return None
    names = read_id_list(id_list)
    labels = root / 'TrainVal_parsing_annotations' / f'{split}_segmentations'
    table = root / 'TrainVal_pose_annotations' / f'lip_{split}_set.csv'
    bad_poses: list[str] = []
    posed = list(read_poses(table, bad_poses.append).rows) if table.is_file() else []
    missing = {
        'image': _without(names, _stems(image_folder(root, split), '.jpg')),
        'label': _without(names, _stems(labels, '.png')),
        'pose row': _without(names, set(posed)),
    }
    return SplitCheck(names, missing, _without(posed, set(names)), bad_poses)


def _stems(folder: Path, suffix: str) -> set[str]:
    """Names of the files with a suffix; the folder is listed once, which a network disk does fast."""
    if not folder.is_dir():
        return set()
    return {path.name.removesuffix(suffix) for path in folder.iterdir() if path.name.endswith(suffix)}


def _without(names: list[str], having: set[str]) -> list[str]:
    return [name for name in names if name not in having]
