"""Samples to look at: as they lie on disk, as far as they can be read, and as the network gets them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import cv2
import numpy as np

from mmspd.anatomy import IGNORE_LABEL, JOINT_MIRROR
from mmspd.datasets.transforms.geometry import mirror_label
from mmspd.datasets.transforms.loading import LoadParsingLabel, LoadPersonImage, LoadSurfacePoints
from mmspd.visualization.annotated import Annotated, annotated_sheet
from mmspd.visualization.drawing import Colour

__all__ = ['annotated_entry', 'annotated_input', 'picture_of', 'plain']

_QUALITY: Final = 80


def annotated_entry(entry: dict[str, Any]) -> Annotated | None:
    """A sample as far as its files can be read.

    Args:
        entry (dict): The sample, as its data set lists it.

    Returns:
        Annotated | None: None where not even the image can be read.
    """
    results = dict(entry)
    try:
        LoadPersonImage().transform(results)
    except (ValueError, OSError):
        return None
    # What cannot be read is told elsewhere; the rest is shown.
    for step in (LoadParsingLabel(), LoadSurfacePoints()):
        with suppress(ValueError, OSError):
            step.transform(results)
    return Annotated(
        np.ascontiguousarray(results['img'][..., ::-1]),
        results.get('gt_seg_map'),
        results['keypoints'][0],
        results['keypoints_visible'][0],
        results['keypoints_occluded'][0],
        results.get('dp_points'),
        results.get('dp_labels'),
        results.get('dp_uv'),
        results['bbox'],
    )


def annotated_input(packed: dict[str, Any]) -> Annotated:
    """What the network gets of a sample, in pixels of its input.

    Args:
        packed (dict): ``inputs`` and ``data_samples``, as the pipeline ends.

    Returns:
        Annotated: A label of the original size is brought to the input by the sample's own matrix.
    """
    sample = packed['data_samples']
    image = np.ascontiguousarray(packed['inputs'].numpy().transpose(1, 2, 0)[..., ::-1])
    shown = Annotated(image)
    if 'gt_sem_seg' in sample:
        label = sample.gt_sem_seg.data[0].numpy().astype(np.uint8)
        if label.shape != image.shape[:2]:
            matrix, size = np.asarray(sample.warp_matrix)[:2], image.shape[1::-1]
            label = cv2.warpAffine(label, matrix, size, flags=cv2.INTER_NEAREST, borderValue=IGNORE_LABEL)
            label = mirror_label(label, sample.get('label_set')) if sample.get('flip') else label
        shown.label = label
    if 'gt_instance_labels' in sample:
        person = sample.gt_instance_labels
        shown.joints, shown.shown = person.keypoints[0].numpy(), person.keypoint_weights[0].numpy()
        shown.boxes = person.bboxes.numpy()
        hidden = np.asarray(sample.gt_instances.keypoints_occluded[0])
        shown.occluded = hidden[JOINT_MIRROR] if sample.get('flip') else hidden
    if 'gt_surface_points' in sample:
        points = sample.gt_surface_points
        shown.points, shown.parts, shown.uv = points.points.numpy(), points.labels.numpy(), points.uv.numpy()
    return shown


def picture_of(sample: Annotated, palette: Sequence[Colour], title: str) -> bytes:
    """Draw a sample with what is annotated on it.

    Args:
        sample (Annotated): Image and annotation.
        palette (Sequence): (C, 3), a colour for each class.
        title (str): The sample's name.

    Returns:
        bytes: A JPEG.
    """
    sheet = annotated_sheet(sample, palette, plain(title))
    return cv2.imencode('.jpg', sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def plain(title: str) -> str:
    """A title in characters that OpenCV draws, at most 40 of them."""
    return title[:40].encode('ascii', 'replace').decode()
