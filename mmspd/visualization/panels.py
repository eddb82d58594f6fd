"""The drawn panels of one data sample: what exists in it, each task on its own copy of the image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from mmengine.structures import InstanceData, PixelData
from mmseg.structures import SegDataSample

from mmspd.anatomy import IGNORE_LABEL, SIDE_COLOURS
from mmspd.codecs.charts import paste_surface
from mmspd.utils.arrays import to_numpy
from mmspd.visualization.display import Display
from mmspd.visualization.drawing import Colour, draw_surface_points
from mmspd.visualization.painting import paint_contours, paint_parsing, paint_pose, paint_surface

__all__ = ['COLUMNS', 'SamplePainter']

COLUMNS = ('parsing', 'pose', 'surface', 'contours')


@dataclass
class SamplePainter:
    """Paints the fields of samples over one image, magnified so that thin lines and dots can be seen.

    Args:
        image (np.ndarray): uint8 (H, W, 3), RGB, the original image.
        palette (Sequence): (C, 3), a colour for each parsing class.
        alpha (float): Opacity of the parsing's and the surface's colours.
        keypoint_threshold (float): Predicted joints with a score not above it are left out.
        predicted_palette (Sequence, optional): As ``palette``, for predictions. Defaults to None: the same.
        side_colours (Mapping): Colours of 'left', 'right' and 'centre'. Defaults to ``SIDE_COLOURS``.
        contours (bool): Whether a predicted surface is also drawn as lines of U and V. Defaults to False.
    """

    image: np.ndarray
    palette: Sequence[Colour]
    alpha: float
    keypoint_threshold: float
    predicted_palette: Sequence[Colour] | None = None
    side_colours: Mapping[str, Colour] = field(default_factory=lambda: SIDE_COLOURS)
    contours: bool = False

    def __post_init__(self) -> None:
        self.display = Display.of(self.image)

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
            iuv, person_map = self._paste(sample.pred_surface)
            panels['surface'] = paint_surface(self.display, iuv, self.alpha)
            if self.contours:
                panels['contours'] = paint_contours(self.display, iuv, person_map)
        return panels

    def _parsing(self, segmentation: PixelData, palette: Sequence[Colour]) -> np.ndarray:
        labels = to_numpy(segmentation.data)
        return paint_parsing(self.display, labels.reshape(labels.shape[-2:]), palette, self.alpha)

    def _pose(
        self, keypoints: np.ndarray, scores: np.ndarray, threshold: float, occluded: np.ndarray | None = None
    ) -> np.ndarray:
        return paint_pose(self.display, keypoints, scores, threshold, occluded, self.side_colours)

    def _surface_points(self, points: InstanceData) -> np.ndarray:
        places = self.display.place(to_numpy(points.ori_points))
        return draw_surface_points(self.display.image, places, to_numpy(points.labels), to_numpy(points.uv))

    def _paste(self, persons: InstanceData) -> tuple[np.ndarray, np.ndarray]:
        """All persons' charts in the image; where two overlap, the later one shows.

        Returns:
            tuple: float32 (3, H, W), part, U, V; int64 (H, W), number of the person, from 1, 0 nobody.
        """
        height, width = self.display.size
        iuv, person_map = np.zeros((3, height, width), np.float32), np.zeros((height, width), np.int64)
        charts = zip(persons.part_logits, persons.uv, persons.bboxes, strict=True)
        for number, (logits, uv, box) in enumerate(charts, start=1):
            pasted = to_numpy(paste_surface(logits, uv, box, height, width))
            body = pasted[0] > 0
            iuv[:, body], person_map[body] = pasted[:, body], number
        return iuv, person_map
