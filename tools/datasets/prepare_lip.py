"""Check LIP's tree and join DensePose-COCO's surface annotation to it, person by person, by annotation id.

Without --densepose the tree is checked, and the COCO images with persons in both splits are counted. With it,
densepose_train.json and densepose_val.json are written: the same annotation in the coordinates of LIP's crops. Persons
whose annotation and picture contradict each other are told and left out. With --coco-images the crops are compared with
the COCO images, too.

Exit code: 0; 1 with conflicts, missing files or malformed poses, of which the report tells; 2 if nothing could be made
of the input, and then nothing is written.

Examples:
    python tools/datasets/prepare_lip.py data/LIP
    python tools/datasets/prepare_lip.py data/LIP --densepose densepose_coco_2014_train.json --report join.json
    python tools/datasets/prepare_lip.py data/LIP --densepose densepose_*.json --coco-images data/coco --workers 4
"""

import argparse
import gc
import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mmspd.datasets.files.densepose_writer import encode_densepose
from mmspd.datasets.files.lip_names import LIPName, parse_name
from mmspd.datasets.joining.coco_images import find_coco_images
from mmspd.datasets.joining.join import Conflict, JoinedSplit, join_split, without_conflicts
from mmspd.datasets.joining.leaks import find_leaks
from mmspd.datasets.joining.pixel_check import CropTask, check_crops
from mmspd.datasets.joining.report import describe, report_join, report_pixels, report_tree
from mmspd.datasets.joining.sources import Sources, read_sources
from mmspd.datasets.joining.tree_check import LAYOUT, SPLITS, SplitCheck, check_split, image_folder
from mmspd.utils.kept_files import Content, needs_writing, write_kept
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import explain_os_error

DESCRIPTION = "DensePose-COCO's surface annotation in the coordinates of LIP's crops"


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('lip_root', type=Path, help="LIP's folder")
    parser.add_argument(
        '--densepose', type=Path, nargs='+', default=[], metavar='FILE.json', help="DensePose-COCO's files"
    )
    parser.add_argument('--coco-images', type=Path, metavar='DIR', help='folder of COCO images, to check the crops')
    parser.add_argument('--verify', type=int, metavar='N', help='check only N crops, evenly spread (default: all)')
    parser.add_argument('--workers', type=int, default=1, help='processes that check crops (default: %(default)s)')
    parser.add_argument('--out', type=Path, metavar='DIR', help="folder to write to (default: LIP's)")
    parser.add_argument('--overwrite', action='store_true', help='replace files with other content')
    parser.add_argument('--skip-malformed', action='store_true', help='leave malformed annotations out')
    parser.add_argument('--report', type=Path, metavar='FILE.json', help='write the report with all names')
    args = parser.parse_args()
    if args.coco_images and not args.densepose:
        parser.error('--coco-images checks the crops of annotated boxes: name --densepose files, too')
    if args.workers < 1 or (args.verify is not None and args.verify < 1):
        parser.error('--workers and --verify: expected at least 1')
    return args


def check_tree(root: Path) -> dict[str, SplitCheck | None]:
    """See what the tree has.

    Raises:
        FileNotFoundError: If it has neither split.
    """
    checks = {split: check_split(root, split) for split in SPLITS}
    if not any(checks.values()):
        raise FileNotFoundError(f'{root}: expected LIP, with at least one of its id lists, as\n{LAYOUT}')
    return checks


def persons_of(check: SplitCheck | None) -> list[LIPName]:
    """The names of a split that are COCO's ids."""
    names = [] if check is None else map(parse_name, check.names)
    return [person for person in names if person is not None]


def join(
    root: Path, checks: Mapping[str, SplitCheck | None], files: list[Path], skip_malformed: bool
) -> tuple[dict[str, JoinedSplit], Sources]:
    """Join each split that there is.

    Raises:
        ValueError: If a file is malformed, or no person at all is in the files.
    """
    wanted = {person.annotation_id for check in checks.values() for person in persons_of(check)}
    sources = read_sources(files, wanted, skip_malformed)
    if not sources.found:
        raise ValueError(
            f'none of the {len(wanted)} annotation ids of LIP is among the {sources.num_annotations} annotations of '
            f'{", ".join(map(str, files))}: name files of DensePose-COCO'
        )
    splits = {
        split: join_split(check.names, check.missing['image'], image_folder(root, split), sources)
        for split, check in checks.items()
        if check is not None
    }
    return splits, sources


