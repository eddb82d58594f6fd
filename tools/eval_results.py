"""Evaluate result files of any system, without a model, with the metrics of tools/test.py.

The truth is the test data set of a config, a data set's folder, or for whole pictures with several persons an
annotation file in COCO's format. Formats, and how missing or wrong items count: docs/results_files.md.
Exit code: 0 evaluated, 1 refused by --strict, 2 there is nothing to evaluate or the truth is broken, 130 stopped.

Example:
    python tools/eval_results.py --data lip:data/LIP --parsing output/parsing/val --pose output/pose/val
    python tools/eval_results.py --config configs/spd/spd_r101_lip.py --parsing schp --name SCHP --out scored/schp
    python tools/eval_results.py --truth densepose_coco_2014_minival.json --densepose body_uv.json --gps-surface FOLDER
"""

import argparse
import json
import math
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mmengine.config import Config

import mmspd
from mmspd.checking.report import printable
from mmspd.checking.sources import KINDS, datasets_of_config, datasets_of_kind, read_config
from mmspd.datasets.persons import PersonDataset
from mmspd.engine import set_data_root
from mmspd.evaluation.record import EvaluationRecord, write_record
from mmspd.results import RESULT_FILES
from mmspd.results.evaluation import Measured, ResultFiles, Settings, measure_pictures, measure_samples
from mmspd.results.tally import fits_strict
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import explain_os_error

# Option -> the options with which alone it has an effect.
GOES_WITH = {
    'data_root': ('config',),
    'split': ('config', 'data'),
    'parsing': ('config', 'data'),
    'pose': ('config', 'data'),
    'pose_base': ('pose',),
    'resize': ('parsing',),
    'boundary': ('parsing',),
    'intervals': ('parsing',),
    'label_map': ('parsing',),
    'gps_surface': ('densepose',),
}
# Which of a truth's splits is evaluated without --split.
USUAL_SPLITS = ('test', 'val')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    truth = parser.add_argument_group('the truth, one of')
    truth.add_argument('--config', type=Path, help='a config: its test data set')
    truth.add_argument('--data', metavar='KIND:FOLDER', help=f"a data set's folder; KIND is of {', '.join(KINDS)}")
    truth.add_argument('--truth', type=Path, help='an annotation file of COCO or DensePose-COCO, for whole pictures')
    parser.add_argument('--data-root', help="with --config: the data set's folder, in place of the config's")
    parser.add_argument('--split', help='(default: the test split, else the validation split)')
    files = parser.add_argument_group('result files')
    files.add_argument('--parsing', type=Path, metavar='FOLDER', help='parsing maps, ID.png each')
    files.add_argument('--pose', type=Path, metavar='FILE', help="LIP's csv, or a folder of JPPNet's ID.txt")
    files.add_argument('--keypoints', type=Path, metavar='FILE', help="COCO's keypoints results, JSON")
    files.add_argument('--densepose', type=Path, metavar='FILE', help="DensePose-COCO's results, JSON")
    parser.add_argument('--pose-base', type=int, choices=(0, 1), help='number of the first pixel in --pose')
    parser.add_argument('--resize', action='store_true', help='stretch maps of another size to their pictures')
    parser.add_argument('--boundary', type=float, metavar='FRACTION', help='boundary F-score, such as 0.0075')
    parser.add_argument('--intervals', type=int, metavar='RESAMPLES', help='95 %% bootstrap intervals, such as 1000')
    parser.add_argument(
        '--label-map', nargs='*', metavar='KEY=VALUE', help="score LIP's classes on ATR's labels, with these choices"
    )
    parser.add_argument('--gps-surface', metavar='FOLDER', help="files of DensePose's evaluation, or mmspd_body")
    parser.add_argument('--strict', action='store_true', help='refuse, with exit code 1, files with any defect')
    parser.add_argument('--out', type=Path, metavar='FOLDER', help='write an evaluation record here')
    parser.add_argument('--name', help="the model's name in the record (default: that of the first result file)")
    return parser.parse_args()


def check_args(args: argparse.Namespace, files: ResultFiles) -> None:
    """Refuse what does not go together, before anything is read.

    Raises:
        ValueError: If it does not.
    """
    if sum(source is not None for source in (args.config, args.data, args.truth)) != 1:
        raise ValueError('name the truth by one of --config, --data and --truth')
    if not files.to_json():
        raise ValueError('name at least one of --parsing, --pose, --keypoints and --densepose')
    if files.pose is not None and files.keypoints is not None:
        raise ValueError('--pose and --keypoints are both joints: evaluate one after the other')
    given = {name for name, value in vars(args).items() if value is not None and value is not False}
    for name, others in GOES_WITH.items():
        if name in given and not given.intersection(others):
            option, needed = (text.replace('_', '-') for text in (name, ' or --'.join(others)))
            raise ValueError(f'--{option} goes with --{needed}')
    for path in (args.keypoints, args.densepose, args.truth):
        if path is not None and path.is_dir():
            raise ValueError(f'{path}: expected a JSON file, got a folder')
    if args.out is not None and args.out.exists() and not args.out.is_dir():
        raise ValueError(f'{args.out}: --out is a folder for the record, but there is a file of that name')


