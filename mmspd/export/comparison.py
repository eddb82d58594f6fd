"""How far an exported file's results are from those of the model it was made from, in the pictures' pixels."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from mmengine.structures import InstanceData

from mmspd.codecs.charts import paste_surface
from mmspd.export.pictures import as_input
from mmspd.geometry import apply_to_boxes
from mmspd.models.segmentors.decoding import set_joints, set_parsing, set_surface
from mmspd.structures import SPDDataSample

__all__ = ['TOLERANCES', 'Differences', 'Tolerance', 'compare', 'find_excesses']

Run = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]

_SAME_BOX: Final = 0.01  # pixels


@dataclass(frozen=True)
class Differences:
    """Of an exported file from its model; None of branches that do not exist.

    Attributes:
        pictures: Number of pictures compared.
        parsing: Share of the pixels of the same class, 0..1.
        joints_max: Largest distance of a joint, pixels.
        joints_mean: Mean distance of a joint, pixels.
        parts: Share of the same part among the pixels that either sees on the body, over the same box.
        uv_max: Largest difference of U or V among the pixels of the same part, over the same box.
        uv_mean: Mean difference of U and V there.
        boxes: Share of the pictures for which both chose the same box to 0.01 pixels.
    """

    pictures: int
    parsing: float | None = None
    joints_max: float | None = None
    joints_mean: float | None = None
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
    'fp32': Tolerance(dict(parsing=0.999, parts=0.999, boxes=0.95), dict(joints_max=0.1, uv_max=1e-3)),
    'fp16': Tolerance(dict(parsing=0.99, parts=0.99), dict(joints_mean=0.1, uv_mean=1e-3)),
    'int8': Tolerance(dict(parsing=0.97, parts=0.95), dict(joints_mean=1.0, uv_mean=0.02)),
}


def find_excesses(differences: Differences, tolerance: Tolerance) -> list[str]:
    """Which differences exceed a tolerance, each with its figure; a figure that is no number does."""
    figures = asdict(differences)
    low = [(name, limit, 'at least') for name, limit in tolerance.least.items()]
    high = [(name, limit, 'at most') for name, limit in tolerance.most.items()]
    found = []
    for name, limit, word in low + high:
        figure = figures[name]
        if figure is not None and not (figure >= limit if word == 'at least' else figure <= limit):
            found.append(f'{name} is {figure:.6g}, allowed is {word} {limit:g}')
    return found


def compare(model: Any, run: Run, pictures: Sequence[np.ndarray], input_size: tuple[int, int]) -> Differences:
    """Compare results in the pictures' pixels.

    Where both choose different boxes, charts are compared over the model's.

    Args:
        model (nn.Module): The SPD; it stays as it is.
        run (Callable): Called with images, float32 (1, 3, H, W), R, G, B, 0..255, and boxes float32 (1, 4), gives the
            file's outputs by name.
        pictures (Sequence[np.ndarray]): uint8 (h, w, 3), B, G, R, at least one.
        input_size (tuple): (W, H) of the network input.

    Returns:
        Differences: Of all pictures together.
    """
    model = copy.deepcopy(model).cpu()
    model.eval()
    gathered: dict[str, list[np.ndarray]] = {}
    for picture in pictures:
        for name, values in _compare_picture(model, run, picture, input_size).items():
            gathered.setdefault(name, []).append(np.ravel(values))
    joined = {name: np.concatenate(values) for name, values in gathered.items()}

    def summed(name: str, function: Callable[[np.ndarray], Any], default: float) -> float | None:
        if name not in joined:
            return None
        return float(function(joined[name])) if len(joined[name]) else default

    return Differences(
        pictures=len(pictures),
        parsing=summed('parsing', np.mean, 1.0),
        joints_max=summed('joints', np.max, 0.0),
        joints_mean=summed('joints', np.mean, 0.0),
        parts=summed('parts', np.mean, 1.0),
        uv_max=summed('uv', np.max, 0.0),
        uv_mean=summed('uv', np.mean, 0.0),
        boxes=summed('boxes', np.mean, 1.0),
    )


def _compare_picture(
    model: Any, run: Run, picture: np.ndarray, input_size: tuple[int, int]
) -> dict[str, np.ndarray | np.float64]:
    """What agrees and how far the rest is apart in one picture, pixel by pixel and joint by joint."""
    image, matrix = as_input(picture, input_size)
    size = (input_size[1], input_size[0])
    meta = dict(ori_shape=picture.shape[:2], img_shape=size, warp_matrix=matrix)
    batch = dict(
        inputs=[torch.from_numpy(image.transpose(2, 0, 1).copy())], data_samples=[SPDDataSample(metainfo=meta)]
    )
    with torch.no_grad():
        theirs = model.predict(**model.data_preprocessor(batch, False))[0]
    rgb = np.ascontiguousarray(image[None, :, :, ::-1].transpose(0, 3, 1, 2), dtype=np.float32)
    outputs = run(rgb, np.zeros((1, 4), dtype=np.float32))
    found: dict[str, np.ndarray | np.float64] = {}
    ours = SPDDataSample(metainfo=meta)
    if 'seg_logits' in outputs:
        set_parsing(ours, torch.from_numpy(outputs['seg_logits'][0]), size)
        found['parsing'] = (ours.pred_sem_seg.data == theirs.pred_sem_seg.data).numpy()
    if 'heatmaps' in outputs:
        set_joints(ours, torch.from_numpy(outputs['heatmaps'][0]), size, model.pose_head.sigma)
        apart = ours.pred_instances.keypoints[0] - theirs.pred_instances.keypoints[0]
        found['joints'] = np.hypot(*apart.astype(np.float64).T)
    if 'boxes_used' in outputs:
        wanted = apply_to_boxes(matrix, theirs.pred_surface.bboxes.double().numpy()).astype(np.float32)
        found['boxes'] = np.float64(np.abs(outputs['boxes_used'] - wanted).max() <= _SAME_BOX)
        if not found['boxes']:
            outputs = run(rgb, wanted)
        part_logits, uv, boxes = (torch.from_numpy(outputs[name]) for name in ('part_logits', 'uv', 'boxes_used'))
        set_surface(ours, part_logits, uv, boxes, size)
        found.update(_compare_surfaces(ours.pred_surface, theirs.pred_surface, picture.shape[:2]))
    return found


def _compare_surfaces(ours: InstanceData, theirs: InstanceData, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Of the pixels that either sees on the body: whether the part agrees, and where it does, how far U, V differ."""
    one, other = (
        paste_surface(each.part_logits[0], each.uv[0], theirs.bboxes[0], *shape).numpy() for each in (ours, theirs)
    )
    body = (one[0] > 0) | (other[0] > 0)
    same = body & (one[0] == other[0])
    return dict(parts=same[body], uv=np.abs(one[1:] - other[1:])[:, same])
