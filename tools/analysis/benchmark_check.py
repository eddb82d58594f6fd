"""Measure how many samples a second one process of tools/datasets/check.py checks, on pictures of LIP's usual size.

Each of the people is rendered once, with label, joints, surface points and masks; the rate is that of reading and
checking the samples, after the annotation files have been read. Every repeat reads all of them again.

Example:
    python tools/analysis/benchmark_check.py
    python tools/analysis/benchmark_check.py --root data/LIP --num 2000
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from mmspd.checking.parallel import read_in_processes
from mmspd.checking.samples import SampleChecker
from mmspd.checking.sources import datasets_of_kind
from mmspd.testing import write_small_tree

SIZE = (320, 208)  # height, width: about the mean of LIP's crops


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--root', type=Path, help="a folder in LIP's layout (default: rendered for the purpose)")
    parser.add_argument('--num', type=int, default=200, help='samples (default: %(default)s)')
    parser.add_argument('--repeats', type=int, default=5, help='(default: %(default)s)')
    return parser.parse_args()


def measure(root: Path, num: int, repeats: int) -> tuple[int, list[float]]:
    """Number of samples, and the rate of each repeat in samples a second."""
    dataset = datasets_of_kind('lip', root)['train']
    entries = list(dataset.load_data_list())[:num]
    checker = SampleChecker(entries, 'train', tuple(dataset.metainfo['classes']))
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in read_in_processes(checker, workers=0):
            pass
        rates.append(len(entries) / (time.perf_counter() - start))
    return len(entries), rates


def main() -> int:
    """Print the rates."""
    args = parse_args()
    if args.root is not None:
        samples, rates = measure(args.root, args.num, args.repeats)
    else:
        with tempfile.TemporaryDirectory() as folder:
            write_small_tree(Path(folder) / 'LIP', args.num, 0, size=SIZE)
            samples, rates = measure(Path(folder) / 'LIP', args.num, args.repeats)
    print(
        f'{samples} samples, {args.repeats} repeats: median {statistics.median(rates):.0f} samples/s in one process, '
        f'{min(rates):.0f} to {max(rates):.0f}'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
