"""Data samples of rendered people, as the training pipeline makes them: for tests of heads, losses and segmentors."""

from typing import Any, Final

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData

from mmspd.anatomy import IGNORE_LABEL
from mmspd.codecs.heatmap import SPDHeatmap, heatmap_size_of
from mmspd.structures import SPDDataSample
from mmspd.synthetic.files.dense_annotation import sample_surface_points
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.testing.people import NUM_PEOPLE, sample_person

__all__ = ['make_batch', 'make_data_sample']

_SIGMA: Final = 2


def make_data_sample(
    rng: np.random.Generator,
    height: int,
    width: int,
    *,
    with_parsing: bool = True,
    with_pose: bool = True,
    with_surface: bool = True,
    num_points: int = 20,
    stride: int = 8,
    index: int | None = None,
) -> SPDDataSample:
    """Annotation of one rendered person whose picture is the network input itself.

    There are six people of each size; a process renders each once, when it is first asked for, in about 0.1 s.

    Args:
        rng (np.random.Generator): Source of the choice of person and points.
        height (int): Of the network input, pixels, 16..2048.
        width (int): Of the network input, pixels, 16..2048. Where either is below 32, both are at most 682.
        with_parsing (bool): Whether the parsing is annotated; otherwise every label is 255.
        with_pose (bool): Whether the joints are annotated; otherwise all weights and heatmaps are 0.
        with_surface (bool): Whether the surface is annotated; otherwise there are no points.
        num_points (int): Annotated surface points, about a quarter of them background; fewer where the body shows
            fewer pixels.
        stride (int): Pixels of a heatmap cell.
        index (int, optional): Which of the people, 0..5. Defaults to None: a random one.

    Returns:
        SPDDataSample: With the training fields of :mod:`mmspd.structures`.

    Raises:
        ValueError: If size or index is out of range.
    """
    person = sample_person(int(rng.integers(NUM_PEOPLE)) if index is None else index, height, width)
    sample = SPDDataSample(
        metainfo={
            'img_path': 'rendered.jpg',
            'img_id': 'rendered',
            'ori_shape': (height, width),
            'img_shape': (height, width),
            'warp_matrix': np.eye(3),
            'flip': False,
        }
    )
    label = person.label if with_parsing else np.full_like(person.label, IGNORE_LABEL)
    sample.gt_sem_seg = PixelData(data=torch.from_numpy(label.astype(np.int64))[None])
    _set_joints(sample, person, with_pose, stride)
    sample.gt_surface_points = _surface_points(rng, person, num_points if with_surface else 0)
    return sample


def make_batch(rng: np.random.Generator, batch_size: int, height: int, width: int, **options: Any) -> dict[str, list]:
    """A batch as a data loader gives it to a data preprocessor.

    Args:
        rng (np.random.Generator): Source of the choice of people, different ones as long as there are, and points.
        batch_size (int): Number of samples.
        height (int): Of the network input, as for :func:`make_data_sample`.
        width (int): Of the network input, as for :func:`make_data_sample`.
        **options: For :func:`make_data_sample`, without ``index``.

    Returns:
        dict: ``inputs``, uint8 tensors (3, height, width), B, G, R; ``data_samples``, one for each.

    Raises:
        ValueError: If the size is out of range.
    """
    order = rng.permutation(NUM_PEOPLE).tolist()
    batch: dict[str, list] = {'inputs': [], 'data_samples': []}
    for number in range(batch_size):
        index = order[number % NUM_PEOPLE]
        batch['data_samples'].append(make_data_sample(rng, height, width, index=index, **options))
        image = sample_person(index, height, width).image.transpose(2, 0, 1)
        batch['inputs'].append(torch.from_numpy(image.copy()))
    return batch


def _set_joints(sample: SPDDataSample, person: RenderedPerson, annotated: bool, stride: int) -> None:
    """Set instances, their labels and the heatmaps."""
    height, width = person.label.shape
    visible = np.isfinite(person.joints).all(axis=1) & annotated
    keypoints = np.where(visible[:, None], person.joints, 0).astype(np.float32)[None]
    weights = visible.astype(np.float32)[None]
    boxes = person.box[None].copy()
    codec = SPDHeatmap((width, height), heatmap_size_of((width, height), stride), sigma=_SIGMA)
    sample.gt_instances = InstanceData(
        keypoints=keypoints,
        keypoints_visible=weights,
        keypoints_occluded=(person.occluded & visible)[None],
        bboxes=boxes,
    )
    sample.gt_instance_labels = InstanceData(
        keypoints=torch.from_numpy(keypoints),
        keypoint_weights=torch.from_numpy(weights),
        bboxes=torch.from_numpy(boxes.copy()),
    )
    sample.gt_fields = PixelData(heatmaps=torch.from_numpy(codec.encode(keypoints, weights)['heatmaps']))


def _surface_points(rng: np.random.Generator, person: RenderedPerson, count: int) -> InstanceData:
    """Points on the body, then a quarter of background points in the box."""
    background = np.argwhere(person.coarse < 0)[:, ::-1]  # eyes and mouth have no part, and yet are body
    x1, y1, x2, y2 = person.box
    in_box = np.all((background >= (x1, y1)) & (background < (x2, y2)), axis=1)
    background = rng.permutation(background[in_box])[: count // 4]
    body = sample_surface_points(rng, person.parts, count - len(background))
    pixels = np.concatenate([body, background])
    columns, rows = pixels[:, 0], pixels[:, 1]
    labels = person.parts[rows, columns].astype(np.int64)
    points = torch.from_numpy(pixels.astype(np.float32))
    return InstanceData(
        points=points,
        ori_points=points.clone(),
        labels=torch.from_numpy(labels),
        uv=torch.from_numpy(person.uv[rows, columns]),
        uv_valid=torch.from_numpy(labels > 0),
    )
