"""Measure the making of rendered people: pictures a second of one process, its memory, bytes a picture.

The settings are the defaults, and all files but dense maps are written, into a temporary folder. Each size has a line
with two rates: one that counts the start of the process, and one between the first and the last picture.

Example:
    python tools/analysis/benchmark_people.py
    python tools/analysis/benchmark_people.py --num 50 --size 384 384
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from mmspd.synthetic.files.people_tree import plan_tree, write_tree
from mmspd.synthetic.files.tree_plan import TreePlan
from mmspd.synthetic.settings import PeopleSettings
from mmspd.utils.whole_files import explain_os_error

DEFAULT_SIZES = ((256, 192), (384, 384))


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--num', type=int, default=200, help='pictures of each size, at least 2 (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='(default: %(default)s)')
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'), action='append',
        help='of a picture in pixels; may be repeated (default: {} {} and {} {})'.format(*sum(DEFAULT_SIZES, ())),
    )  # fmt: skip
    return parser.parse_args()


def plans_of(args: argparse.Namespace) -> list[TreePlan]:
    """What is to be made, for each size.

    Raises:
        ValueError: If a number is out of range.
    """
    if args.num < 2:
        raise ValueError(f'num: expected at least 2, got {args.num}: the rate is that between the first and the last')
    return [plan_tree(args.num, args.seed, PeopleSettings(size=tuple(size))) for size in args.size or DEFAULT_SIZES]


def measure(plan: TreePlan) -> str:
    """Make the pictures of a plan with one process and describe it."""
    ticks: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / 'people'
        started = time.perf_counter()
        write_tree(root, plan, progress=lambda done, _: ticks.append((time.perf_counter(), done)))
        total = time.perf_counter() - started
        written = [path.stat().st_size for path in root.rglob('*') if path.is_file()]
    (first, done_first), (last, done_last) = next(tick for tick in ticks if tick[1] > 0), ticks[-1]
    rate = (done_last - done_first) / (last - first)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (
        '{}x{}: '.format(*plan.settings.size)
        + f'{plan.num / total:.2f} pictures/s with the start, {rate:.2f} without; '
        f'{sum(written) / plan.num / 1000:.1f} KB a picture; largest process so far {memory:.0f} MiB'
    )


def main() -> int:
    """Measure the sizes that the command line asks for.

    Returns:
        int: Exit code: 0, 2 on bad input, 1 where it failed.
    """
    try:
        for plan in plans_of(parse_args()):
            print(measure(plan), flush=True)
    except (OSError, ValueError, RuntimeError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error)
        print(f'error: {message}', file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
