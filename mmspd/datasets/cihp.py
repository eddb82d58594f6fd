"""``CIHPDataset``: parsing of the persons of pictures with several."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmspd.datasets.crops.person_boxes import crop_around, move_points
from mmspd.datasets.files.human_maps import find_humans
from mmspd.datasets.files.lip_files import read_id_list
from mmspd.datasets.persons import PersonDataset, metainfo_of, person_entry
from mmspd.registry import DATASETS

__all__ = ['CIHPDataset']

_FOLDERS = {'train': 'Training', 'val': 'Validation'}


@DATASETS.register_module()
class CIHPDataset(PersonDataset):
    """CIHP (Gong et al., ECCV 2018): several persons a picture, 20 classes; neither joints nor surface are annotated.

    The classes have LIP's numbers, but for class 10, which is bare skin of the torso instead of jumpsuits: labels of
    the two must not be mixed in training one head.

    A sample is a person of ``Human_ids``: the picture is cut to the person's box with a margin, and in the label the
    others become background. To find the persons every map is read once when the data set is made, which takes one or
    two milliseconds each.

    :class:`PersonDataset` says how items are asked for, what is random, and what becomes of errors.

    Args:
        data_root (str): CIHP's folder.
        split (str): 'train' or 'val'.
        folder (str, optional): The split's folder below ``data_root``. Defaults to None: 'Training' or 'Validation'.
        image_folder (str): Of JPEGs, below the split's. Defaults to 'Images'.
        label_folder (str): Of PNGs of classes, below the split's. Defaults to 'Category_ids'.
        human_folder (str): Of PNGs of numbers of persons, below the split's. Defaults to 'Human_ids'.
        id_list (str, optional): The names, one a line without suffix, below ``data_root``. Defaults to None:
            '{split}_id.txt' there, or in the split's folder.
        per_person (bool): Whether a sample is a person. Otherwise it is a whole picture with all its persons, for which
            ``Human_ids`` are not needed. Defaults to True.
        margin (float): Around a person's box on each side, as a fraction of its width and height. Defaults to 0.1.
        workers (int): Threads that look for persons, of use where the disk is slow. Defaults to 4.
        on_missing (str): What becomes of a listed name one of whose files is missing: 'error', or 'skip', which
            logs how many there are. Defaults to 'error'.
        pipeline (Sequence[dict | Callable]): Transforms, built or as configs.
        **kwargs: ``indices``, ``serialize_data``, ``lazy_init``, ``test_mode``, ``metainfo`` of
            mmengine's ``BaseDataset``.

    Raises:
        FileNotFoundError: If a part of the data set is missing; the message shows the layout.
        ValueError: If an argument is out of range, the list is malformed, or no picture has persons; a file's error
            names it.
    """

    METAINFO: dict[str, Any] = metainfo_of('cihp')
    NAME = 'CIHP'

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        folder: str | None = None,
        image_folder: str = 'Images',
        label_folder: str = 'Category_ids',
        human_folder: str = 'Human_ids',
        id_list: str | None = None,
        per_person: bool = True,
        margin: float = 0.1,
        workers: int = 4,
        on_missing: str = 'error',
        pipeline: Sequence[dict | Callable] = (),
        **kwargs: Any,
    ) -> None:
        if split not in _FOLDERS:
            raise ValueError(f"split is 'train' or 'val', got {split!r}")
        if not margin >= 0:
            raise ValueError(f'margin is a fraction that is not negative, got {margin}')
        self.split = split
        self.folder = folder or _FOLDERS[split]
        self.image_folder = image_folder
        self.label_folder = label_folder
        self.human_folder = human_folder
        self.id_list = id_list
        self.per_person = per_person
        self.margin = margin
        self.workers = workers
        super().__init__(data_root=data_root, on_missing=on_missing, pipeline=pipeline, **kwargs)

    def layout(self) -> str:
        """The release's files, by the names that the arguments give them."""
        folders = [f'{self.image_folder}/ID.jpg', f'{self.label_folder}/ID.png', f'{self.human_folder}/ID.png']
        lines = [self.id_list or f'{self.split}_id.txt', *(f'{self.folder}/{each}' for each in folders)]
        return '\n  '.join([f'{self.data_root}/', *lines])

    def load_data_list(self) -> list[dict[str, Any]]:
        """An entry of :mod:`mmspd.datasets.persons` for each person, or for each picture."""
        root = Path(self.data_root) / self.folder
        images, labels, humans = (root / each for each in (self.image_folder, self.label_folder, self.human_folder))
        id_list = self._id_list()
        names = read_id_list(id_list, self.report())
        listed = f'names of {id_list.name}'
        names = self.keep_present(names, self.require(images), '{}.jpg'.format, listed, 'image')
        names = self.keep_present(names, self.require(labels), '{}.png'.format, listed, 'parsing label')
        if not self.per_person:
            return [_picture(name, images, labels) for name in names]
        self.require(humans, 'per_person=False, which takes whole pictures with all their persons')
        names = self.keep_present(names, humans, '{}.png'.format, listed, 'map of persons')
        return self._persons(names, images, labels, humans)

    def _id_list(self) -> Path:
        """The list of names, at the place that is given, or at one of two."""
        root, name = Path(self.data_root), f'{self.split}_id.txt'
        if self.id_list is None and not (root / name).exists() and (root / self.folder / name).exists():
            return root / self.folder / name
        return self.require(root / (self.id_list or name))

    def _persons(self, names: list[str], images: Path, labels: Path, humans: Path) -> list[dict[str, Any]]:
        """An entry for each person of each picture, in the order of pictures and numbers."""
        maps = [humans / f'{name}.png' for name in names]
        entries = []
        for name, path, (size, boxes) in zip(names, maps, find_humans(maps, self.workers, self.report()), strict=True):
            for number, box in boxes.items():
                crop = crop_around(box, self.margin, size, f'{path}: person {number}')
                bbox = move_points(np.array(box, dtype=np.float32).reshape(2, 2), crop).reshape(1, 4)
                entry = _picture(name, images, labels)
                place = {'crop': crop, 'picture_size': size, 'bbox': bbox}
                entries.append(
                    entry | place | {'img_id': f'{name}_{number}', 'human_map_path': str(path), 'human_id': number}
                )
        if not entries:
            raise ValueError(f'{humans}: none of the {len(names)} maps shows a person; expected numbers from 1 on')
        empty = len(names) - len({entry['img_path'] for entry in entries})
        if empty:
            self.warn(f'{humans}: {empty} of {len(names)} maps show nobody; their pictures are not used')
        return entries


def _picture(name: str, images: Path, labels: Path) -> dict[str, Any]:
    """The entry of a whole picture."""
    return person_entry(name, images / f'{name}.jpg', 'cihp', seg_map_path=str(labels / f'{name}.png'))
