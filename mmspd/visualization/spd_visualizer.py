"""One sheet for all three tasks: ground truth above, prediction below."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmengine.dist import is_main_process
from mmengine.structures import PixelData
from mmengine.visualization import Visualizer
from mmseg.structures import SegDataSample
from mmseg.utils import get_classes, get_palette

from mmspd.anatomy import LABEL_SETS, PARSING_CLASSES, PARSING_PALETTE, SIDE_COLOURS
from mmspd.registry import VISUALIZERS
from mmspd.utils.arrays import to_numpy
from mmspd.visualization.drawing import Colour
from mmspd.visualization.panels import COLUMNS, SamplePainter
from mmspd.visualization.sheets import legend, panel_sheet, stack_columns, stack_rows

__all__ = ['SPDVisualizer']


@VISUALIZERS.register_module()
class SPDVisualizer(Visualizer):
    """Draws an ``SPDDataSample``: a row of ground truth, a row of prediction, a column for each task that exists.

    It stands in for mmseg's ``SegLocalVisualizer`` under its ``SegVisualizationHook``. Fields are read as
    :mod:`mmspd.structures` defines them, in pixels of the *original* image.

    Args:
        name (str): Of the instance.
        image (np.ndarray | None): uint8 (H, W, 3), RGB; see mmengine's ``Visualizer``.
        vis_backends (list | None): Configs of the backends that keep the sheets.
        save_dir (str | None): Where the backends write.
        classes (Sequence[str] | None): Names of the parsing classes. Default: those of ``dataset_name``.
        palette (Sequence | None): A colour (R, G, B) for each class. Default: that of ``dataset_name``.
        dataset_name (str | None): A data set that mmseg knows; None stands for LIP.
        alpha (float): Opacity of the parsing's and the surface's colours, 0..1.
        keypoint_threshold (float): Predicted joints with a score not above it are left out.
        **kwargs: For mmengine's ``Visualizer``.

    Raises:
        ValueError: If ``alpha`` is outside 0..1, or classes and palette differ in length.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        image: np.ndarray | None = None,
        vis_backends: list | dict | None = None,
        save_dir: str | None = None,
        classes: Sequence[str] | None = None,
        palette: Sequence[Colour] | None = None,
        dataset_name: str | None = None,
        alpha: float = 0.7,
        keypoint_threshold: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, image, vis_backends, save_dir, **kwargs)
        if not 0 <= alpha <= 1:
            raise ValueError(f'alpha must lie in 0..1, got {alpha}')
        if dataset_name is not None:
            classes, palette = classes or get_classes(dataset_name), palette or get_palette(dataset_name)
        self.alpha = alpha
        self.keypoint_threshold = keypoint_threshold
        self.dataset_meta = {'classes': classes, 'palette': palette}
        self._classes_and_palette()

    def _classes_and_palette(self) -> tuple[Sequence[str], Sequence[Colour]]:
        """Of the data set, which a Runner sets anew; LIP's where it says nothing."""
        meta: dict[str, Any] = self.dataset_meta or {}
        classes: Sequence[str] = meta.get('classes') or PARSING_CLASSES
        palette: Sequence[Colour] = meta.get('palette') or PARSING_PALETTE
        if len(classes) != len(palette):
            raise ValueError(f'one colour for each class is needed, got {len(classes)} classes, {len(palette)} colours')
        return classes, palette

    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: SegDataSample | None = None,
        draw_gt: bool = True,
        draw_pred: bool = True,
        show: bool = False,
        wait_time: float = 0,
        out_file: str | None = None,
        step: int = 0,
    ) -> None:
        """Draw a sheet, then show it, and write it to a file or hand it to the backends.

        Of several processes all write files, each of the samples that it has; the backends are the first one's.

        Args:
            name (str): Of the picture, for the backends.
            image (np.ndarray): uint8 (H, W, 3), RGB, the original image.
            data_sample (SegDataSample | None): What to draw; any field may be missing.
            draw_gt (bool): Whether to draw the row of ground truth.
            draw_pred (bool): Whether to draw the row of predictions.
            show (bool): Whether to open a window.
            wait_time (float): Seconds before the window closes; 0 waits for a key.
            out_file (str | None): File to write instead of handing the sheet to the backends. It appears whole.
            step (int): Training step, for the backends.
        """
        if out_file is None and not is_main_process():
            return
        sheet = self.draw_sheet(image, data_sample, draw_gt, draw_pred)
        self.set_image(sheet)
        if show and is_main_process():
            self.show(sheet, win_name=name, wait_time=wait_time)
        if out_file is not None:
            _write_whole(Path(out_file), sheet)
        else:
            self.add_image(name, sheet, step)

    def draw_sheet(
        self, image: np.ndarray, data_sample: SegDataSample | None, draw_gt: bool = True, draw_pred: bool = True
    ) -> np.ndarray:
        """The sheet of one sample, uint8 (H', W', 3), RGB; arguments as in :meth:`add_datasample`."""
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f'an image uint8 (H, W, 3) is needed, got {image.dtype} {image.shape}')
        classes, palette = self._classes_and_palette()
        predicted = _predicted_classes(data_sample, classes, palette)
        painter = SamplePainter(image, palette, self.alpha, self.keypoint_threshold, predicted[1])
        rows: dict[str, dict[str, np.ndarray]] = {}
        if data_sample is not None and draw_gt:
            rows['ground truth'] = painter.ground_truth(data_sample)
        if data_sample is not None and draw_pred:
            rows['prediction'] = painter.prediction(data_sample)
        columns = [column for column in COLUMNS if any(column in panels for panels in rows.values())]
        if not columns or data_sample is None:
            return panel_sheet([image], ['image'])
        sheets = []
        for source, panels in rows.items():
            if panels:
                drawn = [panels.get(column, painter.magnified // 3) for column in columns]
                titles = [f'{source}: {column}' if column in panels else f'{source}: no {column}' for column in columns]
                sheets.append(panel_sheet([painter.magnified, *drawn], ['image', *titles]))
        shown = set()
        if draw_gt and 'gt_sem_seg' in data_sample:
            shown |= _shown_classes(data_sample.gt_sem_seg, classes, palette)
        if draw_pred and 'pred_sem_seg' in data_sample:
            shown |= _shown_classes(data_sample.pred_sem_seg, *predicted)
        return stack_columns([stack_rows(sheets), _legend(columns, sorted(shown))])


def _predicted_classes(
    sample: SegDataSample | None, classes: Sequence[str], palette: Sequence[Colour]
) -> tuple[Sequence[str], Sequence[Colour]]:
    """Classes and colours of a prediction.

    They are the data set's, unless the model has another number of classes, as one trained on LIP and tested on ATR.
    """
    number = len(sample.seg_logits.data) if sample is not None and 'seg_logits' in sample else len(classes)
    others = [each for each in LABEL_SETS.values() if len(each.classes) == number]
    return (others[0].classes, others[0].palette) if number != len(classes) and others else (classes, palette)


def _shown_classes(
    segmentation: PixelData, classes: Sequence[str], palette: Sequence[Colour]
) -> set[tuple[int, str, Colour]]:
    """Number, name and colour of the classes that occur in a label map, without the background."""
    present = np.unique(to_numpy(segmentation.data)).tolist()
    found = set()
    for label in present:
        if 0 < label < len(classes):
            red, green, blue = palette[label]
            found.add((label, classes[label], (red, green, blue)))
    return found


def _legend(columns: Sequence[str], shown: Sequence[tuple[int, str, Colour]]) -> np.ndarray:
    """Names and colours of classes, and of the skeleton's sides."""
    names, colours = [name for _, name, _ in shown], [colour for _, _, colour in shown]
    if 'pose' in columns:
        names += [f'{side} side' if side != 'centre' else 'middle' for side in SIDE_COLOURS]
        colours += SIDE_COLOURS.values()
    return legend(names, colours)


def _write_whole(path: Path, image: np.ndarray) -> None:
    """Write an RGB image so that the file is never seen half written; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        draft.write_bytes(cv2.imencode(path.suffix, image[..., ::-1])[1].tobytes())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
