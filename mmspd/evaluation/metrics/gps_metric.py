"""``GPSMetric``: geodesic point similarity of persons, their average precision, and both with masks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from logging import INFO, WARNING
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from mmengine.logging import print_log

from mmspd.anatomy import COARSE_PARTS
from mmspd.evaluation.functional.gps import PersonGPS, masked_gps, mean_of_parts, score_points
from mmspd.evaluation.functional.person_masks import AnnotatedBody
from mmspd.evaluation.functional.single_persons import SinglePerson, score_persons, why_missing
from mmspd.evaluation.functional.surface_reading import (
    body_of_charts,
    confidence,
    read_charts,
    read_map,
    read_pixels,
)
from mmspd.evaluation.metrics.samples import BranchMetric, describe, log_table, refuse_pseudo_labels, to_tensor
from mmspd.registry import METRICS
from mmspd.surface import BODY_SURFACE, DENSEPOSE_SURFACE, PART_SCALES, MeasuredSurface, open_surface
from mmspd.utils.arrays import to_numpy

__all__ = ['GPSMetric']

READINGS: Final = ('charts', 'pixels')
_POINT_FIELDS: Final = ('ori_points', 'labels', 'uv', 'uv_valid')


@dataclass(frozen=True)
class _Measured:
    """What is known of one picture.

    Attributes:
        points: Its person's similarities; None where nothing could be measured.
        person: The person; None likewise.
        overlap: IoU of predicted and annotated body; None without masks.
        elsewhere: Where distances are missing: the name of the points' surface.
    """

    points: PersonGPS | None = None
    person: SinglePerson | None = None
    overlap: float | None = None
    elsewhere: str | None = None


@dataclass(frozen=True, eq=False)
class _Found:
    """What a prediction says of P points.

    Attributes:
        box: float64 (4,), x, y, width, height.
        parts: Whole numbers (P,), 0..24.
        uv: float (P, 2), 0..1.
        score: The higher the surer.
        body: bool (h, w), where its map has a part; None where it was not asked for.
    """

    box: np.ndarray
    parts: np.ndarray
    uv: np.ndarray
    score: float
    body: np.ndarray | None


@METRICS.register_module()
class GPSMetric(BranchMetric):
    """GPS of persons with annotated surface points, as fractions, and AP and AR over GPS of 0.5:0.05:0.95.

    Keys: ``gps/GPS``, the mean over persons; ``gps/`` with ``AP``, ``AP50``, ``AP75``, ``APm``, ``APl`` and the same of
    ``AR``; ``gps/num_persons``. Where all persons come with masks, likewise ``gpsm/GPSm``, ``gpsm/AP``, ... of the
    masked variant. With another ``scale`` the keys name it: ``gps@0.255/GPS``. See
    :mod:`mmspd.evaluation.functional.gps` and :mod:`mmspd.evaluation.functional.average_precision`.

    Each sample is a picture of its own, with one annotated person and at most one prediction. Its score is
    ``pred_surface.scores``, else the mean probability of the predicted part, over the charts' cells with a part. A
    person that is not predicted has GPS 0; one without points is not counted.

    Needs ``bboxes``, ``part_logits`` and ``uv`` in ``pred_surface``, or, read from ``pixels``, ``scores`` and what
    DensePose's results have: ``map_boxes`` (R, 4), x, y, width, height, and ``maps``, a list of uint8 (3, h, w), I and
    U, V times 255. And ``ori_points``, ``labels``, ``uv`` and ``uv_valid`` in ``gt_surface_points``. In the meta
    information it uses ``dp_surface``, the name of the surface that the points are of; ``dp_body`` bool (256, 256), the
    union of ``dp_masks``, ``dp_box`` (4,), its x, y, width, height, and ``ori_shape`` for GPSm; and ``dp_area``, the
    person's pixels, else those of ``dp_body``, for medium and large.

    Args:
        surface (str | None): ``'mmspd_body'``, or a folder with the files of DensePose's evaluation
            (:mod:`mmspd.surface.densepose_assets`), that all points must be of. Defaults to None: the embedded body for
            points that are of it, that of ``assets`` for points of DensePose; others are not measured, and the log says
            so once.
        assets (str | None): Such a folder, for ``surface=None``. Where it does not exist, points of DensePose are among
            the others. Defaults to None: no folder.
        copies (str | None): Where the copy of that folder's distances is made. Defaults to None: in the folder.
        scale (float | None): k in metres. Defaults to None: one for each part, as DensePose-COCO has it since 2019.
        reading (str): ``'charts'``, at the points' very places; or ``'pixels'``, from the map of whole pixels in steps
            of 1 / 255 that DensePose's results hold, by its evaluator's rules. Defaults to ``'charts'``.
        per_part (bool): Whether to log a table with one row a coarse part. Defaults to True.
        per_part_keys (bool): Whether to return per-part values too, such as ``gps/GPS.Torso``. Defaults to False.
        collect_device (str): Where results of several processes meet, ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str | None): Put before every key. Defaults to None.

    Raises:
        FileNotFoundError: If the folder of ``surface``, or a file in either folder, is missing.
        ValueError: If an argument is out of range or a file damaged. In ``measure``, naming the image: if the
            prediction holds several persons, does not fit the points or is not finite, if the points are of another
            surface, or themselves a network's predictions (``dp_predicted``).
    """

    element = 'pred_surface'
    section = 'gps'

    def __init__(
        self,
        surface: str | None = None,
        assets: str | None = None,
        copies: str | None = None,
        scale: float | None = None,
        reading: str = 'charts',
        per_part: bool = True,
        per_part_keys: bool = False,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if scale is not None and not 0 < scale < float('inf'):
            raise ValueError(f'scale must be positive metres, or None, got {scale}')
        if reading not in READINGS:
            raise ValueError(f'reading must be one of {READINGS}, got {reading!r}')
        if surface is not None and assets is not None:
            raise ValueError(f'give surface or assets, not both, got {surface!r} and {assets!r}')
        self.measured = None if surface is None else open_surface(surface, copies)
        self.assets = assets
        found = assets is not None and Path(assets).is_dir()
        self.densepose = open_surface(str(assets), copies) if found else None
        self._told_of_other_surfaces = False
        self.scale = scale
        self.reading = reading
        self.per_part = per_part
        self.per_part_keys = per_part_keys

    def measure(self, sample: Mapping[str, Any]) -> _Measured:
        """Measure an image's person: two short arrays and a few numbers."""
        refuse_pseudo_labels(sample)
        truth = sample.get('gt_surface_points')
        if truth is None:
            return _Measured()
        points = {name: to_numpy(truth[name]) for name in _POINT_FIELDS}
        known = points['uv_valid'].astype(bool) & (points['labels'] > 0)
        if not known.any():
            return _Measured()
        try:
            measured = self._surface_of(sample)
            if measured is None:
                return _Measured(elsewhere=str(sample.get('dp_surface') or 'without name'))
            return self._measure(sample, measured, {name: values[known] for name, values in points.items()})
        except ValueError as error:
            raise ValueError(f'{describe(sample)}: {error}') from error

    def _surface_of(self, sample: Mapping[str, Any]) -> MeasuredSurface | None:
        """The surface that the points are of; None where its distances are not at hand."""
        name = sample.get('dp_surface')
        if self.measured is None:
            if name == BODY_SURFACE:
                return open_surface(BODY_SURFACE)
            # Points of DensePose's own files name no surface.
            return self.densepose if name in (None, DENSEPOSE_SURFACE) else None
        mine = self.measured.surface.name
        unnamed = name is None and ('dp_surface' not in sample or mine == DENSEPOSE_SURFACE)
        if name != mine and not unnamed:
            raise ValueError(
                f'its surface points are of {name or "a surface without name"}, but GPS is to be measured on {mine}: '
                "set GPSMetric's surface to that of the points"
            )
        return self.measured

    def _measure(
        self, sample: Mapping[str, Any], measured: MeasuredSurface, truth: Mapping[str, np.ndarray]
    ) -> _Measured:
        """Measure a person with points: ``labels`` (P,), ``uv`` and ``ori_points`` (P, 2)."""
        prediction = sample['pred_surface']
        boxes = prediction['map_boxes' if 'maps' in prediction else 'bboxes']
        if len(boxes) > 1:
            raise ValueError(
                f'pred_surface holds {len(boxes)} persons, but surface points do not say whose they are: predict one '
                'person an image'
            )
        body, labels = AnnotatedBody.of_sample(sample), truth['labels']
        if not len(boxes):
            points = score_points(np.full(len(labels), np.inf), labels, self._k)
            return _Measured(points, SinglePerson(False, area=body.area), None if body.mask is None else 0.0)
        found = self._read(prediction, truth['ori_points'], body.mask is not None)
        overlap = None if found.body is None else body.overlap(found.body, found.box)
        distances = measured.distances(labels, truth['uv'], found.parts, found.uv)
        person = SinglePerson(True, found.score, float(np.prod(found.box[2:])), body.area)
        return _Measured(score_points(distances, labels, self._k), person, overlap)

    def _read(self, prediction: Mapping[str, Any], points: np.ndarray, with_body: bool) -> _Found:
        """Read the one predicted person at points (P, 2)."""
        given = prediction.get('scores')
        score = None if given is None else float(to_numpy(given)[0])
        if score is not None and not math.isfinite(score):
            raise ValueError(f'pred_surface.scores holds {score}')
        if 'maps' in prediction:
            if self.reading != 'pixels' or score is None:
                raise ValueError("pred_surface.maps are of whole pixels: they need reading='pixels', and scores")
            drawn, box = to_numpy(prediction['maps'][0]), to_numpy(prediction['map_boxes'][0])
            return _Found(box, *read_map(drawn, box, points), score, drawn[0] > 0 if with_body else None)
        corners, part_logits, uv = (to_tensor(prediction[name])[0] for name in ('bboxes', 'part_logits', 'uv'))
        for name, tensor in (('bboxes', corners), ('part_logits', part_logits), ('uv', uv)):
            # Several times faster than asking each number, and NaN shows in either end.
            if not torch.isfinite(torch.stack(torch.aminmax(tensor))).all():
                raise ValueError(f'pred_surface.{name} holds NaN or infinity')
        box = torch.cat([corners[:2], corners[2:] - corners[:2]]).double().cpu().numpy()
        if score is None:
            score = confidence(part_logits)
        read = read_pixels if self.reading == 'pixels' else read_charts
        found = read(part_logits, uv, corners, torch.from_numpy(points))
        return _Found(box, *found, score, body_of_charts(part_logits, corners) if with_body else None)

    @property
    def _k(self) -> np.ndarray | float:
        return PART_SCALES if self.scale is None else self.scale

    def score(self, results: list[_Measured]) -> dict[str, float]:
        """Average over all persons."""
        points = [each.points for each in results if each.points is not None]
        persons = [each.person for each in results if each.person is not None]
        overlaps = [each.overlap for each in results if each.overlap is not None]
        if self._warn_of_other_surfaces(results) and not persons:
            return {}
        plain, masked = (group if self.scale is None else f'{group}@{self.scale:g}' for group in ('gps', 'gpsm'))
        gps = np.array([each.gps for each in points])
        of_persons = [identity for identity, each in zip(self.ids, results, strict=True) if each.points is not None]
        self.details = {
            'ids': np.array(of_persons, dtype=str),
            'gps': gps,
            'scale': np.array(np.nan if self.scale is None else self.scale),
            'reading': np.array(self.reading),
        }
        metrics = _grouped(plain, score_persons(persons, gps, 'GPS'))
        metrics[f'{plain}/num_persons'] = float(len(persons))
        if persons and len(overlaps) == len(persons):
            self.details['gpsm'] = masked_gps(gps, np.array(overlaps))
            metrics |= _grouped(masked, score_persons(persons, self.details['gpsm'], 'GPSm'))
        elif persons:
            without = len(persons) - len(overlaps)
            _log(f'GPSm is left out, as {without} of {len(persons)} persons come without masks (dp_body)')
        unknown = sum(person.area is None for person in persons)
        if unknown:
            _log(f'APm, APl, ARm, ARl are left out, as the area of {unknown} of {len(persons)} persons is unknown')
        by_part = mean_of_parts(points)
        if self.per_part:
            log_table(f'GPS, read from {self.reading}', 'part', COARSE_PARTS, {'GPS': by_part})
        if self.per_part_keys:
            named = zip(COARSE_PARTS, by_part, strict=True)
            for part, value in named:
                metrics[f'{plain}/GPS.{part}'] = float(value)
                if math.isnan(value):
                    _log(f'{plain}/GPS.{part} is NaN, as no annotated point lies there', WARNING)
        return metrics

    def _warn_of_other_surfaces(self, results: list[_Measured]) -> bool:
        """Whether some persons could not be measured for want of distances; the log says which, the first time."""
        names = [each.elsewhere for each in results if each.elsewhere is not None]
        if names and not self._told_of_other_surfaces:
            self._told_of_other_surfaces = True
            where = f'into {self.assets}' if self.assets else 'into a folder and name it in assets'
            _log(
                f'{len(names)} persons are not measured, as no distances are at hand for the surface of their points '
                f"({', '.join(sorted(set(names)))}). For DensePose-COCO's, put the files of its evaluation {where}",
                WARNING,
            )
        return bool(names)


def _grouped(group: str, scores: dict[str, float]) -> dict[str, float]:
    """Scores with their group before the key; for each NaN the log gives the cause."""
    for key, value in scores.items():
        if math.isnan(value):
            _log(f'{group}/{key} is NaN, as {why_missing(key)}', WARNING)
    return {f'{group}/{key}': value for key, value in scores.items()}


def _log(message: str, level: int = INFO) -> None:
    print_log(f'GPSMetric: {message}', 'current', level)
