"""Transforms that read: the image, its parsing label, its surface points."""

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmspd.anatomy import IGNORE_LABEL, MASK_SIZE, POINT_RANGE, label_set
from mmspd.datasets.crops.person_boxes import clip_crop, cut
from mmspd.datasets.files.image_files import read_human_map, read_image, read_parsing_label
from mmspd.datasets.files.run_length import union_of_masks
from mmspd.registry import TRANSFORMS

__all__ = ['LoadParsingLabel', 'LoadPersonImage', 'LoadSurfacePoints']


@TRANSFORMS.register_module()
class LoadPersonImage(BaseTransform):
    """Read ``img_path``, and cut it to ``crop`` (x0, y0, x1, y1) where there is one; that part is the image then.

    Adds ``img`` uint8 (H, W, 3) BGR, ``ori_shape`` and ``img_shape`` (H, W), ``bbox`` float32 (1, 4), the whole
    image, where the dataset knows no box, and ``picture_shape`` (H, W), of the file. A ``crop`` that reaches beyond the
    picture's right or lower edge is made smaller. :func:`mmspd.datasets.files.image_files.read_image` says what becomes
    of unusual files.

    Raises:
        ValueError: If the file is not of the size ``picture_size``, where there is one, or the crop starts outside it.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the image to ``results``."""
        image = read_image(results['img_path'])
        shape = image.shape[:2]
        expected = results.get('picture_size')
        if expected is not None and tuple(expected) != shape:
            raise ValueError(
                f'{results["img_path"]}: the annotation is of a picture of {expected[1]} x {expected[0]} pixels (width '
                f'x height), this one has {shape[1]} x {shape[0]}; use the pictures that were annotated'
            )
        results['picture_shape'] = shape
        if results.get('crop') is not None:
            results['crop'] = clip_crop(results['crop'], shape, results['img_path'])
            image = cut(image, results['crop'])
        height, width = image.shape[:2]
        results.update(img=image, ori_shape=(height, width), img_shape=(height, width))
        if results.get('bbox') is None:
            results['bbox'] = np.array([[0, 0, width, height]], dtype=np.float32)
        return results


@TRANSFORMS.register_module()
class LoadParsingLabel(BaseTransform):
    """Read ``seg_map_path`` into ``gt_seg_map``, uint8 (H, W), the classes of ``label_set`` (LIP's by default) and 255.

    In training it stands before the geometric transform, in evaluation behind it, so that the label keeps the original
    size. Nothing is added where ``seg_map_path`` is None. Files that are no label of this image raise an error, see
    :func:`mmspd.datasets.files.image_files.read_parsing_label`.

    Where there is a ``human_map_path``, all classes of persons other than ``human_id`` become background. Where there
    is a ``crop``, the label is cut to it.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the label to ``results``."""
        if results.get('seg_map_path') is None:
            return results
        shape = results.get('picture_shape', results['ori_shape'])
        classes = label_set(results.get('label_set')).classes
        label = read_parsing_label(results['seg_map_path'], shape, len(classes))
        if results.get('human_map_path') is not None:
            humans = read_human_map(results['human_map_path'], shape)
            others = (humans != results['human_id']) & (label != IGNORE_LABEL)
            label = np.where(others, np.where(humans == IGNORE_LABEL, np.uint8(IGNORE_LABEL), np.uint8(0)), label)
        results['gt_seg_map'] = label if results.get('crop') is None else cut(label, results['crop'])
        return results


