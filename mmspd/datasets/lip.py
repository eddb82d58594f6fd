"""``LIPMultiTaskDataset``: LIP with parsing, pose and, where there is a file of them, surface annotations."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from mmspd.anatomy import JOINTS, NUM_JOINTS, PARSING_CLASSES, PARSING_PALETTE, SURFACE_PARTS
from mmspd.datasets.densepose_file import read_densepose
from mmspd.datasets.lip_files import LIPPoses, read_id_list, read_poses
from mmspd.registry import DATASETS, TRANSFORMS

__all__ = ['LIPMultiTaskDataset']

_LAYOUT = """{root}/
  {{train,val}}_id.txt
  TrainVal_images/{{train,val}}_images/ID.jpg
  TrainVal_parsing_annotations/{{train,val}}_segmentations/ID.png
  TrainVal_pose_annotations/lip_{{train,val}}_set.csv"""


@DATASETS.register_module()
class LIPMultiTaskDataset(BaseDataset):
    """LIP (Gong et al., CVPR 2017): one person a picture, 20 classes, 16 joints, and surface points where annotated.

    An item is asked for by ``index`` or by ``(seed, epoch, index)``, as :class:`ResumableSampler` yields it. The
    sample's random generator, ``results['rng']``, the only source of chance in the pipeline, is seeded

    * for ``(seed, epoch, index)`` by these three: the sample is the same for any number of workers and after
      resuming;
    * for ``index`` in training from numpy's global state, which mmengine seeds in each worker;
    * for ``index`` in ``test_mode`` by (0, 0, index).

    An error in the pipeline is raised as RuntimeError naming sample and file; no other sample is fetched instead.

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

    METAINFO: dict[str, Any] = {
        'classes': PARSING_CLASSES,
        'palette': [list(colour) for colour in PARSING_PALETTE],
        'joints': JOINTS,
        'surface_parts': SURFACE_PARTS,
    }

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
        if on_missing not in ('error', 'skip'):
            raise ValueError(f"on_missing is 'error' or 'skip', got {on_missing!r}")
        self.split = split
        self.surface_file = surface_file
        self.with_parsing = with_parsing
        self.with_pose = with_pose
        self.on_missing = on_missing
        # mmengine would look them up in its own registry, which knows ours only while a default scope is set.
        steps = [TRANSFORMS.build(step) if isinstance(step, dict) else step for step in pipeline]
        super().__init__(data_root=str(data_root), data_prefix={}, pipeline=steps, **kwargs)

    def load_data_list(self) -> list[dict[str, Any]]:
        """Read the tree; the module ``mmspd.datasets.lip_files`` has the formats.

        Returns:
            list[dict]: A dict for each sample: ``img_id``, ``img_path``, ``seg_map_path`` (None without parsing),
            ``keypoints`` float32 (1, 16, 2), ``keypoints_visible`` float32 (1, 16), ``keypoints_occluded`` bool
            (1, 16), ``bbox`` float32 (1, 4) x1, y1, x2, y2 or None, ``surface`` dict or None.
        """
        root = Path(self.data_root)
        names = read_id_list(self._require(root / f'{self.split}_id.txt'))
        image_folder = self._require(root / 'TrainVal_images' / f'{self.split}_images')
        names = self._keep_present(names, image_folder, '.jpg', 'image')
        label_folder = root / 'TrainVal_parsing_annotations' / f'{self.split}_segmentations'
        if self.with_parsing:
            names = self._keep_present(names, self._require(label_folder, 'with_parsing'), '.png', 'parsing label')
        poses = self._read_poses(root, names)
        surfaces = self._read_surfaces(root, names)
        entries = []
        for name in names:
            surface = surfaces.get(name)
            entries.append(
                {
                    'img_id': name,
                    'img_path': str(image_folder / f'{name}.jpg'),
                    'seg_map_path': str(label_folder / f'{name}.png') if self.with_parsing else None,
                    'bbox': None if surface is None else _corners(surface['bbox']),
                    'surface': surface,
                    **_pose_of(poses, name),
                }
            )
        return entries

    def _require(self, path: Path, switch: str | None = None) -> Path:
        """``path`` if it exists; ``switch`` names the argument that does without it."""
        if path.exists():
            return path
        without = f'\nWithout it: {switch}=False.' if switch else ''
        raise FileNotFoundError(
            f'{path} is missing. LIP is expected as\n{_LAYOUT.format(root=self.data_root)}\n'
            f'Get LIP and set data_root to its folder, or run `make demo`, which makes its own data.{without}'
        )

    def _keep_present(self, names: list[str], folder: Path, suffix: str, what: str) -> list[str]:
        """Names that have a file in ``folder``; the others are an error, or counted and left out.

        The folder is listed once: a look at each of 30,000 files takes minutes on a network disk.
        """
        files = {path.name for path in folder.iterdir()}
        missing = [name for name in names if name + suffix not in files]
        if not missing:
            return names
        message = f'{len(missing)} of {len(names)} names of {self.split}_id.txt have no {what} in {folder}'
        if self.on_missing == 'error' or len(missing) == len(names):
            raise FileNotFoundError(
                f'{message}, the first is {folder / (missing[0] + suffix)}. '
                "Complete the folder, or leave them out with on_missing='skip'."
            )
        self._warn(f'{message}: skipped, the first is {missing[0]}')
        gone = set(missing)
        return [name for name in names if name not in gone]

    def _read_poses(self, root: Path, names: list[str]) -> LIPPoses | None:
        if not self.with_pose:
            return None
        path = root / 'TrainVal_pose_annotations' / f'lip_{self.split}_set.csv'
        poses = read_poses(self._require(path, 'with_pose'))
        self._compare(names, poses.rows, str(path), 'pose row')
        return poses

    def _read_surfaces(self, root: Path, names: list[str]) -> dict[str, dict[str, Any]]:
        if self.surface_file is None:
            return {}
        path = root / self.surface_file
        if not path.is_file():
            # LIP itself has no surface annotations, and a missing annotation is normal; it must be seen, though.
            self._warn(
                f'{path} is missing: no {self.split} sample has surface points, and a dense-pose branch learns '
                'nothing. Put the file there, or set surface_file=None to do without knowingly'
            )
            return {}
        surfaces = read_densepose(path)
        self._compare(names, surfaces, str(path), 'surface annotation')
        return surfaces

    def _compare(self, names: list[str], annotated: dict[str, Any], source: str, what: str) -> None:
        """Log how many images have no annotation, and how many annotations no image."""
        listed = set(names)
        without, extra = len(listed - annotated.keys()), len(annotated.keys() - listed)
        if without or extra:
            self._warn(
                f'{source}: {without} of {len(names)} {self.split} images have no {what} (that task learns nothing '
                f'from them), and {extra} {what}s are of images that are not used'
            )

    def _warn(self, message: str) -> None:
        print_log(message, logger='current', level=logging.WARNING)

    def __getitem__(self, idx: int | tuple[int, int, int]) -> Any:
        """The sample after the pipeline; see the class about ``idx``."""
        if not self._fully_initialized:
            self.full_init()
        *draw, index = idx if isinstance(idx, tuple) else (idx,)
        results = self.get_data_info(int(index))
        results['rng'] = self._generator(draw, results['sample_idx'])
        try:
            packed = self.pipeline(results)
        except Exception as error:
            raise RuntimeError(
                f'sample {results["sample_idx"]} ({results["img_id"]}, {results["img_path"]}): '
                f'{type(error).__name__}: {error}'
            ) from error
        if packed is None:
            raise RuntimeError(
                f'sample {results["sample_idx"]} ({results["img_id"]}): a transform of the pipeline returned None; '
                'samples are not replaced by others'
            )
        return packed

    def _generator(self, draw: list[int], index: int) -> np.random.Generator:
        """The sample's random generator; ``draw`` is seed and epoch, or empty."""
        if draw or self.test_mode:
            return np.random.default_rng([*(draw or (0, 0)), index])
        # mmengine seeds the global state in each worker.
        return np.random.default_rng(np.random.randint(0, 2**32, size=4, dtype=np.uint32))  # noqa: NPY002


def _corners(bbox: np.ndarray) -> np.ndarray:
    """x, y, width, height (4,) to x1, y1, x2, y2 (1, 4), float32."""
    return np.concatenate([bbox[:2], bbox[:2] + bbox[2:]])[None].astype(np.float32)


def _pose_of(poses: LIPPoses | None, name: str) -> dict[str, np.ndarray]:
    """Joints of an image as a dict's entries, all missing without a row."""
    row = None if poses is None else poses.rows.get(name)
    if poses is None or row is None:
        return {
            'keypoints': np.zeros((1, NUM_JOINTS, 2), dtype=np.float32),
            'keypoints_visible': np.zeros((1, NUM_JOINTS), dtype=np.float32),
            'keypoints_occluded': np.zeros((1, NUM_JOINTS), dtype=bool),
        }
    return {
        'keypoints': poses.keypoints[row : row + 1],
        'keypoints_visible': poses.visible[row : row + 1],
        'keypoints_occluded': poses.occluded[row : row + 1],
    }
