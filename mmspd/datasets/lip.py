"""``LIPMultiTaskDataset``: LIP with parsing, pose and, where there is a file of them, surface annotations."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmspd.datasets.crops.person_boxes import corners
from mmspd.datasets.files.densepose_file import read_densepose
from mmspd.datasets.files.lip_files import LIPPoses, read_id_list, read_poses
from mmspd.datasets.persons import PersonDataset, metainfo_of, no_joints, person_entry
from mmspd.registry import DATASETS

__all__ = ['LIPMultiTaskDataset']

_LAYOUT = """{root}/
  {{train,val}}_id.txt
  TrainVal_images/{{train,val}}_images/ID.jpg
  TrainVal_parsing_annotations/{{train,val}}_segmentations/ID.png
  TrainVal_pose_annotations/lip_{{train,val}}_set.csv"""


@DATASETS.register_module()
class LIPMultiTaskDataset(PersonDataset):
    """LIP (Gong et al., CVPR 2017): one person a picture, 20 classes, 16 joints, and surface points where annotated.

    :class:`PersonDataset` says how items are asked for, what is random, and what becomes of errors.

    Args:
        data_root (str): LIP's folder.
        split (str): 'train' or 'val'.
        surface_file (str, optional): Surface annotations in DensePose-COCO's format with the crops' coordinates,
            relative to ``data_root``; without the file no sample has any, which is warned about. Defaults to None:
            none.
        with_parsing (bool): Whether samples have label maps. Defaults to True.
        with_pose (bool): Whether the pose table is read. Defaults to True.
        on_missing (str): What becomes of a listed name whose image or label is missing: 'error', or 'skip', which
            logs how many there are. Defaults to 'error'.
        pipeline (Sequence[dict | Callable]): Transforms, built or as configs.
        **kwargs: ``indices``, ``serialize_data``, ``lazy_init``, ``test_mode``, ``metainfo`` of
            mmengine's ``BaseDataset``.

    Raises:
        FileNotFoundError: If a part of the tree is missing; the message shows the layout.
        ValueError: If a list, the pose table or the surface file is malformed; the message names file and line or
            annotation.
    """

    METAINFO: dict[str, Any] = metainfo_of('lip')
    NAME = 'LIP'
    COORDINATE_BASE = 1
    NAMED_BY_COCO = True

    def __init__(
        self,
        data_root: str,
        split: str = 'train',
        surface_file: str | None = None,
        with_parsing: bool = True,
        with_pose: bool = True,
        on_missing: str = 'error',
        pipeline: Sequence[dict | Callable] = (),
        **kwargs: Any,
    ) -> None:
        if split not in ('train', 'val'):
            raise ValueError(f"split is 'train' or 'val', got {split!r}")
        self.split = split
        self.surface_file = surface_file
        self.with_parsing = with_parsing
        self.with_pose = with_pose
        super().__init__(data_root=data_root, on_missing=on_missing, pipeline=pipeline, **kwargs)

    def layout(self) -> str:
        """LIP's tree."""
        return _LAYOUT.format(root=self.data_root)

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the tree; the module ``mmspd.datasets.files.lip_files`` has the formats.

        Returns:
            list[dict]: An entry of :mod:`mmspd.datasets.persons` for each name.
        """
        root = Path(self.data_root)
        names = read_id_list(self.require(root / f'{self.split}_id.txt'), self.report())
        image_folder = self.require(root / 'TrainVal_images' / f'{self.split}_images')
        listed = f'names of {self.split}_id.txt'
        names = self.keep_present(names, image_folder, '{}.jpg'.format, listed, 'image')
        label_folder = root / 'TrainVal_parsing_annotations' / f'{self.split}_segmentations'
        if self.with_parsing:
            self.require(label_folder, 'with_parsing=False')
            names = self.keep_present(names, label_folder, '{}.png'.format, listed, 'parsing label')
        poses = self._read_poses(root, names)
        surfaces = self._read_surfaces(root, names)
        entries = []
        for name in names:
            surface = surfaces.get(name)
            entries.append(
                person_entry(
                    name,
                    image_folder / f'{name}.jpg',
                    self.METAINFO['label_set'],
                    seg_map_path=str(label_folder / f'{name}.png') if self.with_parsing else None,
                    bbox=None if surface is None else corners(surface['bbox']),
                    surface=surface,
                    **_pose_of(poses, name),
                )
            )
        return entries

    def _read_poses(self, root: Path, names: list[str]) -> LIPPoses | None:
        if not self.with_pose:
            return None
        path = root / 'TrainVal_pose_annotations' / f'lip_{self.split}_set.csv'
        poses = read_poses(self.require(path, 'with_pose=False'), self.report())
        self._compare(names, poses.rows, str(path), 'pose row')
        return poses

    def _read_surfaces(self, root: Path, names: list[str]) -> dict[str, dict[str, Any]]:
        if self.surface_file is None:
            return {}
        path = root / self.surface_file
        if not path.is_file():
            # LIP itself has no surface annotations, and a missing annotation is normal; it must be seen, though.
            self.warn(
                f'{path} is missing: no {self.split} sample has surface points, and a dense-pose branch learns '
                'nothing. Put the file there, or set surface_file=None to do without knowingly'
            )
            return {}
        surfaces = read_densepose(path, self.report())
        self._compare(names, surfaces, str(path), 'surface annotation')
        return surfaces

    def _compare(self, names: list[str], annotated: dict[str, Any], source: str, what: str) -> None:
        """Log how many images have no annotation, and how many annotations no image, and the first of each."""
        listed = set(names)
        without = [name for name in names if name not in annotated]
        unused = [name for name in annotated if name not in listed]
        if without or unused:
            self.warn(
                f'{source}: {len(without)} of {len(names)} {self.split} images have no {what}{_first(without)} (that '
                f'task learns nothing from them), and {len(unused)} {what}s are of images that are not used'
                f'{_first(unused)}'
            )


def _first(names: list[str]) -> str:
    """The first of some names, for a message."""
    return f', the first is {names[0]}' if names else ''


def _pose_of(poses: LIPPoses | None, name: str) -> dict[str, np.ndarray]:
    """Joints of an image as a dict's entries, all missing without a row."""
    row = None if poses is None else poses.rows.get(name)
    if poses is None or row is None:
        return no_joints()
    return {
        'keypoints': poses.keypoints[row : row + 1],
        'keypoints_visible': poses.visible[row : row + 1],
        'keypoints_occluded': poses.occluded[row : row + 1],
    }
