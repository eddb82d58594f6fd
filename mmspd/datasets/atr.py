"""``ATRDataset``: parsing into 18 classes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mmspd.datasets.files.lip_files import read_id_list
from mmspd.datasets.persons import PersonDataset, metainfo_of, person_entry
from mmspd.registry import DATASETS

__all__ = ['ATRDataset']


@DATASETS.register_module()
class ATRDataset(PersonDataset):
    """ATR (Liang et al., TPAMI 2015): one person a picture, 18 classes; neither joints nor surface are annotated.

    :class:`PersonDataset` says how items are asked for, what is random, and what becomes of errors.

    Args:
        data_root (str): ATR's folder.
        split (str): 'train', 'val' or 'test'.
        image_folder (str): Of JPEGs, below ``data_root``. Defaults to 'JPEGImages'.
        label_folder (str): Of PNGs, below ``data_root``. Defaults to 'SegmentationClassAug'.
        id_list (str, optional): The names, one a line without suffix, below ``data_root``. Defaults to None:
            '{split}_id.txt'.
        with_parsing (bool): Whether samples have label maps. Defaults to True.
        on_missing (str): What becomes of a listed name whose image or label is missing: 'error', or 'skip', which
            logs how many there are. Defaults to 'error'.
        pipeline (Sequence[dict | Callable]): Transforms, built or as configs.
        **kwargs: ``indices``, ``serialize_data``, ``lazy_init``, ``test_mode``, ``metainfo`` of
            mmengine's ``BaseDataset``.

    Raises:
        FileNotFoundError: If a part of the data set is missing; the message shows the layout.
        ValueError: If an argument is out of range or the list is malformed; the message names file and line.
    """

    METAINFO: dict[str, Any] = metainfo_of('atr')
    NAME = 'ATR'

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        image_folder: str = 'JPEGImages',
        label_folder: str = 'SegmentationClassAug',
        id_list: str | None = None,
        with_parsing: bool = True,
        on_missing: str = 'error',
        pipeline: Sequence[dict | Callable] = (),
        **kwargs: Any,
    ) -> None:
        if split not in ('train', 'val', 'test'):
            raise ValueError(f"split is 'train', 'val' or 'test', got {split!r}")
        self.split = split
        self.image_folder = image_folder
        self.label_folder = label_folder
        self.id_list = id_list or f'{split}_id.txt'
        self.with_parsing = with_parsing
        super().__init__(data_root=data_root, on_missing=on_missing, pipeline=pipeline, **kwargs)

    def layout(self) -> str:
        """The release's files, by the names that the arguments give them."""
        return f'{self.data_root}/\n  {self.id_list}\n  {self.image_folder}/ID.jpg\n  {self.label_folder}/ID.png'

    def load_data_list(self) -> list[dict[str, Any]]:
        """An entry of :mod:`mmspd.datasets.persons` for each name of the list."""
        root = Path(self.data_root)
        images, labels = root / self.image_folder, root / self.label_folder
        by_hand = f'write one, the names of {self.image_folder} that are to be used, a line each and without .jpg'
        names = read_id_list(self.require(root / self.id_list, by_hand), self.report())
        listed = f'names of {self.id_list}'
        names = self.keep_present(names, self.require(images), '{}.jpg'.format, listed, 'image')
        if self.with_parsing:
            self.require(labels, 'with_parsing=False')
            names = self.keep_present(names, labels, '{}.png'.format, listed, 'parsing label')
        return [
            person_entry(
                name,
                images / f'{name}.jpg',
                'atr',
                seg_map_path=str(labels / f'{name}.png') if self.with_parsing else None,
            )
            for name in names
        ]
