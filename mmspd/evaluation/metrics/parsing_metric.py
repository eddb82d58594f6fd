"""``ParsingMetric``: parsing in all three protocols of :mod:`mmspd.evaluation.functional.parsing`, from one pass."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log
from PIL import Image

from mmspd.anatomy import ATR_CLASSES, IGNORE_LABEL, PARSING_CLASSES
from mmspd.evaluation.functional.bootstrap import SummedScores, bootstrap_intervals, join_scores
from mmspd.evaluation.functional.boundary import boundary_key, boundary_sums, count_boundaries
from mmspd.evaluation.functional.confusion import class_counts, confusion_matrix, pack_confusion, unpack_confusion
from mmspd.evaluation.functional.label_maps import build_label_map
from mmspd.evaluation.functional.parsing import PROTOCOLS, SCORES, ParsingCounts, parsing_sums
from mmspd.evaluation.metrics.parsing_log import log_causes, log_confusions, log_full_confusion, log_intervals
from mmspd.evaluation.metrics.samples import BranchMetric, describe, log_table, sample_id, warn_unmeasured
from mmspd.registry import METRICS
from mmspd.utils.arrays import to_numpy

__all__ = ['ImageCounts', 'ParsingMetric', 'write_prediction']


@dataclass(frozen=True, eq=False)
class ImageCounts:
    """What is kept of one image.

    Attributes:
        confusion: uint32 (2, K), of :func:`~mmspd.evaluation.functional.confusion.pack_confusion`.
        boundary: uint32 (4, C), of :func:`~mmspd.evaluation.functional.boundary.count_boundaries`; None where it is
            not asked for.
    """

    confusion: np.ndarray
    boundary: np.ndarray | None


@METRICS.register_module()
class ParsingMetric(BranchMetric):
    """IoU, precision, recall and F1 of parsing, as fractions, with the protocol in every key.

    Keys: ``{dataset,image,image_both}/{mIoU,mPrecision,mRecall,mF1}``, ``dataset/aAcc`` (pixel accuracy) and
    ``dataset/fgAcc`` (pixel accuracy where the label is not background, class 0). Needs ``pred_sem_seg`` and
    ``gt_sem_seg`` of the same size; a sample without ``gt_sem_seg`` is not counted.

    Args:
        ignore_index (int): Label of pixels that do not count. Defaults to 255.
        per_class (bool): Whether to log a table with one row a class for each protocol, and the largest confusions.
            Defaults to True.
        per_class_keys (bool): Whether to return per-class values too, such as ``dataset/IoU.Hat``. Defaults to False.
        boundary (float | None): Tolerance of the boundary F-score, as a fraction of the image's diagonal, for keys such
            as ``boundary@0.0075/mF1`` (see :mod:`mmspd.evaluation.functional.boundary`). Defaults to None: none.
        intervals (int | None): Number of bootstrap resamples of images, such as 1000, for 95 % intervals: keys such as
            ``dataset/mIoU_low`` and ``dataset/mIoU_high`` (see :mod:`mmspd.evaluation.functional.bootstrap`). Defaults
            to None: none.
        full_confusion (bool): Whether to log the whole confusion matrix; the largest confusions are part of
            ``per_class``. Defaults to False.
        output_dir (str | None): Folder for predictions, ``IMG_ID.png`` each (uint8, mode L: LIP's submission format).
            Defaults to None: none are written.
        format_only (bool): Whether to write predictions without scoring them, where there are no labels. Needs
            ``output_dir``. Defaults to False.
        label_map (Mapping, optional): ``dict(type='LIPToATR')``, to score a model of LIP's classes on ATR's labels,
            with choices of :class:`~mmspd.evaluation.functional.label_maps.LIPToATR`, which are logged beside the
            numbers. Predictions are written in the model's own classes. Defaults to None: both have the same classes.
        collect_device (str): Where results of several processes meet, ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str | None): Put before every key. Defaults to None.

    Raises:
        ValueError: If ``label_map`` has no such choice, or a number is out of range. In ``measure``, naming the image:
            if the sizes differ, if a value is out of range, if model and data set have different classes and
            ``label_map`` is not the one between them, or if the image's id cannot name a file.
    """

    element = 'pred_sem_seg'
    section = 'parsing'

    def __init__(
        self,
        ignore_index: int = IGNORE_LABEL,
        per_class: bool = True,
        per_class_keys: bool = False,
        boundary: float | None = None,
        intervals: int | None = None,
        full_confusion: bool = False,
        output_dir: str | None = None,
        format_only: bool = False,
        label_map: Mapping[str, Any] | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if format_only and output_dir is None:
            raise ValueError('format_only=True writes predictions and nothing else: set output_dir too')
        if ignore_index < 0:
            raise ValueError(f'ignore_index must not be negative, got {ignore_index}')
        if boundary is not None and not 0 < boundary < 1:
            raise ValueError(f"boundary is a fraction of the image's diagonal, such as 0.0075, got {boundary}")
        if intervals is not None and intervals < 1:
            raise ValueError(f'intervals is the number of resamples, such as 1000, got {intervals}')
        self.ignore_index = ignore_index
        self.per_class = per_class
        self.per_class_keys = per_class_keys
        self.boundary = boundary
        self.intervals = intervals
        self.full_confusion = full_confusion
        self.output_dir = None if output_dir is None else Path(output_dir)
        self.format_only = format_only
        self.label_map = build_label_map(label_map)

    @property
    def classes(self) -> tuple[str, ...]:
        """The data set's class names; LIP's if it has none."""
        return tuple((self.dataset_meta or {}).get('classes') or PARSING_CLASSES)

    def measure(self, sample: Mapping[str, Any]) -> ImageCounts | None:
        """Count an image's pixels, None without a label, and write its prediction where asked for."""
        prediction = _as_image(to_numpy(sample['pred_sem_seg']['data']))
        counts = None
        label = sample.get('gt_sem_seg')
        if label is not None and not self.format_only:
            try:
                self._check_classes(sample.get('seg_logits'))
                counts = self._count(prediction, _as_image(to_numpy(label['data'])))
            except ValueError as error:
                raise ValueError(f'{describe(sample)}: {error}') from error
        if self.output_dir is not None:
            write_prediction(self.output_dir, sample_id(sample), prediction)
        return counts

    def _check_classes(self, logits: Mapping[str, Any] | None) -> None:
        """Refuse classes that go by other numbers in model and data set; without logits the model's are not known."""
        if self.label_map is not None and self.classes != ATR_CLASSES:
            raise ValueError(
                f"label_map=dict(type='LIPToATR') is for the labels of ATR's {len(ATR_CLASSES)} classes, but this data "
                f'set has {len(self.classes)} others: {", ".join(self.classes)[:80]}'
            )
        expected = len(self.classes if self.label_map is None else PARSING_CLASSES)
        # A model of two classes may have one map of logits.
        found = expected if logits is None else len(logits['data'])
        if found not in (1, expected):
            lip_on_atr = self.label_map is None and (found, expected) == (len(PARSING_CLASSES), len(ATR_CLASSES))
            remedy = "; for a model of LIP's classes set label_map=dict(type='LIPToATR')" if lip_on_atr else ''
            raise ValueError(f'the model has {found} classes, but {expected} are expected{remedy}')

    def _count(self, prediction: np.ndarray, label: np.ndarray) -> ImageCounts:
        """Count an image's pixels by classes of the data set."""
        if self.label_map is not None:
            prediction = self.label_map.of_prediction(prediction)
            label = self.label_map.of_label(label, self.ignore_index)
        classes = len(self.classes)
        matrix = confusion_matrix(prediction, label, classes, self.ignore_index)
        boundary = None
        if self.boundary is not None:
            boundary = count_boundaries(prediction, label, classes, self.boundary, self.ignore_index).astype(np.uint32)
        return ImageCounts(pack_confusion(matrix), boundary)

    def score(self, results: list[ImageCounts | None]) -> dict[str, float]:
        """Score all images in each protocol."""
        if self.format_only:
            print_log(f'ParsingMetric: predictions of {len(results)} images are in {self.output_dir}', 'current')
            return {}
        if self.label_map is not None:
            print_log(f'ParsingMetric: classes are counted as {self.label_map}', 'current')
        counts, boundary = self._collect(results)
        scores = [parsing_sums(counts, self.classes)]
        if self.boundary is not None and boundary is not None:
            scores.append(boundary_sums(boundary, self.boundary, self.classes))
        joined = join_scores(scores)
        values = joined.values()
        metrics = {name: value for name, value in values.items() if self._returned(name)}
        if self.per_class:
            self._log_tables(values)
        if self.full_confusion:
            log_full_confusion(self.details['confusion'], self.classes)
        if not counts.labelled.any():
            warn_unmeasured(type(self).__name__, metrics)
        else:
            log_causes(counts, boundary, self.classes)
        return metrics | self._intervals(joined)

    def _collect(self, results: Sequence[ImageCounts | None]) -> tuple[ParsingCounts, np.ndarray | None]:
        """Counts of the images with a label, and int64 (N, 4, C) of their boundaries; fills ``details``."""
        classes = self.classes
        measured = [(identity, each) for identity, each in zip(self.ids, results, strict=True) if each is not None]
        total = np.zeros((len(classes), len(classes)), dtype=np.int64)
        pixels = []
        for _, each in measured:
            matrix = unpack_confusion(each.confusion, len(classes))
            total += matrix
            pixels.append(class_counts(matrix))
        counts = ParsingCounts.stack(pixels, len(classes))
        self.details = {
            'ids': np.array([identity for identity, _ in measured], dtype=str),
            'counts': np.stack([counts.correct, counts.predicted, counts.labelled], axis=1),
            'confusion': total,
            'classes': np.array(classes),
        }
        if self.boundary is None:
            return counts, None
        boundary = np.array([each.boundary for _, each in measured], dtype=np.int64).reshape(-1, 4, len(classes))
        self.details |= {'boundary': boundary, 'tolerance': np.array(self.boundary)}
        return counts, boundary

    def _returned(self, name: str) -> bool:
        """Whether the score is one of the metrics: values per class only where asked for."""
        return self.per_class_keys or '.' not in name.split('/', 1)[1]

    def _log_tables(self, values: Mapping[str, float]) -> None:
        """Log the scores per class and the largest confusions."""
        titles: dict[str, str] = {protocol: f'parsing, protocol {protocol!r}' for protocol in PROTOCOLS}
        if self.boundary is not None:
            titles[boundary_key(self.boundary)] = f'parsing, boundary within {self.boundary:g} of the diagonal'
        for group, title in titles.items():
            names = ('Precision', 'Recall', 'F1') if group.startswith('boundary') else SCORES
            columns = {name: np.array([values[f'{group}/{name}.{each}'] for each in self.classes]) for name in names}
            log_table(title, 'class', self.classes, columns)
        log_confusions(self.details['confusion'], self.classes)

    def _intervals(self, scores: SummedScores) -> dict[str, float]:
        """Ends of the intervals of all metrics; nothing where none are asked for."""
        if self.intervals is None:
            return {}
        found = bootstrap_intervals(scores, self.intervals)
        found = {name: interval for name, interval in found.items() if self._returned(name)}
        log_intervals(found, self.intervals, len(scores.columns))
        ends = {f'{name}_low': interval.low for name, interval in found.items()}
        return ends | {f'{name}_high': interval.high for name, interval in found.items()}


