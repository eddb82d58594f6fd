"""What all samples of a data set, or of two splits, say together."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from mmspd.checking.facts import SampleFacts, Votes
from mmspd.checking.findings import Finding
from mmspd.checking.likeness import Fingerprint, alike_pairs, equal_pairs

__all__ = ['conclude', 'leaks_between', 'repeated_content']

# LIP's name of a person: the id of a COCO image, and that of an annotation.
_LIP_NAME: Final = re.compile(r'(\d+)_(\d+)')
_LEAST_VOTES: Final = 10
_LEAST_FACES: Final = 5
_LEAST_JOINTS: Final = 30
_SMALLEST_SHARE: Final = 0.75  # with exchanged persons 0.65 of the joints and 0.35 of the points, else nearly all


def conclude(name: str, facts: Sequence[SampleFacts], base: int) -> Iterator[Finding]:
    """Look for what is wrong throughout a data set.

    Args:
        name (str): The data set's name.
        facts (Sequence[SampleFacts]): Of its samples.
        base (int): The number from which its files count pixels, 0 or 1.

    Yields:
        Finding: Persons without joints where others have some, annotations of other persons or swapped sides
            throughout, visibility flags of the other sense, coordinates counted from the other number.
    """
    # Flags of the other sense leave only hidden joints to ask.
    visibility = list(_visibility(facts))
    others = [] if visibility else list(_other_persons(facts))
    for rule, message in (*visibility, *others, *_swapped_sides(facts), *_coordinate_base(facts, base)):
        yield Finding(rule, f'{name}: {message}', name)
    if any(fact.joints for fact in facts):
        for fact in facts:
            if not fact.joints and fact.mark is not None:
                yield Finding('joints-missing', f'{fact.name}: no joint is annotated', name, fact.name, fact.image)


def _total(votes: Iterable[Votes]) -> Votes:
    """All that agree, and all that contradict."""
    first, second = np.sum([(0, 0), *votes], axis=0).tolist()
    return first, second


def _other_persons(facts: Sequence[SampleFacts]) -> Iterator[tuple[str, str]]:
    """Joints and points that often do not lie on their part of the labelled body, too seldom to tell of each person."""
    for rule, kind, votes in (
        ('joints-off-body', 'joints', [fact.joints_on_body for fact in facts]),
        ('surface-off-body', 'surface points', [fact.points_on_body for fact in facts]),
    ):
        agree, contradict = _total(votes)
        asked = agree + contradict
        if asked >= _LEAST_JOINTS and agree < _SMALLEST_SHARE * asked:
            yield rule, f'{agree} of {asked} {kind} of head, arms and legs lie on these in the labels'


def _swapped_sides(facts: Sequence[SampleFacts]) -> Iterator[tuple[str, str]]:
    """Joints and points against the labels; joints and labels against where a face says that left and right are."""
    for kind, votes in (
        ('joints', [fact.joint_votes for fact in facts]),
        ('surface points', [fact.point_votes for fact in facts]),
    ):
        agree, contradict = _total(votes)
        if agree + contradict >= _LEAST_VOTES and contradict > 2 * agree:
            yield 'sides-swapped', f'{contradict} of {agree + contradict} {kind} lie on the label of the other side'
    for kind, votes in (
        ('left shoulder', [fact.joint_faces for fact in facts]),
        ("label's left limbs", [fact.label_faces for fact in facts]),
    ):
        agree, contradict = _total(votes)
        # Arms cross, so that some contradict rightly.
        if agree + contradict >= _LEAST_FACES and contradict > 2 * agree:
            yield (
                'sides-swapped',
                f'of {agree + contradict} persons who show their faces, {contradict} have the {kind} on the left of '
                'the image',
            )


def _visibility(facts: Sequence[SampleFacts]) -> Iterator[tuple[str, str]]:
    joints, occluded = sum(fact.joints for fact in facts), sum(fact.occluded for fact in facts)
    if joints >= _LEAST_JOINTS and occluded > joints / 2:
        yield (
            'visibility-sense',
            f'{occluded} of {joints} joints are marked occluded ({occluded / joints:.0%}); expected fewer than half',
        )


def _coordinate_base(facts: Sequence[SampleFacts], base: int) -> Iterator[tuple[str, str]]:
    """Whether coordinates stop at the first and last pixel of the other way of counting."""
    below, first = _total(fact.lowest for fact in facts)
    last, beyond = _total(fact.highest for fact in facts)
    # A slip or two do not make another way of counting: the outermost pixel inside is then met more often.
    if base == 1 and 4 * below > first and not last:
        yield (
            'coordinate-base',
            f'{below} coordinates are 0 and none is the size of its image; counted from 1, as these files are, 0 lies '
            'outside',
        )
    if base == 0 and 4 * beyond > last and not first:
        yield (
            'coordinate-base',
            f'{beyond} coordinates are the size of their image and none is 0; counted from 0, as these files are, the '
            'size lies outside',
        )


def leaks_between(
    first_name: str,
    first: Sequence[SampleFacts],
    second_name: str,
    second: Sequence[SampleFacts],
    same_names: tuple[bool, bool],
) -> Iterator[Finding]:
    """Look for samples of one split in another.

    Args:
        first_name (str): Name of a split.
        first (Sequence[SampleFacts]): Of its samples.
        second_name (str): Name of the other.
        second (Sequence[SampleFacts]): Of its samples.
        same_names (tuple[bool, bool]): Whether equal names mean the same person, and whether names start with the
            number of a COCO image.

    Yields:
        Finding: Equal names, persons of one COCO image (one finding for all), equal and nearly equal pictures.
    """
    names = {fact.name for fact in first} if same_names[0] else set()
    shared = [fact for fact in second if fact.name in names]
    for fact in shared:
        yield Finding(
            'id-leak', f'{fact.name} is in {first_name} and in {second_name}', second_name, fact.name, fact.image
        )
    if same_names[1]:
        yield from _image_leaks(first_name, first, second_name, second)
    known = {fact.name for fact in shared}
    ours, theirs = _read(first), _read(second)
    marks, others = [mark for _, mark in ours], [mark for _, mark in theirs]
    equal = list(equal_pairs(marks, others))
    seen = {place for _, place in equal}
    for rule, how, pairs in (
        ('content-leak', 'the same pixels', equal),
        (
            'content-alike',
            'nearly the same picture',
            (pair for pair in alike_pairs(marks, others) if pair[1] not in seen),
        ),
    ):
        for here, there in pairs:
            our, their = ours[here][0], theirs[there][0]
            if their.name not in known and our.image != their.image:
                message = f'{their.image} of {second_name} has {how} as {our.image} of {first_name}'
                yield Finding(rule, message, second_name, their.name, their.image)


def repeated_content(name: str, facts: Sequence[SampleFacts]) -> Iterator[Finding]:
    """Look for files of a split with equal pixels; several persons of one file are none."""
    read = _read(facts)
    marks = [mark for _, mark in read]
    for here, there in equal_pairs(marks, marks):
        ours, theirs = read[here][0], read[there][0]
        if ours.image != theirs.image:
            message = f'{theirs.image} has the same pixels as {ours.image}'
            yield Finding('content-double', message, name, theirs.name, theirs.image)


def _read(facts: Sequence[SampleFacts]) -> list[tuple[SampleFacts, Fingerprint]]:
    """Samples whose picture was read, and its fingerprint."""
    return [(fact, fact.mark) for fact in facts if fact.mark is not None]


def _image_leaks(
    first_name: str, first: Sequence[SampleFacts], second_name: str, second: Sequence[SampleFacts]
) -> Iterator[Finding]:
    """One finding for all persons of COCO images that have persons in both splits."""
    images: dict[str, list[str]] = defaultdict(list)
    for fact in first:
        if match := _LIP_NAME.fullmatch(fact.name):
            images[match[1]].append(fact.name)
    shared = [match for fact in second if (match := _LIP_NAME.fullmatch(fact.name)) and match[1] in images]
    if shared:
        number = len({match[1] for match in shared})
        yield Finding(
            'image-leak', f'{len(shared)} persons of {second_name} are of {number} pictures that have persons in '
            f'{first_name}, too, such as {shared[0][0]} and {images[shared[0][1]][0]}', second_name,
        )  # fmt: skip
