"""Result files of pictures of one person each, fed to the metrics that a test run uses."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from mmspd.anatomy import JOINTS
from mmspd.datasets.persons import PersonDataset
from mmspd.evaluation.metrics.gps_metric import GPSMetric
from mmspd.evaluation.metrics.keypoint_metric import KeypointMetric
from mmspd.evaluation.metrics.parsing_metric import ParsingMetric
from mmspd.results.keypoint_results import read_keypoint_results
from mmspd.results.parsing_folder import ParsingFolder
from mmspd.results.pose_files import POSE_RULES
from mmspd.results.surface_results import SurfaceResult, read_surface_results
from mmspd.results.tally import Tally
from mmspd.results.truth import truth_of
from mmspd.utils.progress import Report

__all__ = ['KEYPOINT_RULES', 'SURFACE_RULES', 'take_keypoints', 'take_parsing', 'take_pose', 'take_surface']

KEYPOINT_RULES: Final = {
    'missing': POSE_RULES['missing'],
    'malformed': 'absent',
    'again': "the picture's surest counts, the first of equals",
    'extra': POSE_RULES['extra'],
}
SURFACE_RULES: Final = KEYPOINT_RULES | {'missing': 'GPS 0, and persons that are not found'}
_NOTHING: Final = (16, 2)


def _entries(dataset: PersonDataset, progress: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """Ids and entries of a data set."""
    total = len(dataset)
    for number in range(total):
        progress(number, total)
        entry = dataset.get_data_info(number)
        yield str(entry['img_id']), entry
    progress(total, total)


def take_parsing(dataset: PersonDataset, folder: ParsingFolder, metric: ParsingMetric, progress: Report) -> None:
    """Measure maps.

    Args:
        dataset (PersonDataset): The truth.
        folder (ParsingFolder): The maps; its ``tally`` takes the defects.
        metric (ParsingMetric): Takes the results of all pictures, in the data set's order.
        progress (Callable[[int, int], None]): Gets the number of pictures that are done, and of all.

    Raises:
        FileNotFoundError: If a picture or label is missing.
        ValueError: If the truth is broken, its classes need another ``label_map``, or no map is of its pictures.
    """
    for img_id, entry in _entries(dataset, progress):
        sample = truth_of(entry, parsing=True)
        sample['pred_sem_seg'] = {'data': folder.read(img_id, tuple(sample['ori_shape']))[None]}
        metric.process({}, [sample])
    _require_some(len(dataset) - folder.tally.items('missing'), dataset, f'{folder.folder}: no map')
    folder.finish()


def take_pose(
    dataset: PersonDataset, poses: Mapping[str, np.ndarray], tally: Tally, metric: KeypointMetric, progress: Report
) -> None:
    """Measure joints.

    Args:
        dataset (PersonDataset): The truth.
        poses (Mapping[str, np.ndarray]): Picture's id -> (16, 2), pixels counted from 0.
        tally (Tally): Takes the defects.
        metric (KeypointMetric): Takes the results of all pictures, in the data set's order.
        progress (Callable[[int, int], None]): Gets the number of pictures that are done, and of all.

    Raises:
        ValueError: If no joints are of the data set's pictures.
    """
    extra = dict.fromkeys(poses)
    for img_id, entry in _entries(dataset, progress):
        sample = truth_of(entry)
        joints = poses.get(img_id)
        if joints is None:
            if sample['gt_instances']['keypoints_visible'].any():
                tally.add('missing', img_id)
            joints = np.zeros(_NOTHING)
        extra.pop(img_id, None)
        sample['pred_instances'] = {'keypoints': joints[None]}
        metric.process({}, [sample])
    _require_some(len(poses) - len(extra), dataset, 'no pose')
    for img_id in extra:
        tally.add('extra', img_id)


def take_keypoints(dataset: PersonDataset, path: Path, metric: KeypointMetric, progress: Report) -> Tally:
    """Measure joints of COCO's keypoints results, whose pictures go by the data set's ids.

    Args:
        dataset (PersonDataset): The truth.
        path (Path): JSON file, with our 16 joints.
        metric (KeypointMetric): Takes the results of all pictures, in the data set's order.
        progress (Callable[[int, int], None]): Gets the number of pictures that are done, and of all.

    Returns:
        Tally: The defects.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no JSON list, or no result is of the data set's pictures.
    """
    tally = Tally('keypoints', KEYPOINT_RULES)
    best: dict[str, float] = {}
    poses: dict[str, np.ndarray] = {}
    for where, result in read_keypoint_results(path, JOINTS, lambda problem: tally.add('malformed', problem)):
        img_id = str(result.image_id)
        if img_id in best:
            tally.add('again', f'{where}: {img_id}')
        if img_id not in best or result.score > best[img_id]:
            best[img_id], poses[img_id] = result.score, result.keypoints
    take_pose(dataset, poses, tally, metric, progress)
    return tally


def take_surface(dataset: PersonDataset, path: Path, metric: GPSMetric, progress: Report) -> Tally:
    """Measure DensePose-COCO's results, whose pictures go by the data set's ids, one map in memory at a time.

    Args:
        dataset (PersonDataset): The truth.
        path (Path): JSON file.
        metric (GPSMetric): With ``reading='pixels'``. Takes the results of all pictures, in the data set's order.
        progress (Callable[[int, int], None]): Gets the number of pictures that are done, and of all.

    Returns:
        Tally: The defects.

    Raises:
        ValueError: If the truth is broken, or itself a network's prediction; or no result is of its pictures.
    """
    tally = Tally('densepose', SURFACE_RULES)
    numbers = {str(dataset.get_data_info(number)['img_id']): number for number in range(len(dataset))}
    best: dict[str, float] = {}
    measured: dict[str, Any] = {}
    total = len(numbers)
    for where, result in read_surface_results(path, lambda problem: tally.add('malformed', problem)):
        img_id = str(result.image_id)
        if img_id not in numbers:
            tally.add('extra', f'{where}: {img_id}')
            continue
        if img_id in best:
            tally.add('again', f'{where}: {img_id}')
        if img_id not in best or result.score > best[img_id]:
            sample = truth_of(dataset.get_data_info(numbers[img_id]), surface=True)
            measured[img_id] = metric.measure(sample | {'pred_surface': _as_prediction(result)})
            best[img_id] = result.score
            progress(len(best), total)
    _require_some(len(best), dataset, f'{path}: no result')
    for img_id, number in numbers.items():
        if img_id not in measured:
            sample = truth_of(dataset.get_data_info(number), surface=True)
            if len(sample['gt_surface_points']['labels']):
                tally.add('missing', img_id)
            measured[img_id] = metric.measure(sample | {'pred_surface': {'bboxes': torch.zeros(0, 4)}})
        metric.results.append((img_id, measured[img_id]))
    progress(total, total)
    return tally


def _require_some(number: int, dataset: PersonDataset, what: str) -> None:
    """Refuse results of which not one is of the data set: they are of another one, or named otherwise."""
    if not number:
        first = dataset.get_data_info(0)['img_id']
        raise ValueError(f'{what} is of a picture of this data set, whose first is {first}: is it of another split?')


def _as_prediction(result: SurfaceResult) -> dict[str, Any]:
    """One person as ``GPSMetric`` takes it."""
    return {'map_boxes': result.box[None], 'scores': np.array([result.score]), 'maps': [result.iuv]}