def write_prediction(folder: Path, img_id: str, prediction: np.ndarray) -> Path:
    """Write a prediction as ``IMG_ID.png``, whole or not at all, over an older one.

    Args:
        folder (Path): Where to; made if it does not exist.
        img_id (str): The image's name without suffix.
        prediction (np.ndarray): Whole numbers 0..255, (H, W).

    Returns:
        Path: The file.

    Raises:
        ValueError: If the id would lead out of the folder or the values do not fit in a byte.
    """
    if not img_id or '..' in img_id or any(character in img_id for character in '/\\\0'):
        raise ValueError(f'img_id {img_id!r} cannot name a file: expected a name without path separators and ".."')
    if prediction.size and not 0 <= int(prediction.min()) <= int(prediction.max()) <= 255:
        raise ValueError(f'{img_id}: classes above 255 or below 0 cannot be written as a uint8 image')
    folder.mkdir(parents=True, exist_ok=True)
    unfinished, finished = folder / f'.{uuid.uuid4().hex}.tmp', folder / f'{img_id}.png'
    try:
        Image.fromarray(prediction.astype(np.uint8)).save(unfinished, format='PNG')
        unfinished.replace(finished)
    finally:
        unfinished.unlink(missing_ok=True)
    return finished


def _as_image(data: np.ndarray) -> np.ndarray:
    """(1, H, W) as (H, W); anything else unchanged, for the size check to name."""
    return data[0] if data.ndim == 3 and data.shape[0] == 1 else data