@TRANSFORMS.register_module()
class LoadSurfacePoints(BaseTransform):
    """Turn the surface annotation into points of the image.

    A point lies at x = bbox_x + dp_x / 255 * bbox_w, as DensePose-COCO's evaluator has it. Its points lie on the body
    only, so background points (label 0, without U and V) are drawn evenly from the part of the box that no mask covers;
    none where the masks cover the whole box, or where there is no mask at all to tell. A parsing label's background
    would not do: LIP labels bare skin of the torso so.

    Adds ``dp_points`` float32 (P, 2) original pixels, ``dp_labels`` int64 (P,), ``dp_uv`` float32 (P, 2) in 0..1,
    ``dp_uv_valid`` bool (P,); P = 0 without annotation; ``dp_surface``, the surface's name, or None where the
    annotation does not give one; and ``dp_predicted`` bool, whether a network made the annotation. With ``with_body``
    also, where the annotation's masks cover anything at all, ``dp_body`` bool (256, 256) over its box, their union, and
    ``dp_box`` float32 (4,), this box's x, y, width, height, in the frame of the points; and ``dp_area``, its ``area``,
    if it has one.

    Args:
        num_background (int): Number of background points. Defaults to 0, which evaluation needs.
        max_points (int, optional): Largest number of annotated points, a random choice of them. Defaults to None: all.
        with_body (bool): Whether to tell where the person is, for GPS with masks and by size; 64 kB a sample that
            training does not need. Defaults to False.

    Raises:
        ValueError: If a mask's runs do not fill its square, or the annotation is of a picture of another size.
    """

    def __init__(self, num_background: int = 0, max_points: int | None = None, with_body: bool = False) -> None:
        if num_background < 0 or (max_points is not None and max_points < 0):
            raise ValueError(f'numbers of points are not negative, got {num_background} and {max_points}')
        self.num_background = num_background
        self.max_points = max_points
        self.with_body = with_body

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the points to ``results``."""
        surface = results.get('surface')
        results['dp_surface'] = None if surface is None else surface.get('surface_name')
        results['dp_predicted'] = surface is not None and bool(surface.get('predicted'))
        if surface is None:
            empty = np.zeros((0, 2), dtype=np.float32)
            labels = np.zeros(0, dtype=np.int64)
            results.update(dp_points=empty, dp_labels=labels, dp_uv=empty.copy(), dp_uv_valid=np.zeros(0, dtype=bool))
            return results
        self._check_size(surface, results['ori_shape'])
        places = np.stack([surface['dp_x'], surface['dp_y']], axis=1) / POINT_RANGE
        labels = surface['dp_I']
        uv = np.stack([surface['dp_U'], surface['dp_V']], axis=1)
        if self.max_points is not None and len(labels) > self.max_points:
            chosen = np.sort(results['rng'].choice(len(labels), self.max_points, replace=False))
            places, labels, uv = places[chosen], labels[chosen], uv[chosen]
        background = np.zeros((0, 2))
        if self.num_background:
            background = draw_background(surface['dp_masks'], self.num_background, results['rng'])
        bbox = surface['bbox']
        results['dp_points'] = (bbox[:2] + np.concatenate([places, background]) * bbox[2:]).astype(np.float32)
        results['dp_labels'] = np.concatenate([labels, np.zeros(len(background), dtype=np.int64)]).astype(np.int64)
        results['dp_uv'] = np.concatenate([uv, np.zeros((len(background), 2))]).astype(np.float32)
        results['dp_uv_valid'] = results['dp_labels'] > 0
        if self.with_body:
            body = union_of_masks(surface['dp_masks'])
            if body.any():  # masks that cover nothing do not tell where the person is
                results.update(dp_body=body, dp_box=bbox)
            if surface.get('area') is not None:
                results['dp_area'] = surface['area']
        return results

    @staticmethod
    def _check_size(surface: dict[str, Any], shape: tuple[int, int]) -> None:
        """Coordinates of another picture would be taken for those of this one."""
        size = surface.get('image_size')
        if size is not None and tuple(size) != tuple(shape[:2]):
            raise ValueError(
                f'surface annotation {surface.get("id")} is of a picture of {size[1]} x {size[0]} pixels, but this one '
                f"has {shape[1]} x {shape[0]}. Boxes must be in the crop's coordinates, not in those of COCO's full "
                'picture'
            )


def draw_background(masks: list[Any], number: int, rng: np.random.Generator) -> np.ndarray:
    """Random places of the box that no mask covers.

    Masks that cover nothing tell nothing: a person covers some of its box.

    Args:
        masks (list): Run-length masks of 256 x 256 over the box, some empty.
        number (int): How many places.
        rng (np.random.Generator): Source of chance.

    Returns:
        np.ndarray: float64 (number, 2), x and y in 0..1 across the box; (0, 2) if the masks leave nothing free or
        cover nothing.
    """
    body = union_of_masks(masks)
    free = np.flatnonzero(~body)
    if not len(free) or not body.any():
        return np.zeros((0, 2))
    rows, columns = np.divmod(free[rng.integers(len(free), size=number)], MASK_SIZE)
    return (np.stack([columns, rows], axis=1) + rng.random((number, 2))) / MASK_SIZE
