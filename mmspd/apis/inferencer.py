"""``SPDInferencer``: from pictures to people, in one call."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log

from mmspd.apis.assembling import person_of, settle
from mmspd.apis.crops import BOX_MARGIN, PersonCrop, boxes_inside, check_boxes, crops_around, whole_picture
from mmspd.apis.detectors import Detector, detected_boxes, torchvision_detector
from mmspd.apis.model_loading import load_model
from mmspd.apis.network import Network, Window, WindowPrediction
from mmspd.apis.people import People
from mmspd.apis.person import Person
from mmspd.apis.sources import Picture, Source, is_stream, open_picture, picture_count, pictures_of
from mmspd.datasets.crops.person_boxes import cut
from mmspd.utils.progress import Report, report_progress

__all__ = ['Boxes', 'SPDInferencer', 'Skipped', 'explain']

# (R, 4) or (R, 5): x1, y1, x2, y2 on pixel edges, and a score.
Boxes = np.ndarray | Sequence[Sequence[float]]
# Told of a picture that is left out: its name and what was wrong.
Skipped = Callable[[str, Exception], None]


@dataclass
class _Job:
    """A picture on its way: what is asked of the network, and what it said so far."""

    picture: Picture
    crops: list[PersonCrop]
    predictions: list[WindowPrediction] = field(default_factory=list)

    def window(self, number: int) -> Window:
        """What the network is to see of a person."""
        crop = self.crops[number]
        assert self.picture.image is not None
        box = None if crop.box is None else crop.box - np.tile(np.array(crop.window[:2], np.float64), 2)
        return Window(cut(self.picture.image, crop.window), box)


class SPDInferencer:
    """Parsing, joints and body surface of the people in pictures.

    Without boxes a picture shows one person, who may fill any part of it. With boxes, given or from a detector, each
    person is cut out, predicted alone and laid back; of pixels that several claim :mod:`mmspd.apis.overlaps` decides.

    Args:
        config_or_name (str | Path | Config): A shipped model's name, or a config or its file; see
            :func:`~mmspd.apis.model_loading.load_model`. Defaults to ``'spd_small'``.
        checkpoint (str | Path, optional): The weights. Defaults to None: the shipped model's.
        device (str | torch.device, optional): Such as ``'cuda:0'``. Defaults to None: a GPU where there is one.
        detector (Callable, optional): Finds people: see :mod:`mmspd.apis.detectors`. Defaults to None.
        batch_size (int): Persons that the network sees at once, of one or several pictures. Defaults to 1.
        box_margin (float): What a person's crop shows around the box on each side, as a fraction of its width and
            height. Defaults to 0.1.
        fast (bool): Whether the model is rewritten to be faster, with the same results but for rounding. Defaults to
            True.

    Raises:
        FileNotFoundError: If there is no such config or checkpoint.
        TypeError: If the config is neither a name nor a config.
        ValueError: Of :func:`load_model`; or if ``batch_size`` or ``box_margin`` is out of range.

    Example:
        >>> people = SPDInferencer('spd_small')('person.jpg')
        >>> people[0].areas, people[0].joints
        >>> people.save('results', formats=('sheet', 'json'))
    """

    def __init__(
        self,
        config_or_name: str | Path | Config = 'spd_small',
        checkpoint: str | Path | None = None,
        device: str | torch.device | None = None,
        *,
        detector: Detector | None = None,
        batch_size: int = 1,
        box_margin: float = BOX_MARGIN,
        fast: bool = True,
    ) -> None:
        if not isinstance(batch_size, int) or batch_size < 1 or not 0 <= box_margin <= 2:
            raise ValueError(f'expected batch_size >= 1 and box_margin in 0..2, got {batch_size} and {box_margin}')
        loaded = load_model(config_or_name, checkpoint, device)
        heads = dict(parsing=loaded.model.seg_head, pose=loaded.model.pose_head, surface=loaded.model.densepose_head)
        self.branches = tuple(name for name, head in heads.items() if head is not None)
        self.name = loaded.name
        self.labels = loaded.labels
        self.detector = torchvision_detector(detector) if isinstance(detector, torch.nn.Module) else detector
        self.batch_size = batch_size
        self.box_margin = box_margin
        self.network = Network(loaded, fast)

    def __call__(
        self, source: Source | Sequence[Source], boxes: Boxes | Sequence[Boxes | None] | None = None, tta: bool = False
    ) -> People | list[People] | Iterator[People]:
        """Predict.

        Args:
            source (Source | Sequence[Source]): A picture: file name, array uint8 (H, W, 3) in BGR or image of Pillow;
                a list of them; or a folder's or video's name.
            boxes (Boxes | Sequence, optional): Of the people in the picture, (R, 4): x1, y1, x2, y2 on pixel edges, or
                (R, 5) with a score; for a list of pictures one such for each, None for one without boxes. Defaults to
                None: those of the detector, or without one the whole picture is one person.
            tta (bool): Whether to average over scales and mirror images, as the config's ``tta_pipeline`` says.

        Returns:
            People: Of one picture. For a list of pictures a list of them, without those that cannot be read; for a
            folder or video an iterator, of :meth:`stream`.

        Raises:
            FileNotFoundError: If there is no such picture.
            TypeError: If it is nothing that a picture can be.
            ValueError: If one picture cannot be read, boxes are none or lie outside of it, or boxes come with a folder
                or video.
        """
        if isinstance(source, list | tuple):
            given = [None] * len(source) if boxes is None else list(boxes)
            if len(given) != len(source):
                raise ValueError(f'expected boxes for each of {len(source)} pictures (or None), got {len(given)}')
            for number, each in enumerate(given):
                if each is not None:
                    check_listed(number, each)
            if any(is_stream(each) for each in source):
                raise ValueError('a list is of pictures; give folders and videos one by one, or to stream()')
            return list(self._run(zip(pictures_of(source), given, strict=True), tta, _log_skipped))
        if is_stream(source):
            if boxes is not None:
                raise ValueError('boxes belong to one picture; for a folder or video give the inferencer a detector')
            if not Path(source).expanduser().exists():  # type: ignore[arg-type]  # a stream has a name
                raise FileNotFoundError(f'the video is missing: {source}')
            return self.stream(source, tta)
        picture = open_picture(source)
        try:
            job = self._job(picture, boxes)  # type: ignore[arg-type]  # a list of pictures is dealt with above
        except ValueError as error:
            raise ValueError(explain(picture.name, error)) from error
        return next(self._batch(deque([job]), tta))

    def stream(
        self,
        source: Source | Sequence[Source],
        tta: bool = False,
        progress: bool = False,
        skipped: Skipped | None = None,
        wanted: Callable[[str], bool] | None = None,
    ) -> Iterator[People]:
        """Predict pictures one after the other, holding no more of them than a batch.

        Args:
            source (Source | Sequence[Source]): A folder, a video, a picture, or a list of such.
            tta (bool): As in a call.
            progress (bool): Whether to report on the standard error stream how far it has come.
            skipped (Callable, optional): Is told the name and the error of each picture that is left out. Defaults to
                None: a line in the log.
            wanted (Callable, optional): Whether a picture of this name is to be predicted, to leave out what is done
                already. Defaults to None: all are.

        Yields:
            People: Of each picture that can be read, in order.
        """
        with report_progress('pictures') if progress else nullcontext(_no_report) as report:
            pictures = _reported(pictures_of(source), picture_count(source) if progress else None, report)
            chosen = ((each, None) for each in pictures if wanted is None or wanted(each.name))
            yield from self._run(chosen, tta, skipped or _log_skipped)

    def _run(self, pictures: Iterable[tuple[Picture, Boxes | None]], tta: bool, skipped: Skipped) -> Iterator[People]:
        """People of (picture, boxes), batch by batch."""
        waiting: deque[_Job] = deque()
        for picture, boxes in pictures:
            try:
                if picture.error is not None:
                    raise picture.error
                waiting.append(self._job(picture, boxes))
            except (OSError, TypeError, ValueError) as error:  # a TypeError: of what is no picture
                skipped(picture.name, error)
                continue
            if sum(len(job.crops) for job in waiting) >= self.batch_size or len(waiting) >= self.batch_size:
                yield from self._batch(waiting, tta)
        yield from self._batch(waiting, tta)

    def _job(self, picture: Picture, boxes: Boxes | None) -> _Job:
        """What to ask of the network about a picture."""
        image = picture.image
        assert image is not None
        shape = (image.shape[0], image.shape[1])
        if boxes is None and self.detector is not None:
            boxes = boxes_inside(self._detect(self.detector, picture.name, image), shape)
        if boxes is None:
            return _Job(picture, [whole_picture(shape)])
        return _Job(picture, crops_around(boxes, shape, self.box_margin))

    @staticmethod
    def _detect(detector: Detector, name: str, image: np.ndarray) -> np.ndarray:
        """Boxes of a detector, which may draw on its picture and fail in ways of its own."""
        try:
            return detected_boxes(detector(image.copy()), name)
        except Exception as error:
            raise ValueError(f'{name}: the detector failed: {type(error).__name__}: {error}') from error

    def _batch(self, waiting: deque[_Job], tta: bool) -> Iterator[People]:
        """Predict all persons of the waiting jobs, ``batch_size`` at a time; empties ``waiting``."""
        asked = [(job, number) for job in waiting for number in range(len(job.crops))]
        for start in range(0, len(asked), self.batch_size):
            part = asked[start : start + self.batch_size]
            predictions = self.network.predict([job.window(number) for job, number in part], tta)
            for (job, _), prediction in zip(part, predictions, strict=True):
                job.predictions.append(prediction)
        while waiting:
            yield self._finish(waiting.popleft())

    def _finish(self, job: _Job) -> People:
        """The people of a job whose predictions are complete."""
        image = job.picture.image
        assert image is not None
        size = (image.shape[0], image.shape[1])
        persons = []
        for number, (crop, prediction) in enumerate(zip(job.crops, job.predictions, strict=True), start=1):
            person = person_of(crop, prediction, self.labels, size)
            persons.append(replace(person, image=image, source=job.picture.name, number=number))
        nobody = len(persons) == 1 and job.crops[0].box is None and self._shows_nobody(persons[0])
        settled = [] if nobody else settle(persons, job.predictions)
        return People(image, job.picture.name, settled, self.labels, self.branches)

    def _shows_nobody(self, person: Person) -> bool:
        """Whether neither parsing nor surface found a body; a model without either cannot tell."""
        return self.branches != ('pose',) and not person.window_body.any()


def check_listed(number: int, boxes: Boxes) -> None:
    """Refuse what are no boxes of a picture of a list: a mistake of the caller's, and not of the picture.

    Raises:
        ValueError: Of :func:`~mmspd.apis.crops.check_boxes`; the message counts pictures from 0.
    """
    try:
        check_boxes(boxes)
    except ValueError as error:
        raise ValueError(f'boxes[{number}], of one picture of the list: {error}') from error


def explain(name: str, error: Exception) -> str:
    """What was wrong with a picture, in a line that names it."""
    return str(error) if name in str(error) else f'{name}: {error}'


def _log_skipped(name: str, error: Exception) -> None:
    """Say in the log that a picture is left out."""
    print_log(f'left out: {explain(name, error)}', logger='current', level=logging.WARNING)


def _no_report(done: int, total: int) -> None:
    """Nothing is reported."""


def _reported(pictures: Iterable[Picture], total: int | None, report: Report) -> Iterator[Picture]:
    """The same, reporting how many were taken, whatever became of them."""
    done = 0
    for picture in pictures:
        report(done, max(done + 1, total or 0))
        yield picture
        done += 1
    report(done, done)
