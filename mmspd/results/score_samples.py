"""Result files of pictures of one person each, fed to the metrics that a test run uses."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from mmspd.anatomy import JOINTS, NUM_JOINTS
from mmspd.datasets.persons import PersonDataset
from mmspd.evaluation.metrics.gps_metric import GPSMetric
from mmspd.evaluation.metrics.keypoint_metric import KeypointMetric
from mmspd.evaluation.metrics.parsing_metric import ParsingMetric
from mmspd.results.keypoint_results import read_keypoint_results
from mmspd.results.parsing_folder import ParsingFolder
from mmspd.results.pose_files import POSE_RULES, read_pose
from mmspd.results.surface_results import SurfaceResult, read_surface_results, surface_is_needed
from mmspd.results.tally import Tally
from mmspd.results.truth import truth_of
from mmspd.surface import BODY_SURFACE
from mmspd.utils.progress import Report

__all__ = ['KEYPOINT_RULES', 'SURFACE_RULES', 'take_keypoints', 'take_parsing', 'take_pose', 'take_surface']

KEYPOINT_RULES: Final = {
    'missing': POSE_RULES['missing'],
    'malformed': 'absent',
    'repeated': "the picture's surest counts, the first of equals",
    'extra': POSE_RULES['extra'],
}
SURFACE_RULES: Final = KEYPOINT_RULES | {'missing': 'GPS 0, and persons that are not found'}


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
        ValueError: If the truth is broken, its classes need another ``label_map``, or not one map can be used.
    """
    annotated = False
    for img_id, entry in _entries(dataset, progress):
        sample = truth_of(entry, parsing=True)
        annotated |= 'gt_sem_seg' in sample
        sample['pred_sem_seg'] = {'data': folder.read(img_id, tuple(sample['ori_shape']))[None]}
        metric.process({}, [sample])
    _require_truth(annotated, dataset, 'labels of parsing')
    problem = folder.tally.first('unreadable', 'of another size')
    hint = '; --resize stretches maps' if folder.tally.items('of another size') else ''
    _require_some(folder.used, dataset, f'{folder.folder}: no map', problem + hint)
    folder.finish()


def take_pose(dataset: PersonDataset, path: Path, base: int | None, metric: KeypointMetric, progress: Report) -> Tally:
    """Measure joints of LIP's csv, or of a folder of text files.

    Args:
        dataset (PersonDataset): The truth.
        path (Path): The file or folder.
        base (int, optional): The number of the first pixel; None for that of the format.
        metric (KeypointMetric): Takes the results of all pictures, in the data set's order.
        progress (Callable[[int, int], None]): Gets the number of pictures that are done, and of all.

    Returns:
        Tally: The defects.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If no row is of the format, or no joints are of the data set's pictures.
    """
    poses, tally = read_pose(path, base)
    _measure_poses(dataset, poses, f'{path}: no row', tally, metric, progress)
    return tally


def _measure_poses(
    dataset: PersonDataset,
    poses: Mapping[str, np.ndarray],
    what: str,
    tally: Tally,
    metric: KeypointMetric,
    progress: Report,
) -> None:
    """Measure joints (16, 2) by picture's id, pixels counted from 0; ``what`` begins a refusal."""
    extra = dict.fromkeys(poses)
    annotated = False
    for img_id, entry in _entries(dataset, progress):
        sample = truth_of(entry)
        counts = bool(sample['gt_instances']['keypoints_visible'].any())
        annotated |= counts
        joints = poses.get(img_id)
        if joints is None:
            if counts:
                tally.add('missing', img_id)
            joints = np.zeros((NUM_JOINTS, 2))
        extra.pop(img_id, None)
        sample['pred_instances'] = {'keypoints': joints[None]}
        metric.process({}, [sample])
    _require_truth(annotated, dataset, 'joints')
    _require_some(len(poses) - len(extra), dataset, what, tally.first('malformed'))
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
    for where, result in read_keypoint_results(path, JOINTS, tally.add_malformed):
        img_id = str(result.image_id)
        if img_id in best:
            tally.add('repeated', f'{where}: {img_id}')
        if img_id not in best or result.score > best[img_id]:
            best[img_id], poses[img_id] = result.score, result.keypoints
    _measure_poses(dataset, poses, f'{path}: no entry', tally, metric, progress)
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
    annotated = False
    total = len(numbers)
    for where, result in read_surface_results(path, tally.add_malformed):
        img_id = str(result.image_id)
        if img_id not in numbers:
            tally.add('extra', f'{where}: {img_id}')
            continue
        if img_id in best:
            tally.add('repeated', f'{where}: {img_id}')
        if img_id not in best or result.score > best[img_id]:
            sample, counts = _surface_truth(dataset, numbers[img_id], metric)
            annotated |= counts
            measured[img_id] = metric.measure(sample | {'pred_surface': _as_prediction(result)})
            best[img_id] = result.score
            progress(len(best), total)
    _require_some(len(best), dataset, f'{path}: no entry', tally.first('malformed'))
    for img_id, number in numbers.items():
        if img_id not in measured:
            sample, counts = _surface_truth(dataset, number, metric)
            annotated |= counts
            if counts:
                tally.add('missing', img_id)
            measured[img_id] = metric.measure(sample | {'pred_surface': {'bboxes': torch.zeros(0, 4)}})
        metric.results.append((img_id, measured[img_id]))
    _require_truth(annotated, dataset, 'surface points')
    progress(total, total)
    return tally


def _surface_truth(dataset: PersonDataset, number: int, metric: GPSMetric) -> tuple[dict[str, Any], bool]:
    """A sample, and whether it has points; ValueError where they cannot be measured."""
    entry = dataset.get_data_info(number)
    sample = truth_of(entry, surface=True)
    counts = len(sample['gt_surface_points']['labels']) > 0
    if counts and metric.measured is None and sample.get('dp_surface') != BODY_SURFACE:
        raise ValueError(surface_is_needed(str(entry['img_id']), sample.get('dp_surface')))
    return sample, counts


def _require_truth(annotated: bool, dataset: PersonDataset, what: str) -> None:
    """Refuse a data set of which nothing of the kind is annotated."""
    if not annotated:
        raise ValueError(f'{dataset.NAME}: no sample of this data set has {what} to compare with')


def _require_some(number: int, dataset: PersonDataset, what: str, problem: str) -> None:
    """Refuse results of which not one can be used: such numbers would be of this evaluator, not of a system."""
    if not number:
        first = dataset.get_data_info(0)['img_id']
        cause = f'The first that is wrong: {problem}' if problem else 'Are they of another split, or named otherwise?'
        raise ValueError(f'{what} can be used for a picture of this data set, whose first is {first}. {cause}')


def _as_prediction(result: SurfaceResult) -> dict[str, Any]:
    """One person as ``GPSMetric`` takes it."""
    return {'map_boxes': result.box[None], 'scores': np.array([result.score]), 'maps': [result.iuv]}
