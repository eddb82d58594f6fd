"""From predictions of parts of a picture to its people."""

from collections.abc import Sequence

import numpy as np

from mmspd.anatomy import LabelSet
from mmspd.apis.crops import PersonCrop
from mmspd.apis.network import Charts, WindowPrediction
from mmspd.apis.overlaps import Claim, owners
from mmspd.apis.person import Person
from mmspd.codecs.bilinear import largest_maps, places_of

__all__ = ['person_of', 'settle']


def person_of(crop: PersonCrop, prediction: WindowPrediction, labels: LabelSet, size: tuple[int, int]) -> Person:
    """A person from what the network says of its part of the picture.

    Args:
        crop (PersonCrop): The part.
        prediction (WindowPrediction): In the part's pixels.
        labels (LabelSet): The parsing classes.
        size (tuple): (H, W) of the picture.

    Returns:
        Person: In the picture's pixels.
    """
    x0, y0, x1, y1 = crop.window
    corner = np.array([x0, y0], np.float64)
    parsing, joints, charts = None, None, None
    if prediction.logits is not None:
        cells = prediction.logits.shape[1:]
        rows, columns = (range(end - start) for start, end in ((y0, y1), (x0, x1)))
        places = (places_of(axis, 0, len(axis), count) for axis, count in zip((rows, columns), cells, strict=True))
        parsing = largest_maps(prediction.logits, *places)
    if prediction.joints is not None:
        joints = (prediction.joints + corner).astype(np.float32)
    if prediction.charts is not None:
        found = prediction.charts
        charts = Charts(found.part_logits, found.uv, found.box + np.tile(corner, 2))
    box = crop.box if crop.box is not None else _box_around(parsing, charts, corner, size)
    return Person(
        box=box.astype(np.float32),
        score=_score(crop.score, prediction.joint_scores),
        joints=joints,
        joint_scores=prediction.joint_scores,
        labels=labels,
        size=size,
        window=crop.window,
        window_parsing=parsing,
        charts=charts,
    )


def _score(detected: float | None, joints: np.ndarray | None) -> float:
    """See :class:`Person`."""
    if detected is not None:
        return detected
    return 1.0 if joints is None else float(np.clip(joints.mean(), 0, 1))


def _box_around(
    parsing: np.ndarray | None, charts: Charts | None, corner: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Box on pixel edges around the body, else around the charts, else the picture: float64 (4,)."""
    if parsing is not None and parsing.any():
        rows, columns = np.flatnonzero(parsing.any(axis=1)), np.flatnonzero(parsing.any(axis=0))
        edges = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)
        return edges + np.tile(corner, 2)
    limits = np.array([size[1], size[0], size[1], size[0]], np.float64)
    return np.clip(charts.box, 0, limits) if charts is not None else np.array([0, 0, *limits[2:]])


def settle(persons: Sequence[Person], predictions: Sequence[WindowPrediction]) -> list[Person]:
    """Take from each person what is another's; :mod:`mmspd.apis.overlaps` has the rule.

    Args:
        persons (Sequence[Person]): Of one picture.
        predictions (Sequence[WindowPrediction]): One for each.

    Returns:
        list[Person]: The same, without the pixels of others.
    """
    claims = [_claim(person, prediction) for person, prediction in zip(persons, predictions, strict=True)]
    if len(claims) < 2 or any(claim is None for claim in claims):
        return list(persons)
    owner = owners([claim for claim in claims if claim is not None], persons[0].size)
    settled = []
    for number, person in enumerate(persons, start=1):
        x0, y0, x1, y1 = person.window
        own = owner[y0:y1, x0:x1]
        settled.append(person.without((own > 0) & (own != number)))
    return settled


def _claim(person: Person, prediction: WindowPrediction) -> Claim | None:
    """What a person claims; None where the model has no maps."""
    if prediction.logits is not None:
        return Claim(person.window, person.window_body, prediction.logits, np.array(person.window, np.float64))
    if person.charts is not None:
        return Claim(person.window, person.window_body, person.charts.part_logits, person.charts.box)
    return None
