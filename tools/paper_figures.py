"""Draw the paper's kind of figures: chosen samples with annotation and the predictions of several models.

    python tools/paper_figures.py work_dirs/ablation_people --out work_dirs/figures --samples 1501 1502
    python tools/paper_figures.py jppnet/evaluation spd/evaluation --tasks parsing --out work_dirs/figures

Figures 7 and 8 are of parsing, 9 and 10 of joints, 11 of the surface: parsing.png, pose.png and surface.png are drawn.
Models are those whose records are found in the folders, with the result files that `tools/test.py --results` wrote; of
several seeds the first. Without --samples, the best, median and worst of SPD, else of the first model.
"""

import argparse
from pathlib import Path

import cv2

from mmspd.reports.figures import TASKS, draw_figure
from mmspd.reports.gallery import extreme_samples, open_gallery
from mmspd.reports.paper_tables import ordered_groups
from mmspd.reports.runs import find_runs, group_runs
from mmspd.utils.whole_files import explain_os_error, write_whole


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folders', type=Path, nargs='+', metavar='WORK_DIR', help='folders with evaluated runs')
    parser.add_argument('--out', type=Path, required=True, help='folder of the figures')
    parser.add_argument('--samples', nargs='+', metavar='ID', help='ids of samples, a row each')
    parser.add_argument('--tasks', nargs='+', choices=TASKS, default=list(TASKS), help='(default: all)')
    parser.add_argument('--dataset', help="the data set's name, where runs are of several (default: the first's)")
    return parser.parse_args()


def draw(args: argparse.Namespace) -> None:
    """Draw one figure a task.

    Raises:
        OSError: If a file cannot be read or written.
        KeyError: If there is no such sample.
        ValueError: If a record or a result file is damaged, or does not say what is needed.
    """
    groups = group_runs(find_runs(args.folders))
    groups = ordered_groups(groups, args.dataset or groups[0].dataset)
    if not groups:
        raise ValueError(f'no run was evaluated on {args.dataset}')
    titles = {img_id: img_id for img_id in args.samples} if args.samples else extreme_samples(groups)
    gallery = open_gallery(groups, titles)
    args.out.mkdir(parents=True, exist_ok=True)
    for task in args.tasks:
        path = args.out / f'{task}.png'
        picture = draw_figure(task, gallery)
        write_whole(path, cv2.imencode('.png', picture[..., ::-1])[1].tobytes(), args.out)
        print(path)


def main() -> None:
    """Draw; what goes wrong in one line."""
    args = parse_args()
    try:
        draw(args)
    except OSError as error:
        raise SystemExit(f'error: {explain_os_error(error)}') from error
    except (KeyError, ValueError) as error:
        raise SystemExit(f'error: {error.args[0] if isinstance(error, KeyError) else error}') from error


if __name__ == '__main__':
    main()
