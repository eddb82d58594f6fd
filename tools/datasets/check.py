"""Find what is wrong with a data set before it costs a training run: every file is read once, every defect is told.

Exit code: 0 the data can be trained on, 1 there are errors (with --strict, or warnings), 2 there is nothing to check,
or no report could be written, 130 it was stopped.
Nothing of the data is changed. The report, check.json and check.html with pictures, is written to --out.

Example:
    python tools/datasets/check.py configs/spd/spd_r101_lip.py
    python tools/datasets/check.py --kind lip data/LIP --workers 4 --out lip_check
"""

import argparse
import os
import sys
from pathlib import Path

from mmspd.checking import check_datasets
from mmspd.checking.report import printable, summary, write_reports
from mmspd.checking.sources import KINDS, open_datasets
from mmspd.engine import set_data_root
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import explain_os_error


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path, help="config file, or with --kind the data set's folder")
    parser.add_argument('--kind', choices=sorted(KINDS), help='check a folder of this kind, without a config')
    parser.add_argument('--data-root', help="the data sets' folder, in place of the config's")
    parser.add_argument('--out', type=Path, help='folder of the report (default: work_dirs/check/NAME)')
    parser.add_argument('--workers', type=int, default=min(4, os.cpu_count() or 1), help='(default: %(default)s)')
    parser.add_argument('--limit', type=int, help='check the first so many samples of each split only')
    parser.add_argument('--strict', action='store_true', help='warnings count as errors')
    return parser.parse_args()


def main() -> int:
    """Check.

    Returns:
        int: Exit code, see the module's docstring.
    """
    args = parse_args()
    try:
        if args.workers < 0 or (args.limit is not None and args.limit < 1):
            raise ValueError('--workers is not negative and --limit at least 1')
        datasets = open_datasets(args.source, args.kind, args.data_root, set_data_root)
        with report_progress('samples') as progress:
            checked = check_datasets(datasets, args.workers, args.limit, progress)
        folder = args.out or Path('work_dirs') / 'check' / (args.source.resolve().stem or 'data')
        palettes = {name: dataset.metainfo['palette'] for name, dataset in datasets.items()}
        files = write_reports(checked, folder, f'{args.kind or "config"} {args.source}', palettes)
    except KeyboardInterrupt:
        print('stopped: no report was written', file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error)
        print(f'error: {printable(message)}', file=sys.stderr)
        return 2
    for line in summary(checked):
        print(line)
    print(f'report: {printable(str(files[1]))} and {files[0].name}')
    print(checked.verdict)
    severities = ('error', 'warning') if args.strict else ('error',)
    return int(any(checked.findings.total(severity) for severity in severities))


if __name__ == '__main__':
    sys.exit(main())
