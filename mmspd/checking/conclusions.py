"""What all samples of a data set, or of two splits, say together."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from mmspd.checking.findings import Finding
from mmspd.checking.likeness import alike_pairs
from mmspd.checking.samples import SampleFacts

__all__ = ['conclude', 'leaks_between', 'repeated_content']

# LIP's name of a person: the id of a COCO image, and that of an annotation.
_LIP_NAME: Final = re.compile(r'(\d+)_(\d+)')
_LEAST_VOTES: Final = 20
_LEAST_JOINTS: Final = 50
_LEAST_AT_EDGE: Final = 3


def conclude(name: str, facts: Sequence[SampleFacts], base: int) -> Iterator[Finding]:
    """Look for what is wrong throughout a data set.

    Args:
        name (str): The data set's name.
        facts (Sequence[SampleFacts]): Of its samples.
        base (int): The number from which its files count pixels, 0 or 1.

    Yields:
        Finding: Persons without joints where others have some, sides swapped, visibility flags of the other sense,
            coordinates counted from the other number.
    """
    for what, votes in (('joints', [fact.joint_votes for fact in facts]), ('points', [f.point_votes for f in facts])):
        agree, contradict = sum(vote[0] for vote in votes), sum(vote[1] for vote in votes)
        if agree + contradict >= _LEAST_VOTES and contradict > agree:
            kind = 'joints' if what == 'joints' else 'surface points'
            yield Finding(
                'sides-swapped', f'{name}: {contradict} of {agree + contradict} {kind} lie on the label of the other '
                'side', name,
            )  # fmt: skip
    joints, occluded = sum(fact.joints for fact in facts), sum(fact.occluded for fact in facts)
    if joints:
        for fact in facts:
            if not fact.joints and fact.mark is not None:
                yield Finding(
                    'joints-missing', f'{fact.name}: no joint is annotated', name, fact.name, fact.image
                )  # fmt: skip
    if joints >= _LEAST_JOINTS and occluded > joints / 2:
        yield Finding(
            'visibility-sense', f'{name}: {occluded} of {joints} joints are marked occluded ({occluded / joints:.0%}); '
            'expected fewer than half', name,
        )  # fmt: skip
    below, first = sum(fact.lowest[0] for fact in facts), sum(fact.lowest[1] for fact in facts)
    last, beyond = sum(fact.highest[0] for fact in facts), sum(fact.highest[1] for fact in facts)
    if base == 1 and below >= _LEAST_AT_EDGE and not last:
        yield Finding(
            'coordinate-base', f'{name}: {below} coordinates are 0 and none is the size of its image; counted from 1, '
            'as these files are, 0 lies outside', name,
        )  # fmt: skip
    if base == 0 and beyond >= _LEAST_AT_EDGE and not first:
        yield Finding(
            'coordinate-base', f'{name}: {beyond} coordinates are the size of their image and none is 0; counted from '
            '0, as these files are, the size lies outside', name,
        )  # fmt: skip


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
    for ours, theirs, equal in _alike(first, second):
        if theirs.name in known or ours.image == theirs.image:
            continue
        how = 'the same pixels' if equal else 'nearly the same picture'
        yield Finding(
            'content-leak' if equal else 'content-alike',
            f'{theirs.image} of {second_name} has {how} as {ours.image} of {first_name}',
            second_name, theirs.name, theirs.image,
        )  # fmt: skip


def repeated_content(name: str, facts: Sequence[SampleFacts]) -> Iterator[Finding]:
    """Look for files of a split with equal pixels; several persons of one file are none."""
    for ours, theirs, equal in _alike(facts, facts):
        if equal and ours.image != theirs.image:
            yield Finding('content-double', f'{theirs.image} has the same pixels as {ours.image}', name, theirs.name,
                          theirs.image)  # fmt: skip


def _alike(
    first: Sequence[SampleFacts], second: Sequence[SampleFacts]
) -> Iterator[tuple[SampleFacts, SampleFacts, bool]]:
    """Pairs of samples whose pictures are alike, and whether they are equal; those that were not read are left out."""
    ours = [fact for fact in first if fact.mark is not None]
    theirs = ours if first is second else [fact for fact in second if fact.mark is not None]
    marks = [fact.mark for fact in ours if fact.mark is not None]
    others = marks if ours is theirs else [fact.mark for fact in theirs if fact.mark is not None]
    for here, there, equal in alike_pairs(marks, others):
        yield ours[here], theirs[there], equal


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
