"""How far an exported file's results are from those of the model it was made from, in the pictures' pixels."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from mmengine.structures import InstanceData

from mmspd.codecs.charts import paste_surface
from mmspd.export.pictures import as_input
from mmspd.models.segmentors.decoding import set_joints, set_parsing, set_surface
from mmspd.structures import SPDDataSample

__all__ = ['TOLERANCES', 'Differences', 'Run', 'Tolerance', 'compare', 'find_excesses', 'require_answers']

Run = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]

_SAME_BOX: Final = 0.01  # pixels
_NEAR: Final = 1.0  # pixels
_BATCH: Final = 3  # people that are compared at once
_GIVEN: Final = (0.13, 0.07, 0.86, 0.91)  # a box, as fractions of the input; no cell begins or ends there


@dataclass(frozen=True)
class Differences:
    """Of an exported file from its model; None of branches that do not exist, nan where there was nothing to compare.

    Attributes:
        pictures: Number of pictures compared.
        parsing: Share of the pixels of the same class, 0..1.
        parsing_body: The same among the pixels that either calls no background.
        joints_max: Largest distance of a joint, pixels; of joints whose heatmap has a peak above 0 in either.
        joints_mean: Mean distance of these joints, pixels.
        joints_near: Share of these joints that are within 1 pixel.
        scores_max: Largest difference of a joint's score, of all joints.
        parts: Share of the same part among the pixels that either sees on the body, each over its own box.
        uv_max: Largest difference of U or V among the pixels of the same part, each over its own box.
        uv_mean: Mean difference of U and V there.
        boxes: Share of the pictures for which both chose the same box to 0.01 pixels.
    """

    pictures: int
    parsing: float | None = None
    parsing_body: float | None = None
    joints_max: float | None = None
    joints_mean: float | None = None
    joints_near: float | None = None
    scores_max: float | None = None
    parts: float | None = None
    uv_max: float | None = None
    uv_mean: float | None = None
    boxes: float | None = None


@dataclass(frozen=True)
class Tolerance:
    """Least shares and largest differences, by the names of :class:`Differences`."""

    least: dict[str, float]
    most: dict[str, float]


TOLERANCES: Final = {
    'fp32': Tolerance(
        dict(parsing=0.999, parsing_body=0.999, joints_near=1.0, parts=0.999, boxes=0.95),
        dict(joints_max=0.1, scores_max=1e-3, uv_max=1e-3),
    ),
    'fp16': Tolerance(
        dict(parsing=0.999, parsing_body=0.998, joints_near=0.999, parts=0.99, boxes=0.95),
        dict(joints_mean=0.1, scores_max=0.01, uv_mean=1e-3),
    ),
    'int8': Tolerance(
        dict(parsing=0.985, parsing_body=0.95, joints_near=0.9, parts=0.95, boxes=0.9),
        dict(joints_mean=1.0, scores_max=0.1, uv_mean=0.01),
    ),
}


def find_excesses(differences: Differences, tolerance: Tolerance) -> list[str]:
    """Which differences exceed a tolerance, each with its figure; one that is no number does, whatever is allowed."""
    figures = {name: figure for name, figure in asdict(differences).items() if figure is not None}
    found = [f'{name} is nan: there was nothing to compare' for name, each in figures.items() if math.isnan(each)]
    for limits, sign, word in ((tolerance.least, 1, 'at least'), (tolerance.most, -1, 'at most')):
        for name, limit in limits.items():
            if name in figures and sign * figures[name] < sign * limit:
                found.append(f'{name} is {figures[name]:.6g}, allowed is {word} {limit:g}')
    return found


def require_answers(run: Run, pictures: Sequence[np.ndarray], input_size: tuple[int, int]) -> None:
    """Check that a file's maps depend on the picture: two that always say the same agree in everything.

    Args:
        run (Callable): As for :func:`compare`.
        pictures (Sequence[np.ndarray]): uint8 (h, w, 3), B, G, R; different ones, at least two.
        input_size (tuple): (W, H) of the network input.

    Raises:
        ValueError: One of them is the same for all pictures; the message names it.
    """
    said = [run(_as_images([picture], input_size), np.zeros((1, 4), dtype=np.float32)) for picture in pictures]
    for name in ('seg_logits', 'heatmaps', 'part_logits'):
        if name in said[0] and all(np.array_equal(each[name], said[0][name], equal_nan=True) for each in said):
            raise ValueError(
                f'{name} are the same for {len(said)} different pictures, so there is nothing to compare: '
                'were the weights loaded, and is the model trained?'
            )


def compare(model: Any, run: Run, pictures: Sequence[np.ndarray], input_size: tuple[int, int]) -> Differences:
    """Compare results in the pictures' pixels, each side's as they are used: charts lie over its own box.

    Pictures are compared one by one with boxes of the networks' own choice, and the first three once more in one batch,
    with a box given for one of them.

    Args:
        model (nn.Module): The SPD; it stays as it is.
        run (Callable): Called with images, float32 (N, 3, H, W), R, G, B, 0..255, and boxes float32 (N, 4), gives the
            file's outputs by name.
        pictures (Sequence[np.ndarray]): uint8 (h, w, 3), B, G, R, at least one.
        input_size (tuple): (W, H) of the network input.

    Returns:
        Differences: Of all pictures together.

    Raises:
        ValueError: An output of the model or the file is not finite, or the file does not take a box that is given.
    """
    model = copy.deepcopy(model).cpu()
    model.eval()
    given = np.zeros((len(pictures[:_BATCH]), 4), dtype=np.float32)
    given[len(given) // 2] = np.array(_GIVEN) * np.tile(input_size, 2)
    batches = [([picture], np.zeros((1, 4), dtype=np.float32)) for picture in pictures]
    gathered: dict[str, list[np.ndarray]] = {}
    for together, boxes in [*batches, (pictures[:_BATCH], given)]:
        for ours, theirs in _predict_both(model, run, together, boxes, input_size):
            for name, values in _compare_samples(ours, theirs).items():
                gathered.setdefault(name, []).append(np.ravel(values))
    joined = {name: np.concatenate(values) for name, values in gathered.items()}

    def summed(name: str, function: Callable[[np.ndarray], Any]) -> float | None:
        if name not in joined:
            return None
        return float(function(joined[name])) if len(joined[name]) else math.nan

    return Differences(
        pictures=len(pictures),
        parsing=summed('parsing', np.mean),
        parsing_body=summed('parsing_body', np.mean),
        joints_max=summed('joints', np.max),
        joints_mean=summed('joints', np.mean),
        joints_near=summed('joints', lambda apart: np.mean(apart <= _NEAR)),
        scores_max=summed('scores', np.max),
        parts=summed('parts', np.mean),
        uv_max=summed('uv', np.max),
        uv_mean=summed('uv', np.mean),
        boxes=summed('boxes', np.mean),
    )


def _as_images(pictures: Sequence[np.ndarray], input_size: tuple[int, int]) -> np.ndarray:
    """Pictures as a file takes them: float32 (N, 3, H, W), R, G, B."""
    stretched = np.stack([as_input(picture, input_size)[0] for picture in pictures])
    return np.ascontiguousarray(stretched[..., ::-1].transpose(0, 3, 1, 2), dtype=np.float32)


def _predict_both(
    model: Any, run: Run, pictures: Sequence[np.ndarray], boxes: np.ndarray, input_size: tuple[int, int]
) -> Iterator[tuple[SPDDataSample, SPDDataSample]]:
    """Predictions of a batch by the file and by the model.

    Args:
        model (nn.Module): The SPD.
        run (Callable): Runs the file.
        pictures (Sequence[np.ndarray]): N, uint8 (h, w, 3), B, G, R.
        boxes (np.ndarray): float32 (N, 4), in pixels of the input; 0 where none is given.
        input_size (tuple): (W, H).

    Yields:
        tuple[SPDDataSample, SPDDataSample]: The file's and the model's of each picture.
    """
    size = (input_size[1], input_size[0])
    inputs, samples = [], []
    for picture, box in zip(pictures, boxes, strict=True):
        image, matrix = as_input(picture, input_size)
        sample = SPDDataSample(metainfo=dict(ori_shape=picture.shape[:2], img_shape=size, warp_matrix=matrix))
        if box.any():
            sample.gt_instance_labels = InstanceData(bboxes=torch.from_numpy(box[None]))
        inputs.append(torch.from_numpy(image.transpose(2, 0, 1).copy()))
        samples.append(sample)
    with torch.no_grad():
        predicted = model.predict(**model.data_preprocessor(dict(inputs=inputs, data_samples=samples), False))
    outputs = run(_as_images(pictures, input_size), boxes)
    asked = boxes.any(axis=1)
    if 'boxes_used' in outputs and not np.array_equal(outputs['boxes_used'][asked], boxes[asked]):
        raise ValueError(f'the file does not take boxes that are given: {outputs["boxes_used"]} in place of {boxes}')
    values = {name: torch.from_numpy(value) for name, value in outputs.items()}
    for number, theirs in enumerate(predicted):
        ours = SPDDataSample(metainfo=samples[number].metainfo)
        own = slice(number, number + 1)
        if 'seg_logits' in values:
            set_parsing(ours, values['seg_logits'][number], size)
        if 'heatmaps' in values:
            set_joints(ours, values['heatmaps'][number], size, model.pose_head.sigma)
        if 'uv' in values:
            part_logits, uv, used = (values[name][own] for name in ('part_logits', 'uv', 'boxes_used'))
            set_surface(ours, part_logits, uv, used, size)
        yield ours, theirs


def _compare_samples(ours: SPDDataSample, theirs: SPDDataSample) -> dict[str, np.ndarray]:
    """What agrees and how far the rest is apart in one picture, pixel by pixel and joint by joint.

    Raises:
        ValueError: A value is not finite.
    """
    found: dict[str, np.ndarray] = {}
    for sample, whose in ((theirs, 'model'), (ours, 'file')):
        _require_finite(sample, whose)
    if 'pred_sem_seg' in theirs:
        one, other = (sample.pred_sem_seg.data.numpy() for sample in (ours, theirs))
        found['parsing'] = one == other
        found['parsing_body'] = found['parsing'][(one > 0) | (other > 0)]
    if 'pred_instances' in theirs:
        one, other = ours.pred_instances, theirs.pred_instances
        peaks = (one.keypoint_scores[0] > 0) | (other.keypoint_scores[0] > 0)
        found['joints'] = np.hypot(*(one.keypoints[0] - other.keypoints[0])[peaks].astype(np.float64).T)
        found['scores'] = np.abs(one.keypoint_scores - other.keypoint_scores)
    if 'pred_surface' in theirs:
        one, other = ours.pred_surface, theirs.pred_surface
        found['boxes'] = (one.bboxes - other.bboxes).abs().max().numpy() <= _SAME_BOX
        shape = theirs.metainfo['ori_shape']
        one, other = (
            paste_surface(each.part_logits[0], each.uv[0], each.bboxes[0], *shape).numpy() for each in (one, other)
        )
        body = (one[0] > 0) | (other[0] > 0)
        same = body & (one[0] == other[0])
        found.update(parts=same[body], uv=np.abs(one[1:] - other[1:])[:, same])
    return found


def _require_finite(sample: SPDDataSample, whose: str) -> None:
    """Raise ValueError if a map of a sample is not finite."""
    maps = dict(
        parsing=('seg_logits', 'data'),
        joints=('pred_fields', 'heatmaps'),
        parts=('pred_surface', 'part_logits'),
        uv=('pred_surface', 'uv'),
    )
    for name, (field, key) in maps.items():
        if field in sample and not bool(torch.isfinite(sample.get(field).get(key)).all()):
            raise ValueError(f"the {whose}'s {name} are not finite numbers: it has weights that overflow or are broken")
