"""Train and test several configs with equal settings and print their metrics as one Markdown table.

    python tools/analysis/compare_configs.py configs/quick/spd_quick.py configs/quick/s_quick.py --seeds 0 1
    python tools/analysis/compare_configs.py configs/quick/spd_quick.py --tag feature \
        --cfg-options model.seg_head.loss_size=feature

Each run is written to OUT/<config><tag>_seed<seed>; one that has its metrics is not run again, one that was stopped is
resumed. A cell is the mean over the seeds, and with several the values themselves in brackets.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import mean

from mmspd.utils.resume import find_latest_checkpoint

ROOT = Path(__file__).resolve().parents[2]
SHOWN = ('dataset/mIoU', 'image/mIoU', 'image_both/mIoU', 'pose/mED', 'pose/PCKh@0.5', 'surface/I_accuracy')


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', type=Path, nargs='+', metavar='CONFIG')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    parser.add_argument('--out', type=Path, default=Path('work_dirs/compare'), help='where to write the runs')
    parser.add_argument('--data-root', help="the data set's folder, in place of the configs'")
    parser.add_argument('--tag', default='', help='added to the names of the runs, to tell other options apart')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE', help='for every run')
    return parser.parse_args()


def run(config: Path, seed: int, args: argparse.Namespace) -> dict[str, float]:
    """Train and test one config with one seed, unless that is done, and return its metrics."""
    work_dir = args.out / f'{config.stem}{args.tag}_seed{seed}'
    metrics = work_dir / 'metrics.json'
    if not metrics.exists():
        common = ['--work-dir', str(work_dir)]
        common += ['--data-root', args.data_root] if args.data_root else []
        common += ['--cfg-options', *args.cfg_options] if args.cfg_options else []
        tools = [sys.executable, str(ROOT / 'tools' / 'train.py')], [sys.executable, str(ROOT / 'tools' / 'test.py')]
        subprocess.run([*tools[0], str(config), '--seed', str(seed), '--resume', *common], check=True)
        checkpoint = find_latest_checkpoint(work_dir)
        subprocess.run([*tools[1], str(config), str(checkpoint), '--out', str(metrics), *common], check=True)
    return json.loads(metrics.read_text())


def cell(values: list[float | None]) -> str:
    """Mean of the seeds' values, and the values; empty where the model has no such branch."""
    known = [value for value in values if value is not None]
    if not known:
        return ''
    each = ' (' + ', '.join(f'{value:.3f}' for value in known) + ')' if len(known) > 1 else ''
    return f'{mean(known):.3f}{each}'


def main() -> None:
    """Run everything, then print the table."""
    args = parse_args()
    results = {config: [run(config, seed, args) for seed in args.seeds] for config in args.configs}
    print('\n| config | ' + ' | '.join(f'`{key}`' for key in SHOWN) + ' |')
    print('| --- ' * (len(SHOWN) + 1) + '|')
    for config, metrics in results.items():
        cells = (cell([each.get(key) for each in metrics]) for key in SHOWN)
        print(f'| {config.stem}{args.tag} | ' + ' | '.join(cells) + ' |')


if __name__ == '__main__':
    main()
