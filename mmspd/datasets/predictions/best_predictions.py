"""Which prediction becomes a person's pseudo-label: the best-scoring one that covers the person of the crop."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.files.densepose_results import DenseResult
from mmspd.datasets.predictions.predicted_surfaces import (
    MapInCrop,
    move_to_crop,
    overlap_with_label,
    surface_annotation,
)

__all__ = ['OUTCOMES', 'BestPredictions', 'Chosen', 'Person', 'Thresholds']

# What becomes of a detection, or, from the crop on, of a detection for one person of its image; the first that applies.
OUTCOMES: Final = {
    'score': 'score too low',
    'image': 'of an image without a person of LIP',
    'empty': 'empty map: background everywhere',
    'size': "person whose crop is not of the label's size",
    'foreground': 'person whose label has no foreground',
    'crop': 'outside the crop',
    'area': 'body too small',
    'overlap': 'overlap with the foreground too small',
    'beaten': 'another one scores higher',
    'chosen': 'chosen',
}


class Person(NamedTuple):
    """A person of LIP.

    Attributes:
        name: Of its files.
        crop: Its place in the image that predictions are of; None where they are of the crop itself.
    """

    name: str
    crop: Crop | None


@dataclass(frozen=True)
class Thresholds:
    """What a prediction must reach.

    Attributes:
        score: The detector's score.
        area: Pixels of the body within the crop.
        overlap: Of :func:`mmspd.datasets.predictions.predicted_surfaces.overlap_with_label`, 0..1.

    Raises:
        ValueError: If one is out of range.
    """

    score: float = 0.5
    area: int = 256
    overlap: float = 0.3

    def __post_init__(self) -> None:
        # Comparisons with nan are false.
        if not (self.area >= 1 and 0 <= self.overlap <= 1 and abs(self.score) < float('inf')):
            raise ValueError(f'expected a finite score, an area of at least 1 and an overlap of 0..1, got {self}')


class Chosen(NamedTuple):
    """A person's best prediction.

    Attributes:
        score: The detector's.
        overlap: With the label's foreground.
        size: (height, width) of the person's picture.
        annotation: Of :func:`mmspd.datasets.predictions.predicted_surfaces.surface_annotation`.
    """

    score: float
    overlap: float
    size: tuple[int, int]
    annotation: dict[str, Any]


class BestPredictions:
    """Takes detections one after the other and keeps the best of each person.

    Of two of the same score the one of the larger overlap wins, then the earlier one.

    Args:
        persons (Mapping[int, Sequence[Person]]): Image id of the predictions -> the persons in it.
        read_label (Callable[[str], np.ndarray]): The parsing label, uint8 (H, W), of a person's name.
        thresholds (Thresholds): What a prediction must reach.
        num_points (int): Wanted points of a person.

    Attributes:
        chosen: Person's name -> the best so far.
    """

    def __init__(
        self,
        persons: Mapping[int, Sequence[Person]],
        read_label: Callable[[str], np.ndarray],
        thresholds: Thresholds,
        num_points: int,
    ) -> None:
        self.chosen: dict[str, Chosen] = {}
        self._outcomes: Counter[str] = Counter()
        self._persons = persons
        self._read_label = read_label
        self._thresholds = thresholds
        self._num_points = num_points

    def offer(self, result: DenseResult) -> None:
        """Consider a detection for every person of its image.

        Raises:
            OSError: If a label cannot be read.
            ValueError: If a label is malformed.
        """
        if result.score < self._thresholds.score:
            self._outcomes['score'] += 1
        elif not self._persons.get(result.image_id):
            self._outcomes['image'] += 1
        elif not result.iuv[..., 0].any():
            self._outcomes['empty'] += 1
        else:
            for person in self._persons[result.image_id]:
                self._outcomes[self._consider(result, person)] += 1

    def count(self) -> dict[str, int]:
        """How often each of ``OUTCOMES`` came about, in their order."""
        return {name: self._outcomes[name] for name in OUTCOMES}

    def _consider(self, result: DenseResult, person: Person) -> str:
        """What becomes of a detection for a person; keeps it if it is the best so far."""
        label = self._read_label(person.name)
        crop = person.crop or Crop(0, 0, label.shape[1], label.shape[0])
        if (crop.height, crop.width) != label.shape:
            return 'size'
        predicted = move_to_crop(result, crop)
        if predicted is None:
            return 'crop'
        overlap = overlap_with_label(predicted, label)
        if overlap is None:
            return 'foreground'
        if np.count_nonzero(predicted.iuv[..., 0]) < self._thresholds.area:
            return 'area'
        if overlap < self._thresholds.overlap:
            return 'overlap'
        return self._compare(person.name, (result.score, overlap), predicted, label.shape)

    def _compare(self, name: str, rank: tuple[float, float], predicted: MapInCrop, size: tuple[int, int]) -> str:
        older = self.chosen.get(name)
        if older is not None and rank <= (older.score, older.overlap):
            return 'beaten'
        self.chosen[name] = Chosen(*rank, size, surface_annotation(predicted, name, self._num_points))
        # If there was an older one, that is beaten now, and as many are chosen as before.
        return 'chosen' if older is None else 'beaten'
