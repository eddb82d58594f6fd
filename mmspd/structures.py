"""``SPDDataSample``: everything known and predicted about one picture of a person.

It is mmseg's ``SegDataSample`` with the fields that mmpose uses for joints and three for the surface, so that metrics
and visualizers of both projects read it unchanged. Axis glossary: R persons (1 in LIP), K = 16 joints, P surface
points, C classes, H, W original image, h, w heatmap, S chart resolution (112).

Ground truth

* ``gt_sem_seg`` (PixelData): ``data`` int64 (1, H, W); 0..19, 255 ignored. Network size in training, original size in
  evaluation.
* ``gt_instances`` (InstanceData, length R), in *original* image pixels, numpy as in mmpose: ``keypoints`` float32
  (R, K, 2), ``keypoints_visible`` float32 (R, K) 1 where annotated, ``keypoints_occluded`` bool (R, K), ``bboxes``
  float32 (R, 4).
* ``gt_instance_labels`` (InstanceData, length R), in *network input* pixels, tensors: ``keypoints`` float32 (R, K, 2),
  ``keypoint_weights`` float32 (R, K), ``bboxes`` float32 (R, 4).
* ``gt_fields`` (PixelData): ``heatmaps`` float32 (K, h, w).
* ``gt_surface_points`` (InstanceData, length P), tensors: ``points`` float32 (P, 2) network input pixels,
  ``ori_points`` float32 (P, 2) original pixels, ``labels`` int64 (P,) part 0..24 (0: a background point), ``uv``
  float32 (P, 2) in 0..1, ``uv_valid`` bool (P,).

Predictions, in original image pixels

* ``pred_sem_seg`` (PixelData): int64 (1, H, W); ``seg_logits`` (PixelData): float32 (C, H, W).
* ``pred_instances`` (InstanceData): ``keypoints`` float32 (R, K, 2), ``keypoint_scores`` float32 (R, K), numpy.
* ``pred_fields`` (PixelData): ``heatmaps`` float32 (K, h, w), of the network input.
* ``pred_surface`` (InstanceData, length R), tensors: ``bboxes`` float32 (R, 4), ``part_logits`` float32 (R, 25, S, S),
  ``uv`` float32 (R, 2, 24, S, S) in 0..1: charts over the box, the first cell's edge on the box's edge; ``mirrored``
  bool (R,): predicted from a mirrored input, of which U and V keep the values.

Meta information: ``img_path``, ``img_id``, ``ori_shape`` (H, W), ``img_shape`` (network input), ``warp_matrix``
(3, 3) from original points to network input points, ``flip`` (bool, already contained in the matrix), ``label_set``
(name in :data:`mmspd.anatomy.LABEL_SETS`), and ``crop`` (x0, y0, x1, y1) where the original image is a part of a file.
Of the surface annotation: ``dp_surface``, ``dp_predicted`` and, in evaluation, ``dp_body``, ``dp_box``, ``dp_area``
(:class:`mmspd.datasets.transforms.LoadSurfacePoints`).
"""

from mmengine.structures import InstanceData, PixelData
from mmseg.structures import SegDataSample

__all__ = ['SPDDataSample']


def _field(name: str, kind: type) -> property:
    """A typed data field of a ``BaseDataElement``, stored as ``_name``."""
    stored = f'_{name}'

    def read(self: SegDataSample) -> object:
        return getattr(self, stored)

    def write(self: SegDataSample, value: object) -> None:
        self.set_field(value, stored, dtype=kind)

    def delete(self: SegDataSample) -> None:
        delattr(self, stored)

    return property(read, write, delete)


class SPDDataSample(SegDataSample):
    """Annotations and predictions of one picture; the module's docstring lists the fields."""

    gt_instances = _field('gt_instances', InstanceData)
    gt_instance_labels = _field('gt_instance_labels', InstanceData)
    gt_fields = _field('gt_fields', PixelData)
    gt_surface_points = _field('gt_surface_points', InstanceData)
    pred_instances = _field('pred_instances', InstanceData)
    pred_fields = _field('pred_fields', PixelData)
    pred_surface = _field('pred_surface', InstanceData)
