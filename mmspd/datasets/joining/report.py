"""What a join found, as one object for a JSON file, and as text.

The object depends on the files alone. It holds no time, and paths only in messages, as the command line has them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from mmspd.datasets.joining.join import JoinedSplit
from mmspd.datasets.joining.leaks import Leaks
from mmspd.datasets.joining.pixel_check import CropFit
from mmspd.datasets.joining.sources import Sources
from mmspd.datasets.joining.tree_check import LAYOUT, SplitCheck

__all__ = ['describe', 'report_join', 'report_pixels', 'report_tree']

_WORST: Final = 10  # crops named with their residuals
_SHOWN: Final = 3  # names of a list in the text; the JSON has all
_SHOWN_CONFLICTS: Final = 10

# Lists of names of a joined split -> what the text calls one of them, and several.
_LISTS: Final = {
    'no_surface': ('is found, but has no surface annotation', 'are found, but have no surface annotation'),
    'not_found': ('is in none of the files', 'are in none of the files'),
    'crowds': (
        'is a crowd of COCO, whose surface nobody annotates',
        'are crowds of COCO, whose surface nobody annotates',
    ),
    'no_image': (
        'is found, but the picture is missing: not written',
        'are found, but their pictures are missing: not written',
    ),
    'malformed': ('has a malformed annotation, which was skipped', 'have a malformed annotation, which was skipped'),
    'other_names': ('is not named COCOIMAGE_ANNOTATION: no join', 'are not named COCOIMAGE_ANNOTATION: no join'),
}


def report_tree(checks: Mapping[str, SplitCheck | None], leaks: Leaks) -> dict[str, Any]:
    """What the tree has, and what its splits share.

    Args:
        checks (Mapping): Split -> what it has; None for a split that is not there.
        leaks (Leaks): What the splits share.

    Returns:
        dict: ``tree`` and ``in_both_splits``, ready for JSON.
    """
    return {
        'tree': {split: None if check is None else vars(check) for split, check in checks.items()},
        'in_both_splits': vars(leaks),
    }


def report_join(splits: Mapping[str, JoinedSplit], sources: Sources) -> dict[str, Any]:
    """What was joined.

    Args:
        splits (Mapping): Split -> what became of its names.
        sources (Sources): The annotations.

    Returns:
        dict: ``sources`` and ``join``, ready for JSON.
    """
    return {
        'sources': {
            'files': [file.to_json() for file in sources.files],
            'annotations': sources.num_annotations,
            'malformed': [*sources.malformed.values(), *sources.nameless],
        },
        'join': {split: _report_split(joined) for split, joined in splits.items()},
    }


def _report_split(split: JoinedSplit) -> dict[str, Any]:
    return {
        'joined': [person.person.name for person in split.joined],
        **{key: getattr(split, key) for key in _LISTS},
        'conflicts': [vars(conflict) for conflict in split.conflicts],
        'points': sum(len(person.annotation['dp_x']) for person in split.joined),
        'points_outside': {person.person.name: person.outside for person in split.joined if person.outside},
        'outlines_left_out': [person.person.name for person in split.joined if person.lost_outline],
    }


def report_pixels(fits: Sequence[CropFit], joined: int, no_coco_image: Sequence[str]) -> dict[str, Any]:
    """How well the crops fit the COCO images.

    Args:
        fits (Sequence[CropFit]): What came of each check.
        joined (int): Persons that could have been checked.
        no_coco_image (Sequence[str]): Names chosen for the check whose COCO image is not there.

    Returns:
        dict: ``pixels``, ready for JSON; its residuals are None where no crop could be compared.
    """
    residuals = {fit.name: fit.residual for fit in fits if fit.residual is not None}
    values = np.array(list(residuals.values()))
    worst = sorted(residuals.items(), key=lambda item: (-item[1], item[0]))[:_WORST]
    return {
        'pixels': {
            'joined': joined,
            'checked': len(fits),
            'no_coco_image': list(no_coco_image),
            'misfits': [fit.name for fit in fits if fit.problem is not None],
            'residual_median': round(float(np.median(values)), 3) if len(values) else None,
            'residual_99_percent': round(float(np.percentile(values, 99)), 3) if len(values) else None,
            'worst': [[name, round(value, 3)] for name, value in worst],
        }
    }


def describe(report: Mapping[str, Any]) -> str:
    """The report as text.

    Args:
        report (Mapping): The results of :func:`report_tree` and, where there are, the others, in one object.

    Returns:
        str: Lines; long lists are cut, with their number told.
    """
    lines = _describe_tree(report['tree'])
    lines += _describe_leaks(report['in_both_splits'])
    for source in report.get('sources', {}).get('files', []):
        lines.append(f'{source["name"]}: {source["bytes"]} bytes, SHA-256 {source["sha256"]}')
    for split, joined in report.get('join', {}).items():
        lines += _describe_join(split, joined)
    if 'pixels' in report:
        lines += _describe_pixels(report['pixels'])
    return '\n'.join(lines)


def _describe_leaks(leaks: Mapping[str, Any]) -> list[str]:
    number = len(leaks['images'])
    images = '1 COCO image has' if number == 1 else f'{number} COCO images have'
    lines = [f'{images} persons in both splits: {len(leaks["train"])} of train, {len(leaks["val"])} of val.']
    if number:
        lines.append("  Training on whole COCO images would leak these; LIP's crops are other persons.")
    if leaks['names']:
        lines.append(
            _counted(leaks['names'], 'is in both lists: take it out of one', 'are in both lists: take them out')
        )
    return lines


def _describe_tree(tree: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    complete = True
    for split, check in tree.items():
        if check is None:
            lines.append(f'{split}: there is no {split}_id.txt, so this split is left out')
            complete = False
            continue
        lines.append(f'{split}: {len(check["names"])} names')
        for what, names in check['missing'].items():
            missing = _counted(names, f'has no {what}', f'have no {what}')
            lines.append(missing if names else f'  each has its {what}')
            complete = complete and not names
        if check['unlisted_poses']:
            one, several = 'has a pose row, but is not in the list', 'have a pose row, but are not in the list'
            lines.append(_counted(check['unlisted_poses'], one, several))
        lines += [f'  {message}' for message in check['bad_poses']]
    if not complete:
        lines += ['The whole tree is', *(f'  {line}' for line in LAYOUT.splitlines())]
    return lines


def _describe_join(split: str, joined: Mapping[str, Any]) -> list[str]:
    outside = joined['points_outside']
    lines = [f'{split}, joined persons: {len(joined["joined"])}, with {joined["points"]} points']
    if outside:
        points = sum(outside.values())
        lines.append(
            _counted(list(outside), f'has {points} points outside the crop', f'have {points} points outside the crop')
        )
    if joined['outlines_left_out']:
        one, several = 'has an outline in runs, which is left out', 'have an outline in runs, which is left out'
        lines.append(_counted(joined['outlines_left_out'], one, several))
    lines += [_counted(joined[key], *what) for key, what in _LISTS.items() if joined[key]]
    conflicts = joined['conflicts']
    if conflicts:
        several = f'{len(conflicts)} conflicts; these persons are not written:'
        lines.append(f'  {"1 conflict; the person is not written:" if len(conflicts) == 1 else several}')
        lines += [
            f'    {conflict["name"]} ({conflict["kind"]}): {conflict["message"]}'
            for conflict in conflicts[:_SHOWN_CONFLICTS]
        ]
    if len(conflicts) > _SHOWN_CONFLICTS:
        lines.append(f'    and {len(conflicts) - _SHOWN_CONFLICTS} more, which --report FILE.json names')
    return lines


def _describe_pixels(pixels: Mapping[str, Any]) -> list[str]:
    lines = [
        f'pixels: {pixels["checked"]} of {pixels["joined"]} crops compared with COCO images, '
        f'{len(pixels["misfits"])} do not fit'
    ]
    if pixels['no_coco_image']:
        what = 'could not be compared: the COCO image is missing'
        lines.append(_counted(pixels['no_coco_image'], what, what))
    if pixels['worst']:
        worst = ', '.join(f'{name} {value:.1f}' for name, value in pixels['worst'][:_SHOWN])
        lines.append(
            f'  mean absolute difference of grey: median {pixels["residual_median"]:.1f}, '
            f'99 % {pixels["residual_99_percent"]:.1f}, worst {worst}'
        )
    return lines


def _counted(names: Sequence[str], one: str, several: str) -> str:
    """'  5 persons SEVERAL: a, b, c, ...'."""
    shown = ', '.join(names[:_SHOWN])
    what = f'1 person {one}' if len(names) == 1 else f'{len(names)} persons {several}'
    return f'  {what}: {shown}{", ..." if len(names) > _SHOWN else ""}'
