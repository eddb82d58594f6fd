"""``SaveResults``: predictions of a test run as files of the official formats, beside the metrics."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from logging import WARNING
from pathlib import Path
from typing import Any, Final

import torch
from mmengine.dist import get_rank
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from mmspd.evaluation.functional.surface_reading import confidence
from mmspd.evaluation.metrics.parsing_metric import write_prediction
from mmspd.evaluation.metrics.samples import describe, sample_id, to_tensor
from mmspd.registry import METRICS
from mmspd.results.keypoint_results import keypoint_entry
from mmspd.results.part_files import PartFile, Place, read_places
from mmspd.results.pose_files import pose_row
from mmspd.results.surface_results import surface_entry
from mmspd.utils.arrays import to_numpy
from mmspd.utils.whole_files import whole_file

__all__ = ['RESULT_FILES', 'SaveResults']

# Format -> file or folder below ``out_dir``.
RESULT_FILES: Final = {
    'parsing': 'parsing',
    'pose': 'pose.csv',
    'keypoints': 'keypoints.json',
    'densepose': 'densepose.json',
}
_FIELDS: Final = {
    'parsing': 'pred_sem_seg',
    'pose': 'pred_instances',
    'keypoints': 'pred_instances',
    'densepose': 'pred_surface',
}


@METRICS.register_module()
class SaveResults(BaseMetric):
    """Write the predictions of all samples to ``out_dir``; it measures nothing.

    * ``parsing``: a folder of ``ID.png``, uint8, mode L, in the model's own classes (LIP's submission format).
    * ``pose``: ``pose.csv``, ``ID.jpg,x1,y1,...,x16,y16``, counted from 1 (LIP's submission format).
    * ``keypoints``: ``keypoints.json``, COCO's keypoints results, of LIP's 16 joints, counted from 0.
    * ``densepose``: ``densepose.json``, DensePose-COCO's results.

    ID is the sample's ``img_id``; in JSON a whole number in decimals becomes one. All coordinates are of the sample's
    original picture, which may be a crop. A format of a branch that the model has not is left out. Files replace older
    ones, each whole or not at all. The samples' order is the data set's, whatever the number of processes, which must
    share the folder; a sample that a sampler repeats is written once. Memory holds three numbers a sample.

    Args:
        out_dir (str): The folder; made if it does not exist.
        formats (Sequence[str]): Which of the four. Defaults to all.
        collect_device (str): Where results of several processes meet, ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.

    Raises:
        ValueError: If a format is unknown. In ``process``, naming the image: if it has no id or one that cannot name a
            file, if a prediction is not finite, or if there are joints of several persons.
    """

    # None would be warned of.
    default_prefix = ''

    def __init__(self, out_dir: str, formats: Sequence[str] = tuple(RESULT_FILES), collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device)
        strays = [name for name in formats if name not in RESULT_FILES]
        if strays or not formats:
            raise ValueError(f'formats are some of {", ".join(RESULT_FILES)}, got {list(formats)}')
        self.out_dir = Path(out_dir)
        self.formats = tuple(formats)
        self._part: PartFile | None = None

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Write a batch: maps to their places, the rest to this process's own file."""
        for sample in data_samples:
            try:
                self.results.append((sample_id(sample), self._write(sample)))
            except ValueError as error:
                raise ValueError(f'{describe(sample)}: {error}') from error

    def _write(self, sample: Mapping[str, Any]) -> dict[str, list[Place]]:
        """Write a sample; the places of its texts by format, none where its branch is missing."""
        img_id = sample_id(sample)
        if not img_id:
            raise ValueError('a sample needs img_id or img_path, by which its results are named')
        places: dict[str, list[Place]] = {}
        for name in self.formats:
            prediction = sample.get(_FIELDS[name])
            if prediction is None:
                continue
            if name == 'parsing':
                label = to_numpy(prediction['data'])
                write_prediction(self.out_dir / RESULT_FILES[name], img_id, label[0] if label.ndim == 3 else label)
                places[name] = []
            else:
                texts = _TEXTS[name](img_id, prediction)
                places[name] = [self._own_part().append(text) for text in texts]
        return places

    def _own_part(self) -> PartFile:
        """This process's file, made when it is first needed."""
        if self._part is None:
            self._part = PartFile(self.out_dir / f'.unfinished-{get_rank()}-{uuid.uuid4().hex}')
        return self._part

    def evaluate(self, size: int) -> dict[str, float]:
        """Join the processes' files; no metrics.

        Args:
            size (int): Samples of the data set; what samplers add to it is dropped.

        Returns:
            dict: Empty.
        """
        try:
            # Ends in all processes only when the first has joined the files.
            return super().evaluate(size)
        finally:
            if self._part is not None:
                self._part.close()
                self._part = None

    def compute_metrics(self, results: list[tuple[str, dict[str, list[Place]]]]) -> dict[str, float]:
        """Join what the processes wrote, in the order of the data set."""
        of_samples = dict(reversed(results))  # the first of a sample that comes twice
        ordered = {img_id: of_samples[img_id] for img_id, _ in results}
        for name in self.formats:
            found = [places[name] for places in ordered.values() if name in places]
            if not found:
                print_log(f'SaveResults: no {_FIELDS[name]}, so no {RESULT_FILES[name]} is written', 'current')
                continue
            path = self.out_dir / RESULT_FILES[name]
            if name == 'parsing':
                _tell_of_others(path, ordered)
            else:
                texts = read_places(place for places in found for place in places)
                with whole_file(path, self.out_dir) as file:
                    file.writelines(texts if name == 'pose' else _json_list(texts))
            print_log(f'SaveResults: results of {len(found)} pictures are in {path}', 'current')
        return {}


def _tell_of_others(folder: Path, written: Mapping[str, Any]) -> None:
    """Warn of maps that an earlier run has left in the folder."""
    others = sum(path.suffix == '.png' and path.stem not in written for path in folder.iterdir())
    if others:
        print_log(f'SaveResults: {folder} holds {others} maps of other pictures, not of this run', 'current', WARNING)


def _json_list(entries: Iterator[bytes]) -> Iterator[bytes]:
    """One list of entries, each on its line."""
    start = b'[\n'
    for entry in entries:
        yield start + entry
        start = b',\n'
    yield b'[]\n' if start == b'[\n' else b'\n]\n'


def _pose_texts(img_id: str, prediction: Mapping[str, Any]) -> list[str]:
    """The row of a picture's one person; none where nobody was found."""
    persons = to_numpy(prediction['keypoints'])
    if len(persons) > 1:
        raise ValueError(f"LIP's csv has one person a picture, but {len(persons)} are predicted: leave out 'pose'")
    return [pose_row(img_id, keypoints) for keypoints in persons]


def _keypoint_texts(img_id: str, prediction: Mapping[str, Any]) -> list[str]:
    """An entry for each person."""
    persons = zip(to_numpy(prediction['keypoints']), to_numpy(prediction['keypoint_scores']), strict=True)
    return [json.dumps(keypoint_entry(img_id, *person), allow_nan=False) for person in persons]


def _surface_texts(img_id: str, prediction: Mapping[str, Any]) -> list[str]:
    """An entry for each person; its score as in ``GPSMetric``."""
    boxes, part_logits, uv = (to_tensor(prediction[name]) for name in ('bboxes', 'part_logits', 'uv'))
    given = prediction.get('scores')
    texts = []
    for number, box in enumerate(boxes):
        score = confidence(part_logits[number]) if given is None else float(to_numpy(given)[number])
        if not torch.isfinite(torch.stack([part_logits[number].sum(), uv[number].sum()])).all():
            raise ValueError('pred_surface holds NaN or infinity')
        entry = surface_entry(img_id, box, score, part_logits[number], uv[number])
        texts.append(json.dumps(entry, allow_nan=False))
    return texts


_TEXTS: Final = {'pose': _pose_texts, 'keypoints': _keypoint_texts, 'densepose': _surface_texts}
