"""Samples of a data set and what models predicted for them, read from the data set's files and from result files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.anatomy import NUM_JOINTS, LabelSet, label_set
from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.files.densepose_results import DenseResult
from mmspd.datasets.persons import PersonDataset
from mmspd.datasets.predictions.predicted_surfaces import move_to_crop
from mmspd.datasets.synthetic_people import SyntheticPeopleDataset
from mmspd.datasets.transforms.loading import LoadParsingLabel, LoadPersonImage, LoadSurfacePoints
from mmspd.registry import DATASETS
from mmspd.results import RESULT_FILES
from mmspd.results.parsing_folder import ParsingFolder
from mmspd.results.pose_files import read_pose
from mmspd.results.surface_results import SurfaceResult, read_surface_results
from mmspd.synthetic.files.people_tree import is_complete
from mmspd.visualization.annotated import Annotated

__all__ = ['PredictedSamples', 'TruthSamples', 'paste_result']

_UNITS: Final = np.array([1, 1 / 255, 1 / 255], dtype=np.float32)  # of I, U, V in result files


class TruthSamples:
    """A data set's samples by their ids, with pictures.

    Args:
        dataset (PersonDataset): Any, built without pipeline.
    """

    def __init__(self, dataset: PersonDataset) -> None:
        dataset.full_init()
        self.dataset = dataset
        self.labels: LabelSet = label_set(str(dataset.metainfo.get('label_set', 'lip')))
        self._places = {str(dataset.get_data_info(place)['img_id']): place for place in range(len(dataset))}
        self._steps: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
            LoadPersonImage(),
            LoadParsingLabel(),
            LoadSurfacePoints(),
        ]

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> 'TruthSamples':
        """The data set of a config, as a record has it; people are not rendered, nor any function called to do so.

        Args:
            config (Mapping): With ``type``; a ``pipeline`` is left out.

        Raises:
            FileNotFoundError: If the data set is not there.
            ValueError: If the type is not a data set of persons, or has no such arguments.
        """
        kind = config.get('type')
        found = DATASETS.get(kind) if isinstance(kind, str) else None
        if not (isinstance(found, type) and issubclass(found, PersonDataset)):
            raise ValueError(f"expected a data set of persons, got the type {kind!r}; mmspd's are needed for pictures")
        kept = {key: value for key, value in config.items() if key not in ('type', 'pipeline')}
        try:
            # Not by the registry's build, which would look where the current scope says.
            dataset = found(**{**kept, 'lazy_init': True})
        except TypeError as error:
            raise ValueError(f'the record does not describe a {kind}: {error}') from error
        if isinstance(dataset, SyntheticPeopleDataset) and not is_complete(dataset.data_root, dataset.plan):
            raise FileNotFoundError(f'{dataset.data_root}: the rendered people that were evaluated are not here')
        return cls(dataset)

    @property
    def ids(self) -> list[str]:
        """In the data set's order."""
        return list(self._places)

    def read(self, img_id: str) -> Annotated:
        """A sample's picture and annotation; fields that it lacks are None.

        Raises:
            KeyError: If there is no such sample.
            FileNotFoundError: If a file is missing.
            ValueError: If a file is broken.
        """
        if img_id not in self._places:
            raise KeyError(f'{self.dataset.NAME} has no sample {img_id}; the first is {next(iter(self._places), None)}')
        results: dict[str, Any] = self.dataset.get_data_info(self._places[img_id])
        for step in self._steps:
            results = step(results)
        visible = np.asarray(results['keypoints_visible'])[0] if 'keypoints_visible' in results else None
        occluded = np.asarray(results['keypoints_occluded'])[0] > 0 if 'keypoints_occluded' in results else None
        return Annotated(
            image=np.ascontiguousarray(results['img'][..., ::-1]),
            label=results.get('gt_seg_map'),
            joints=np.asarray(results['keypoints'])[0] if visible is not None else None,
            shown=visible,
            occluded=occluded,
            points=results.get('dp_points'),
            parts=results.get('dp_labels'),
            uv=results.get('dp_uv'),
        )


@dataclass(frozen=True, eq=False)
class PredictedSamples:
    """A model's predictions for some samples; a field is None where the model has no such results.

    Attributes:
        name: The model's.
        labels: Class maps uint8 (H, W) by id.
        joints: float64 (16, 2) by id.
        surfaces: Detected persons by id.
    """

    name: str
    labels: dict[str, np.ndarray] | None
    joints: dict[str, np.ndarray] | None
    surfaces: dict[str, list[SurfaceResult]] | None

    @classmethod
    def of_folder(
        cls, name: str, folder: Path, ids: Sequence[str], sizes: Iterable[tuple[int, int]], num_classes: int
    ) -> 'PredictedSamples':
        """Read what a folder of result files has of some samples.

        Args:
            name (str): The model's name.
            folder (Path): As :class:`~mmspd.results.SaveResults` writes it; files may be missing.
            ids (Sequence[str]): The samples.
            sizes (Iterable): The heights and widths of their pictures.
            num_classes (int): The model's classes.

        Returns:
            PredictedSamples: Its predictions.

        Raises:
            FileNotFoundError: If the folder has no result file.
            ValueError: If a file is malformed.
        """
        parsing, pose, surface = (folder / RESULT_FILES[kind] for kind in ('parsing', 'pose', 'densepose'))
        if not any(path.exists() for path in (parsing, pose, surface)):
            raise FileNotFoundError(f'{folder}: no result files here; `tools/test.py --results` writes them')
        labels: dict[str, np.ndarray] | None = None
        joints: dict[str, np.ndarray] | None = None
        surfaces: dict[str, list[SurfaceResult]] | None = None
        if parsing.exists():
            maps = ParsingFolder(parsing, num_classes)
            labels = {img_id: maps.read(img_id, size) for img_id, size in zip(ids, sizes, strict=True)}
        if pose.exists():
            read, _ = read_pose(pose)
            absent = np.full((NUM_JOINTS, 2), np.nan)
            joints = {img_id: read.get(img_id, absent) for img_id in ids}
        if surface.exists():
            surfaces = {img_id: [] for img_id in ids}
            for _, person in read_surface_results(surface):
                if str(person.image_id) in surfaces:
                    surfaces[str(person.image_id)].append(person)
        return cls(name, labels, joints, surfaces)


def paste_result(persons: Sequence[SurfaceResult], height: int, width: int) -> np.ndarray:
    """Detected persons as one surface map of a picture.

    Args:
        persons (Sequence[SurfaceResult]): In any order; surer ones cover others.
        height (int): Of the picture.
        width (int): Likewise.

    Returns:
        np.ndarray: float32 (3, H, W): I 0..24 (0 background), U and V 0..1.
    """
    iuv = np.zeros((3, height, width), dtype=np.float32)
    whole = Crop(0, 0, width, height)
    for person in sorted(persons, key=lambda each: each.score):
        x, y, box_width, box_height = person.box.tolist()
        pixels = np.ascontiguousarray(person.iuv.transpose(1, 2, 0))
        inside = move_to_crop(DenseResult(0, (x, y, box_width, box_height), person.score, pixels), whole)
        if inside is None:
            continue
        rows, columns = inside.iuv.shape[:2]
        there = iuv[:, inside.row : inside.row + rows, inside.column : inside.column + columns]
        body = inside.iuv[..., 0] > 0
        there[:, body] = (inside.iuv[body] * _UNITS).T
    return iuv