def verify_pixels(
    root: Path, splits: Mapping[str, JoinedSplit], folder: Path, number: int | None, workers: int
) -> tuple[dict[str, JoinedSplit], dict[str, Any]]:
    """Compare crops with COCO images.

    Returns:
        tuple: The splits without the persons whose crop does not fit, and the report.
    """
    coco_images = find_coco_images(folder)
    persons = [(split, person) for split, joined in splits.items() for person in joined.joined]
    chosen = persons
    if number is not None and number < len(persons):
        chosen = [persons[place * len(persons) // number] for place in range(number)]
    tasks, missing = [], []
    for split, person in chosen:
        coco_image = coco_images.get(person.person.image_id)
        if coco_image is None:
            missing.append(person.person.name)
        else:
            picture = image_folder(root, split) / person.image['file_name']
            tasks.append(CropTask(person.person.name, picture, coco_image, person.coco_size, person.crop))
    with report_progress('crops') as progress:
        fits = check_crops(tasks, workers, progress)
    conflicts = [Conflict(fit.name, 'crop pixels', fit.problem) for fit in fits if fit.problem is not None]
    checked = {split: without_conflicts(joined, conflicts) for split, joined in splits.items()}
    return checked, report_pixels(fits, len(persons), missing)


def outputs_of(splits: Mapping[str, JoinedSplit], sources: Sources, out: Path) -> dict[Path, Content]:
    """Each surface file to write -> its content. A split without joined persons has none."""
    files = [file.to_json() for file in sources.files]
    info = {'description': DESCRIPTION, 'sources': files}
    return {
        out / f'densepose_{split}.json': partial(
            encode_densepose,
            [person.image for person in joined.joined],
            [person.annotation for person in joined.joined],
            info,
        )
        for split, joined in splits.items()
        if joined.joined
    }


def prepare(args: argparse.Namespace) -> int:
    """Do what the command line asks for.

    Returns:
        int: Exit code 0 or 1.

    Raises:
        OSError: If a file is missing or cannot be read or written.
        ValueError: If a file is malformed.
    """
    checks = check_tree(args.lip_root)
    leaks = find_leaks(*(persons_of(checks[split]) for split in SPLITS))
    report = report_tree(checks, leaks)
    sound = not leaks.names and all(check is None or check.is_complete for check in checks.values())
    outputs: dict[Path, Content] = {}
    if args.densepose:
        splits, sources = join(args.lip_root, checks, args.densepose, args.skip_malformed)
        if args.coco_images:
            splits, pixels = verify_pixels(args.lip_root, splits, args.coco_images, args.verify, args.workers)
            report |= pixels
        report |= report_join(splits, sources)
        outputs = outputs_of(splits, sources, args.out or args.lip_root)
        sound = sound and bool(outputs) and not any(joined.conflicts for joined in splits.values())
    write_all(outputs, report, args)
    print(describe(report))
    for path in outputs:
        print(f'written: {path}')
    if args.densepose and not outputs:
        print('nothing was written: no person could be joined')
    return 0 if sound else 1


def write_all(outputs: Mapping[Path, Content], report: Mapping[str, Any], args: argparse.Namespace) -> None:
    """Write the surface files and the report, if one is asked for, unless one of them would replace something else."""
    everything = dict(outputs)
    if args.report:
        everything[args.report] = lambda: [json.dumps(report, indent=1).encode() + b'\n']
    read = {path.resolve() for path in args.densepose}
    for path in everything:
        if path.resolve() in read or (path == args.report and path in outputs):
            raise ValueError(f'{path} is read, or written twice: name another place (--out, --report)')
    for path, content in everything.items():  # all, before the first is written
        needs_writing(path, content, args.overwrite)
    for path, content in everything.items():
        write_kept(path, content, args.overwrite)


def main() -> int:
    """Do what the command line asks for.

    Returns:
        int: Exit code: 0; 1 where the report tells of conflicts or missing files; 2 if nothing was written; 130 on
        Ctrl-C.
    """
    args = parse_args()
    # The collector of cycles, of which there are none, would walk the annotations' millions of lists again and again.
    gc.disable()
    try:
        return prepare(args)
    except KeyboardInterrupt:
        print('stopped: nothing half is left', file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error)
        print(f'error: {message}', file=sys.stderr)
        return 2
    finally:
        gc.enable()


if __name__ == '__main__':
    sys.exit(main())