def open_config(args: argparse.Namespace) -> Config | None:
    """The config with the data set's folder of the command line; None without --config."""
    if args.config is None:
        return None
    if not args.config.is_file():
        raise FileNotFoundError(f"{args.config}: expected a config file; a data set's folder is --data KIND:FOLDER")
    return read_config(args.config, args.data_root, set_data_root)


def choose_dataset(args: argparse.Namespace, cfg: Config | None) -> tuple[PersonDataset, dict[str, Any] | None]:
    """The data set that the command line names, and its config without pipeline, for the record, where it has one.

    Raises:
        ValueError: If there is none, or several and no --split.
    """
    if cfg is None:
        kind, colon, folder = args.data.partition(':')
        if not colon or kind not in KINDS:
            raise ValueError(f'--data is KIND:FOLDER, as in lip:data/LIP, with KIND of {", ".join(KINDS)}')
        datasets = datasets_of_kind(kind, Path(folder))
    else:
        wanted = USUAL_SPLITS if args.split is None else (args.split.partition('[')[0],)
        loader = next((name for name in (f'{split}_dataloader' for split in wanted) if cfg.get(name)), None)
        if loader is None:
            raise ValueError(f'{args.config}: has no {" or ".join(wanted)} data set')
        datasets = datasets_of_config(Config({loader: cfg[loader]}))
    only = next(iter(datasets)) if len(datasets) == 1 else None
    split = args.split or next((name for name in USUAL_SPLITS if name in datasets), only)
    if split not in datasets:
        raise ValueError(f'choose one of the splits {", ".join(datasets)} (--split)')
    dataset = datasets[split]
    if cfg is None or '[' in split:
        return dataset, None
    data = {key: value for key, value in cfg[loader].dataset.to_dict().items() if key != 'pipeline'}
    return dataset, data | {'data_root': str(Path(dataset.data_root).absolute())}


def label_map_of(args: argparse.Namespace, cfg: Config | None) -> dict[str, Any] | None:
    """The label map of --label-map, else the config's.

    Raises:
        ValueError: If an option is no KEY=VALUE.
    """
    if args.label_map is not None:
        if not all('=' in each for each in args.label_map):
            raise ValueError(f'--label-map takes KEY=VALUE, got {" ".join(args.label_map)}')
        return dict(type='LIPToATR') | dict(each.split('=', 1) for each in args.label_map)
    evaluators = (cfg or {}).get('test_evaluator') or []
    found = [
        each.label_map
        for each in (evaluators if isinstance(evaluators, list) else [evaluators])
        if each.get('label_map') is not None
    ]
    return found[0].to_dict() if found else None


def describe_run(args: argparse.Namespace, files: dict[str, str], measured: Measured) -> dict[str, Any]:
    """What the record says of an evaluation, by the names that records of tools/test.py have."""
    folders = {Path(path).parent for path in files.values()}
    usual = all(Path(path).name == RESULT_FILES[name] for name, path in files.items())
    return {
        'model': args.name or Path(next(iter(files.values()))).stem,
        'config': None if args.config is None else args.config.stem,
        'samples': measured.samples,
        'results': str(folders.pop()) if usual and len(folders) == 1 else None,
        'files': files,
        'counted': {tally.task: tally.to_json() for tally in measured.tallies},
        'versions': {'mmspd': mmspd.__version__},
        'date': datetime.now(timezone.utc).date().isoformat(),
    }


def evaluate(args: argparse.Namespace) -> int:
    """Evaluate; the exit code."""
    files = ResultFiles(args.parsing, args.pose, args.keypoints, args.densepose)
    check_args(args, files)
    settings = Settings(args.resize, args.pose_base, None, args.boundary, args.intervals, args.gps_surface)
    if args.truth is not None:
        measured = measure_pictures(args.truth, files, settings, report_progress)
        truth = {'dataset': args.truth.stem, 'truth': str(args.truth.absolute())}
    else:
        cfg = open_config(args)
        dataset, data = choose_dataset(args, cfg)
        settings = replace(settings, label_map=label_map_of(args, cfg))
        measured = measure_samples(dataset, files, settings, report_progress)
        label_maps = [] if settings.label_map is None else [settings.label_map]
        truth = {'dataset': dataset.NAME, 'data': data, 'label_maps': label_maps}
    for line in (line for tally in measured.tallies for line in tally.lines()):
        print(printable(line))
    if args.strict and not fits_strict(measured.tallies):
        print('refused: the result files have defects (--strict)', file=sys.stderr)
        return 1
    metrics, details = measured.score()
    print(json.dumps({key: None if math.isnan(value) else value for key, value in sorted(metrics.items())}, indent=2))
    if args.out is not None:
        about = describe_run(args, files.to_json(), measured) | truth
        write_record(args.out, EvaluationRecord(about, metrics, details))
        print(f'record: {printable(str(args.out))}')
    return 0


def main() -> int:
    """Evaluate result files.

    Returns:
        int: Exit code, see the module's docstring.
    """
    args = parse_args()
    try:
        return evaluate(args)
    except KeyboardInterrupt:
        print('stopped: nothing was written', file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) and error.errno else str(error)
        print(f'error: {printable(message)}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    sys.exit(main())
