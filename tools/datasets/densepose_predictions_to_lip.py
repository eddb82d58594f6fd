"""Turn dense-pose predictions into pseudo-labels for LIP's persons.

Reads DensePose-COCO's results format and writes densepose_train_predicted.json and densepose_val_predicted.json into
LIP's folder, in the format and coordinates of its surface annotation, marked as predicted. Each person gets the
best-scoring detection that covers the parsed foreground; a table says what became of the others.

Predictions are either of LIP's pictures, as tools/datasets/pseudo_label.py makes them, or of COCO's whole pictures,
whose annotations then say where each crop lies:

    python tools/datasets/densepose_predictions_to_lip.py out/results.json --lip data/LIP --images out/images.json
    python tools/datasets/densepose_predictions_to_lip.py results.json --lip data/LIP \\
        --annotations person_keypoints_train2017.json person_keypoints_val2017.json

To train on them: tools/train.py CONFIG --cfg-options
train_dataloader.dataset.surface_file=densepose_train_predicted.json. Metrics refuse them: they are no truth.

The same input gives the same bytes. Exit code: 0; 2 for bad input, or where nothing is good enough; 1 where a file
cannot be read or written; 130 on Ctrl-C. A file is written whole or not at all.
"""

import argparse
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mmspd.datasets.files.densepose_file import facts_of_file
from mmspd.datasets.files.densepose_results import read_results
from mmspd.datasets.files.densepose_writer import write_densepose
from mmspd.datasets.files.image_files import read_parsing_label
from mmspd.datasets.files.lip_files import read_id_list
from mmspd.datasets.files.lip_names import LIPName, parse_name
from mmspd.datasets.files.problems import Report, tolerating
from mmspd.datasets.predictions.best_predictions import OUTCOMES, BestPredictions, Chosen, Thresholds
from mmspd.datasets.predictions.persons_in_images import ImagePersons, persons_of_coco, persons_of_crops
from mmspd.utils.checksums import file_sha256
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import explain_os_error

SPLITS = ('train', 'val')
DESCRIPTION = "Surface of LIP's persons as a network predicts it: pseudo-labels, no truth"
# Labels in memory: the detections of an image mostly follow each other in the file.
LABELS_KEPT = 64
WARNINGS_SHOWN = 20


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('results', type=Path, nargs='+', help="predictions in DensePose-COCO's results format")
    parser.add_argument('--lip', type=Path, required=True, help="LIP's folder; the files are written into it")
    pictures = parser.add_mutually_exclusive_group(required=True)
    pictures.add_argument('--images', type=Path, help="predictions are of LIP's pictures: COCO file of their names")
    pictures.add_argument(
        '--annotations', type=Path, nargs='+', help="predictions are of COCO's pictures: COCO's files of persons"
    )
    limits = Thresholds()
    parser.add_argument('--min-score', type=float, default=limits.score, help='(default %(default)s)')
    parser.add_argument('--min-area', type=int, default=limits.area, help='pixels of the body (default %(default)s)')
    parser.add_argument(
        '--min-overlap', type=float, default=limits.overlap,
        help='intersection over union of the predicted body and the parsed foreground, without the predicted torso '
        'where LIP has background, as it has on bare skin (default %(default)s)',
    )  # fmt: skip
    parser.add_argument('--points', type=int, default=200, help='of a person, every part alike (default %(default)s)')
    parser.add_argument('--surface', help="name of the predicted surface (default: as --images says, or DensePose's)")
    parser.add_argument('--skip-malformed', action='store_true', help='warn of malformed entries and leave them out')
    parser.add_argument('--overwrite', action='store_true', help='replace files of other content')
    return parser.parse_args()


class Warnings:
    """Counts problems that are gone past, and prints the first of them."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, message: str) -> None:
        """Take a problem's message."""
        self.number += 1
        if self.number <= WARNINGS_SHOWN:
            print(f'warning: {message}', file=sys.stderr)


def read_names(lip: Path) -> dict[str, list[LIPName]]:
    """LIP's persons of each split that there is.

    Raises:
        ValueError: If there is no id list, one is malformed, or a name does not say COCO's ids.
    """
    lists = {split: lip / f'{split}_id.txt' for split in SPLITS}
    persons: dict[str, list[LIPName]] = {}
    for split, path in lists.items():
        for name in read_id_list(path) if path.is_file() else ():
            person = parse_name(name)
            if person is None:
                raise ValueError(
                    f'{path}: expected names such as 36_453991, the ids of a COCO image and of a person in it, '
                    f'got {name[:60]!r}'
                )
            persons.setdefault(split, []).append(person)
    if not persons:
        raise ValueError(f"{lip} holds neither train_id.txt nor val_id.txt: name LIP's folder")
    return persons


def find_persons(args: argparse.Namespace, names: list[LIPName], report: Report | None) -> ImagePersons:
    """Where LIP's persons are in the images that were predicted.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file is malformed, or no image shows a person of LIP's.
    """
    found = persons_of_crops(args.images, names) if args.images else persons_of_coco(args.annotations, names, report)
    if not found.persons:
        files = ', '.join(source.name for source in found.sources)
        raise ValueError(f"{files}: no image of these shows a person of {args.lip}; are they of LIP's persons?")
    return found


