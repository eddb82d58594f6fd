"""One sheet for all three tasks: ground truth above, prediction below."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmengine.dist import is_main_process
from mmengine.visualization import Visualizer
from mmseg.structures import SegDataSample
from mmseg.utils import get_classes, get_palette

from mmspd.anatomy import LABEL_SETS, PALETTES, PARSING_CLASSES, PARSING_PALETTE, SAFE_SIDE_COLOURS, SIDE_COLOURS
from mmspd.registry import VISUALIZERS
from mmspd.utils.arrays import to_numpy
from mmspd.visualization.drawing import Colour
from mmspd.visualization.legends import Entries, check_palette, level_entries, present_classes, side_entries
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
        palette (Sequence | str | None): A colour (R, G, B) for each class; or a name: ``'default'`` is the data set's,
            ``'colour_blind'`` is the label set's safe one, with the sides in ``SAFE_SIDE_COLOURS``, and holds for
            whatever data set a Runner sets. Default: that of ``dataset_name``.
        dataset_name (str | None): A data set that mmseg knows; None stands for LIP.
        alpha (float): Opacity of the parsing's and the surface's colours, 0..1.
        keypoint_threshold (float): Predicted joints with a score not above it are left out.
        contours (bool): Whether a column shows predicted surfaces as lines of equal U and V. Defaults to False.
        **kwargs: For mmengine's ``Visualizer``.

    Raises:
        ValueError: If ``alpha`` is outside 0..1, classes and palette differ in length, the palette's name is unknown,
            or the classes have no safe palette.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        image: np.ndarray | None = None,
        vis_backends: list | dict | None = None,
        save_dir: str | None = None,
        classes: Sequence[str] | None = None,
        palette: Sequence[Colour] | str | None = None,
        dataset_name: str | None = None,
        alpha: float = 0.7,
        keypoint_threshold: float = 0.1,
        contours: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, image, vis_backends, save_dir, **kwargs)
        if not 0 <= alpha <= 1:
            raise ValueError(f'alpha must lie in 0..1, got {alpha}')
        self.palette_name = palette if isinstance(palette, str) else PALETTES[0]
        if self.palette_name not in PALETTES:
            raise ValueError(f'palette is a colour for each class or one of {", ".join(PALETTES)}, got {palette!r}')
        colours = None if isinstance(palette, str) else palette
        if dataset_name is not None:
            classes, colours = classes or get_classes(dataset_name), colours or get_palette(dataset_name)
        self.alpha = alpha
        self.keypoint_threshold = keypoint_threshold
        self.contours = contours
        self.dataset_meta = {'classes': classes, 'palette': colours}
        self._classes_and_palette()

    @property
    def side_colours(self) -> Mapping[str, Colour]:
        """Of skeletons: 'left', 'right' and 'centre'."""
        return SIDE_COLOURS if self.palette_name == PALETTES[0] else SAFE_SIDE_COLOURS

    def _classes_and_palette(self) -> tuple[Sequence[str], Sequence[Colour]]:
        """Of the data set, which a Runner sets anew; LIP's where it says nothing."""
        meta: dict[str, Any] = self.dataset_meta or {}
        classes: Sequence[str] = meta.get('classes') or PARSING_CLASSES
        palette: Sequence[Colour] = meta.get('palette') or PARSING_PALETTE
        if self.palette_name != PALETTES[0]:
            known = [each for each in LABEL_SETS.values() if tuple(classes) == each.classes]
            if not known:
                raise ValueError(
                    f'the palette {self.palette_name!r} is known for the classes of {", ".join(LABEL_SETS)}, got other '
                    f'classes, {list(classes)[:3]}...: give a colour for each'
                )
            palette = known[0].colours(self.palette_name)
        check_palette(classes, palette)
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
        classes, palette = self._classes_and_palette()
        predicted = self._predicted_classes(data_sample, classes, palette)
        painter = SamplePainter(
            image, palette, self.alpha, self.keypoint_threshold, predicted[1], self.side_colours, self.contours
        )
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
                drawn = [panels.get(column, painter.display.image // 3) for column in columns]
                titles = [f'{source}: {column}' if column in panels else f'{source}: no {column}' for column in columns]
                sheets.append(panel_sheet([painter.display.image, *drawn], ['image', *titles]))
        shown = set()
        if draw_gt and 'gt_sem_seg' in data_sample:
            shown |= present_classes(to_numpy(data_sample.gt_sem_seg.data), classes, palette)
        if draw_pred and 'pred_sem_seg' in data_sample:
            shown |= present_classes(to_numpy(data_sample.pred_sem_seg.data), *predicted)
        return stack_columns([stack_rows(sheets), self._legend(columns, [entry[1:] for entry in sorted(shown)])])

    def _predicted_classes(
        self, sample: SegDataSample | None, classes: Sequence[str], palette: Sequence[Colour]
    ) -> tuple[Sequence[str], Sequence[Colour]]:
        """Classes and colours of a prediction.

        They are the data set's, unless the model has another number of classes, as one trained on LIP and tested on
        ATR.
        """
        number = len(sample.seg_logits.data) if sample is not None and 'seg_logits' in sample else len(classes)
        others = [each for each in LABEL_SETS.values() if len(each.classes) == number]
        if number == len(classes) or not others:
            return classes, palette
        return others[0].classes, others[0].colours(self.palette_name)

    def _legend(self, columns: Sequence[str], classes: Entries) -> np.ndarray:
        """Names and colours of classes, of the skeleton's sides, and of the lines."""
        entries = [*classes]
        if 'pose' in columns:
            entries += side_entries(self.side_colours)
        if 'contours' in columns:
            entries += level_entries()
        return legend([name for name, _ in entries], [colour for _, colour in entries])


def _write_whole(path: Path, image: np.ndarray) -> None:
    """Write an RGB image so that the file is never seen half written; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        draft.write_bytes(cv2.imencode(path.suffix, image[..., ::-1])[1].tobytes())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
