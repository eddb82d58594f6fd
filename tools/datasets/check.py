"""Find what is wrong with a data set before it costs a training run: every file is read once, every defect is told.

Exit code: 0 the data can be trained on, 1 there are errors (with --strict, or warnings), 2 there is nothing to check.
Nothing of the data is changed. The report, check.json and check.html with pictures, is written to --out.

Example:
    python tools/datasets/check.py configs/spd/spd_r101_lip.py
    python tools/datasets/check.py --kind lip data/LIP --workers 4 --out lip_check
"""

import argparse
import os
import sys
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmspd.checking import RULES, check_datasets
from mmspd.checking.report import write_reports
from mmspd.checking.sources import KINDS, datasets_of_config, datasets_of_kind
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


def read_config(path: Path, data_root: str | None) -> Config:
    """The config file, with another data folder where the command line names one."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: expected a config file; for a data set's folder give its --kind")
    cfg = Config.fromfile(path)
    set_data_root(cfg, data_root)
    init_default_scope('mmspd')
    return cfg


def main() -> int:
    """Check.

    Returns:
        int: Exit code, see the module's docstring.
    """
    args = parse_args()
    try:
        if args.workers < 0 or (args.limit is not None and args.limit < 1):
            raise ValueError('--workers is not negative and --limit at least 1')
        if args.kind:
            datasets = datasets_of_kind(args.kind, args.source)
        else:
            datasets = datasets_of_config(read_config(args.source, args.data_root))
        with report_progress('samples') as progress:
            checked = check_datasets(datasets, args.workers, args.limit, progress)
        folder = args.out or Path('work_dirs') / 'check' / (args.source.stem or 'data')
        palettes = {name: dataset.metainfo['palette'] for name, dataset in datasets.items()}
        files = write_reports(checked, folder, f'{args.kind or "config"} {args.source}', palettes)
    except (OSError, ValueError) as error:
        print(f'error: {explain_os_error(error) if isinstance(error, OSError) else error}', file=sys.stderr)
        return 2
    for name, count in checked.findings.by_rule().items():
        rule = RULES[name]
        print(f'{rule.severity:8} {count:6}  {name}: {rule.title}')
        example = next(finding for finding in checked.findings.kept if finding.rule == name)
        print(f'{"":17}such as {example.message}\n{"":17}what to do: {rule.remedy}')
    print(f'report: {files[1]} and {files[0].name}')
    print(checked.verdict)
    severities = ('error', 'warning') if args.strict else ('error',)
    return int(any(checked.findings.total(severity) for severity in severities))


if __name__ == '__main__':
    sys.exit(main())