def label_reader(lip: Path, names: dict[str, list[LIPName]]) -> Callable[[str], np.ndarray]:
    """A function that gives the parsing label, uint8 (H, W), of a person's name."""
    split_of = {person.name: split for split, persons in names.items() for person in persons}

    @lru_cache(maxsize=LABELS_KEPT)
    def read(name: str) -> np.ndarray:
        return read_parsing_label(
            lip / 'TrainVal_parsing_annotations' / f'{split_of[name]}_segmentations' / f'{name}.png'
        )

    return read


def choose(args: argparse.Namespace, best: BestPredictions, persons: int, report: Report | None) -> int:
    """Offer all detections of all files; returns how many there were.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file is malformed.
    """
    read = 0
    with report_progress('persons with a prediction') as progress:
        for path in args.results:
            for result in read_results(path, report):
                read += 1
                with tolerating(report):
                    best.offer(result)
                progress(len(best.chosen), persons)
    return read


def entries_of(person: LIPName, chosen: Chosen) -> tuple[dict[str, Any], dict[str, Any]]:
    """A person's image and annotation as the file has them."""
    height, width = chosen.size
    image = {
        'id': person.annotation_id,
        'file_name': f'{person.name}.jpg',
        'height': height,
        'width': width,
        'coco_image_id': person.image_id,
    }
    annotation = {
        'id': person.annotation_id,
        'image_id': person.annotation_id,
        'category_id': 1,
        **chosen.annotation,
        'score': chosen.score,
    }
    return image, annotation


def source_entry(path: Path) -> dict[str, Any]:
    """What a file is: name, size, checksum."""
    return {'name': path.name, 'bytes': path.stat().st_size, 'sha256': file_sha256(path)}


def info_of(args: argparse.Namespace, found: ImagePersons) -> dict[str, Any]:
    """The files' ``info``; no dates and no folders, so that the same input gives the same bytes."""
    surface = found.surface if args.surface is None else args.surface
    read_before = [source.to_json() for source in found.sources]
    return {
        'description': DESCRIPTION,
        'predicted': True,
        **({} if surface is None else {'surface': surface}),
        'sources': [*map(source_entry, args.results), *read_before],
        'selection': {name: getattr(args, name) for name in ('min_score', 'min_area', 'min_overlap', 'points')},
    }


def print_report(read: int, best: BestPredictions, warnings: Warnings, without: int) -> None:
    """Print what became of the detections."""
    print(f'{read} detections were read.\n\n| detections, for each person of their image | number |\n| --- | --- |')
    for name, number in best.count().items():
        print(f'| {OUTCOMES[name]} | {number} |')
    print(f'\n{without} persons of LIP are in none of the images. {warnings.number} malformed entries were left out.')


def write(
    args: argparse.Namespace, names: dict[str, list[LIPName]], chosen: dict[str, Chosen], info: dict[str, Any]
) -> None:
    """Write the file of each split that has a prediction, and say so.

    Raises:
        FileExistsError: If there is one of other content.
        OSError: If it cannot be written.
        ValueError: If no person has a prediction.
    """
    if not chosen:
        raise ValueError(
            'no person has a prediction that reaches the thresholds: nothing is written; the table says why'
        )
    for split, persons in names.items():
        entries = [entries_of(person, chosen[person.name]) for person in persons if person.name in chosen]
        path = args.lip / f'densepose_{split}_predicted.json'
        if not entries:
            print(f'{split}: none of {len(persons)} persons has a prediction; no {path.name} is written')
            continue
        images, annotations = ([entry[part] for entry in entries] for part in (0, 1))
        write_densepose(path, images, annotations, info, args.overwrite)
        points = sum(len(annotation['dp_I']) for annotation in annotations)
        print(f'{split}: {len(entries)} of {len(persons)} persons, {points} points: {path}')


def convert(args: argparse.Namespace) -> None:
    """Read, choose, report, write.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If an argument or a file is wrong.
    """
    if args.points < 1:
        raise ValueError(f'--points: expected at least 1, got {args.points}')
    facts_of_file({'info': {'surface': args.surface}}, Path('--surface'))  # refuses what is no name
    thresholds = Thresholds(args.min_score, args.min_area, args.min_overlap)
    warnings = Warnings()
    report = warnings if args.skip_malformed else None
    names = read_names(args.lip)
    everybody = [person for persons in names.values() for person in persons]
    found = find_persons(args, everybody, report)
    best = BestPredictions(found.persons, label_reader(args.lip, names), thresholds, args.points)
    read = choose(args, best, len(everybody), report)
    print_report(read, best, warnings, len(found.without))
    write(args, names, best.chosen, info_of(args, found))


def main() -> int:
    """Make the files that the command line asks for.

    Returns:
        int: Exit code; see the top.
    """
    args = parse_args()
    try:
        convert(args)
    except KeyboardInterrupt:
        print('stopped', file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error)
        print(f'error: {message}', file=sys.stderr)
        return 1 if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | FileExistsError) else 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
