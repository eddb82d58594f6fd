"""Look at what the network really gets: samples after the whole pipeline, with label, joints, surface points and box.

Writes sheets of samples, SPLIT_00.jpg and so on, and with --stats how often each class, joint and surface part occurs,
as tables (SPLIT_statistics.md), numbers (.json) and charts (.png). Left and right are the person's: blue joints are
right, orange ones left; rings are occluded. Crosses are points that are known to be off the body.

Example:
    python tools/datasets/browse.py configs/quick/spd_quick.py --num 12 --out browse
    python tools/datasets/browse.py configs/spd/spd_r101_lip.py --split val --stats --out browse --workers 4
    python tools/datasets/browse.py --kind lip data/LIP --num 8 --out browse
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmspd.anatomy import JOINTS, SIDE_COLOURS, SURFACE_PARTS
from mmspd.checking.pictures import annotated_entry, annotated_input, plain
from mmspd.checking.sources import KINDS, open_datasets
from mmspd.checking.statistics import Statistics, count_dataset
from mmspd.datasets.persons import PersonDataset
from mmspd.engine import set_data_root
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import explain_os_error, write_whole
from mmspd.visualization.annotated import annotated_sheet
from mmspd.visualization.charts import Bars, bar_charts
from mmspd.visualization.drawing import PART_COLOURS, side_of
from mmspd.visualization.sheets import legend, stack_columns, stack_rows

ROWS = 4  # samples on a sheet


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path, help="config file, or with --kind the data set's folder")
    parser.add_argument('--kind', choices=sorted(KINDS), help='show the files of a folder, before any pipeline')
    parser.add_argument('--data-root', help="the data sets' folder, in place of the config's")
    parser.add_argument('--out', type=Path, required=True, help='folder to write to')
    parser.add_argument('--split', help='one of the data sets, such as train (default: all)')
    parser.add_argument('--num', type=int, default=12, help='samples of each split (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='of the choice and of the augmentation')
    parser.add_argument('--stats', action='store_true', help='count all samples, too')
    parser.add_argument('--workers', type=int, default=min(4, os.cpu_count() or 1), help='that count')
    return parser.parse_args()


def choose_datasets(args: argparse.Namespace) -> dict[str, PersonDataset]:
    """The data sets that the command line names, by split, not read yet.

    Raises:
        OSError: If there is no such config or folder.
        ValueError: If there is no such split, or a number is negative.
    """
    if min(args.num, args.workers, args.seed) < 0:
        raise ValueError(f'--num, --workers and --seed are not negative, got {args.num}, {args.workers}, {args.seed}')
    datasets = open_datasets(args.source, args.kind, args.data_root, set_data_root, with_pipeline=True)
    if args.split is None:
        return datasets
    chosen = {name: dataset for name, dataset in datasets.items() if args.split in (name, name.split('[')[0])}
    if not chosen:
        raise ValueError(f'--split: expected one of {", ".join(datasets)}, got {args.split!r}')
    return chosen


def write_sheets(name: str, dataset: PersonDataset, args: argparse.Namespace) -> list[str]:
    """Draw the chosen samples, a few on a sheet; the names of the files."""
    order = np.random.default_rng(args.seed).permutation(len(dataset))[: args.num]
    palette, classes = dataset.metainfo['palette'], dataset.metainfo['classes']
    rows, files = [], []
    for position, index in enumerate(order.tolist()):
        info = dataset.get_data_info(index)
        shown = annotated_entry(info) if args.kind else annotated_input(dataset[args.seed, 0, index])
        if shown is None:
            raise ValueError(f'{info["img_path"]} cannot be read; tools/datasets/check.py says why')
        rows.append(annotated_sheet(shown, palette, plain(str(info['img_id']))))
        if len(rows) == ROWS or position == len(order) - 1:
            sheet = stack_columns([stack_rows(rows), legend(classes, palette)])
            files.append(f'{name}_{len(files):02}.jpg')
            write_whole(args.out / files[-1], cv2.imencode('.jpg', sheet[..., ::-1])[1].tobytes(), args.out)
            rows = []
    return files


def charts_of(counted: Statistics, palette: list[Any]) -> list[Bars]:
    """A chart for each kind of annotation that there is."""
    charts = []
    if counted.labelled:
        shown = 100 * counted.shown / counted.labelled
        charts.append(Bars('samples that show a class (%)', counted.classes, shown.tolist(), palette))
    if counted.posed:
        present, hidden = (100 * numbers / counted.posed for numbers in (counted.annotated, counted.occluded))
        colours = [SIDE_COLOURS[side_of(joint)] for joint in range(len(JOINTS))]
        title = 'samples with a joint, hatched: occluded (%)'
        charts.append(Bars(title, JOINTS, present.tolist(), colours, hidden.tolist()))
    if counted.points.any():
        shares = 100 * counted.points[1:] / counted.points.sum()
        colours = [tuple(colour) for colour in PART_COLOURS[1:].tolist()]
        charts.append(Bars('surface points of a part (%)', SURFACE_PARTS[1:], shares.tolist(), colours))
    return charts


def count(dataset: PersonDataset, workers: int) -> Statistics:
    """Count a data set's samples."""
    with report_progress('samples') as progress:
        entries = [dataset.get_data_info(index) for index in range(len(dataset))]
        return count_dataset(entries, dataset.metainfo['classes'], workers, progress)


def write_statistics(name: str, counted: Statistics, palette: list[Any], args: argparse.Namespace) -> list[str]:
    """Write tables, numbers and charts; the names of the files."""
    contents = {
        f'{name}_statistics.md': f'# {name} of {args.source}\n\n{counted.tables()}\n'.encode(),
        f'{name}_statistics.json': f'{json.dumps(counted.to_json(), indent=1)}\n'.encode(),
    }
    if charts := charts_of(counted, palette):
        contents[f'{name}_statistics.png'] = bar_charts(charts, f'{name} of {args.source}: {counted.samples} samples')
    for file, content in contents.items():
        write_whole(args.out / file, content, args.out)
    return list(contents)


def browse(datasets: dict[str, PersonDataset], args: argparse.Namespace) -> None:
    """Write sheets of all data sets, and what they hold, each and all together."""
    counts: list[Statistics] = []
    for name, dataset in datasets.items():
        dataset.full_init()
        files = write_sheets(name, dataset, args)
        if args.stats:
            counts.append(count(dataset, args.workers))
            files += write_statistics(name, counts[-1], dataset.metainfo['palette'], args)
        print(f'{name}: {len(dataset)} samples; wrote {", ".join(files) or "nothing"} to {args.out}')
    if len(counts) > 1 and len({counted.classes for counted in counts}) == 1:
        palette = next(iter(datasets.values())).metainfo['palette']
        files = write_statistics('all', sum(counts[1:], counts[0]), palette, args)
        print(f'all together: wrote {", ".join(files)} to {args.out}')


def main() -> int:
    """Write what the command line asks for.

    Returns:
        int: Exit code: 0; 2 on bad input or data that cannot be read; 130 on Ctrl-C.
    """
    args = parse_args()
    try:
        datasets = choose_datasets(args)
        args.out.mkdir(parents=True, exist_ok=True)
        browse(datasets, args)
    except KeyboardInterrupt:
        print('stopped: what is written is whole', file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError) as error:
        print(f'error: {explain_os_error(error) if isinstance(error, OSError) else error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
