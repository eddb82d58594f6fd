"""The truth of a data set's samples, without any picture being decoded: what metrics compare predictions with."""

from typing import Any, Final

import torch

from mmspd.datasets.crops.person_boxes import clip_crop
from mmspd.datasets.files.image_files import read_header
from mmspd.datasets.transforms.loading import LoadParsingLabel, LoadSurfacePoints
from mmspd.datasets.transforms.packing import META_KEYS

__all__ = ['truth_of']

_LOAD_LABEL: Final = LoadParsingLabel()
_LOAD_SURFACE: Final = LoadSurfacePoints(with_body=True)


def truth_of(entry: dict[str, Any], parsing: bool = False, surface: bool = False) -> dict[str, Any]:
    """A sample as metrics receive it, with the same truth as the evaluation pipeline gives, and no prediction.

    Args:
        entry (dict): Of :mod:`mmspd.datasets.persons`.
        parsing (bool): Whether to read the label. Defaults to False.
        surface (bool): Whether to give surface points. Defaults to False.

    Returns:
        dict: ``gt_instances``; where asked for and annotated ``gt_sem_seg``, ``gt_surface_points`` and the size and
        surface in the meta information.

    Raises:
        FileNotFoundError: If picture or label is missing.
        ValueError: If they are broken, or do not fit together.
    """
    results = dict(entry)
    if parsing or surface:
        results.update(_sizes(entry))
    if parsing:
        results = _LOAD_LABEL(results)
    if surface:
        results = _LOAD_SURFACE(results)
    sample = {key: results[key] for key in META_KEYS if key in results}
    sample['gt_instances'] = {
        key: results[key] for key in ('keypoints', 'keypoints_visible', 'keypoints_occluded') if key in results
    }
    if 'gt_seg_map' in results:
        sample['gt_sem_seg'] = {'data': torch.from_numpy(results['gt_seg_map'])[None]}
    if surface:
        names = {'ori_points': 'dp_points', 'labels': 'dp_labels', 'uv': 'dp_uv', 'uv_valid': 'dp_uv_valid'}
        sample['gt_surface_points'] = {name: torch.from_numpy(results[key]) for name, key in names.items()}
    return sample


def _sizes(entry: dict[str, Any]) -> dict[str, Any]:
    """What :class:`mmspd.datasets.transforms.LoadPersonImage` says of sizes, from the picture's header."""
    size = read_header(entry['img_path']).size
    expected = entry.get('picture_size')
    if expected is not None and tuple(expected) != size:
        raise ValueError(
            f'{entry["img_path"]}: the annotation is of a picture of {expected[1]} x {expected[0]} pixels (width x '
            f'height), this one has {size[1]} x {size[0]}; use the pictures that were annotated'
        )
    known: dict[str, Any] = {'picture_shape': size, 'ori_shape': size}
    if entry.get('crop') is not None:
        x0, y0, x1, y1 = clip_crop(entry['crop'], size, entry['img_path'])
        known |= {'crop': (x0, y0, x1, y1), 'ori_shape': (y1 - y0, x1 - x0)}
    return known
