"""The drawn panels of one data sample: what exists in it, each task on its own copy of the image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mmengine.structures import InstanceData, PixelData
from mmseg.structures import SegDataSample

from mmspd.anatomy import IGNORE_LABEL
from mmspd.codecs.charts import paste_surface
from mmspd.geometry import apply_to_points, scaling
from mmspd.utils.arrays import to_numpy
from mmspd.visualization.drawing import Colour, draw_skeleton, draw_surface, draw_surface_points, overlay_parsing
from mmspd.visualization.sheets import display_scale, resize

__all__ = ['COLUMNS', 'SamplePainter']

COLUMNS = ('parsing', 'pose', 'surface')


@dataclass
class SamplePainter:
    """Paints the fields of samples over one image, magnified so that thin lines and dots can be seen.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB, the original image.
        palette (Sequence): (C, 3), a colour for each parsing class.
        alpha (float): Opacity of the parsing's and the surface's colours.
        keypoint_threshold (float): Predicted joints with a score not above it are left out.
        predicted_palette (Sequence, optional): As ``palette``, for predictions. Defaults to None: the same.
    """

    image: np.ndarray
    palette: Sequence[Colour]
    alpha: float
    keypoint_threshold: float
    predicted_palette: Sequence[Colour] | None = None

    def __post_init__(self) -> None:
        self.height, self.width = self.image.shape[:2]
        self.scale = display_scale(self.height, self.width)
        self.magnified = resize(self.image, self.scale)

    def ground_truth(self, sample: SegDataSample) -> dict[str, np.ndarray]:
        """Panels by column name, of what is annotated: uint8, RGB."""
        panels = {}
        if 'gt_sem_seg' in sample and bool((to_numpy(sample.gt_sem_seg.data) != IGNORE_LABEL).any()):
            panels['parsing'] = self._parsing(sample.gt_sem_seg, self.palette)
        if 'gt_instances' in sample and 'keypoints' in sample.gt_instances:
            persons = sample.gt_instances
            visible = to_numpy(persons.keypoints_visible)
            hidden = to_numpy(persons.get('keypoints_occluded', np.zeros_like(visible, dtype=bool)))
            if (visible > 0).any():
                panels['pose'] = self._pose(to_numpy(persons.keypoints), visible, 0.0, hidden)
        if 'gt_surface_points' in sample and bool((to_numpy(sample.gt_surface_points.labels) > 0).any()):
            panels['surface'] = self._surface_points(sample.gt_surface_points)
        return panels

    def prediction(self, sample: SegDataSample) -> dict[str, np.ndarray]:
        """Panels by column name, of what is predicted: uint8, RGB."""
        panels = {}
        if 'pred_sem_seg' in sample:
            panels['parsing'] = self._parsing(sample.pred_sem_seg, self.predicted_palette or self.palette)
        if 'pred_instances' in sample and 'keypoints' in sample.pred_instances:
            persons = sample.pred_instances
            scores = to_numpy(persons.keypoint_scores)
            panels['pose'] = self._pose(to_numpy(persons.keypoints), scores, self.keypoint_threshold)
        if 'pred_surface' in sample:
            panels['surface'] = self._surface(sample.pred_surface)
        return panels

    def _place(self, points: np.ndarray) -> np.ndarray:
        """Points of the image in the magnified one, float64."""
        size = np.array(self.magnified.shape[1::-1]) / (self.width, self.height)
        return apply_to_points(scaling(*size), points.astype(np.float64))

    def _magnify(self, field: np.ndarray) -> np.ndarray:
        """Labels or a map (H, W) of the image at the magnified size."""
        return resize(field, self.scale, nearest=True)

    def _parsing(self, segmentation: PixelData, palette: Sequence[Colour]) -> np.ndarray:
        labels = to_numpy(segmentation.data)
        labels = labels.reshape(labels.shape[-2:])
        if labels.shape != (self.height, self.width):
            raise ValueError(
                f'a label map of the size {(self.height, self.width)} of the image is needed, got {labels.shape}: '
                'pass the image at the size that the label map has'
            )
        # A byte holds every class and the ignored label, and OpenCV resizes it.
        labels = np.where((labels >= 0) & (labels < IGNORE_LABEL), labels, IGNORE_LABEL).astype(np.uint8)
        return overlay_parsing(self.magnified, self._magnify(labels), palette, self.alpha)

    def _pose(
        self, keypoints: np.ndarray, scores: np.ndarray, threshold: float, occluded: np.ndarray | None = None
    ) -> np.ndarray:
        """Skeletons of (R, 16, 2) joints with (R, 16) scores."""
        panel = self.magnified
        for person in range(len(keypoints)):
            hidden = None if occluded is None else occluded[person]
            panel = draw_skeleton(panel, self._place(keypoints[person]), scores[person], threshold, hidden)
        return panel

    def _surface_points(self, points: InstanceData) -> np.ndarray:
        places = self._place(to_numpy(points.ori_points))
        return draw_surface_points(self.magnified, places, to_numpy(points.labels), to_numpy(points.uv))

    def _surface(self, persons: InstanceData) -> np.ndarray:
        """All persons' charts over the image; where two overlap, the later one shows."""
        panel = self.magnified
        for logits, uv, box in zip(persons.part_logits, persons.uv, persons.bboxes, strict=True):
            iuv = to_numpy(paste_surface(logits, uv, box, self.height, self.width))
            panel = draw_surface(panel, np.stack([self._magnify(field) for field in iuv]), self.alpha)
        return panel
