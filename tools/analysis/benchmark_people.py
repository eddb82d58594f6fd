"""Measure the making of rendered people: pictures a second of one process, its memory, bytes a picture.

Everything is on and all annotation is written, into a temporary folder. The first line of each size includes the start
of the process; the second is the rate between the first and the last picture.

Example:
    python tools/analysis/benchmark_people.py
    python tools/analysis/benchmark_people.py --num 50 --size 384 384
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

from mmspd.synthetic.files.people_tree import write_people
from mmspd.synthetic.settings import PeopleSettings

DEFAULT_SIZES = [[256, 192], [384, 384]]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--num', type=int, default=200, help='pictures of each size (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='(default: %(default)s)')
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'), action='append', help='may be repeated'
    )
    return parser.parse_args()


def measure(num: int, seed: int, size: tuple[int, int]) -> str:
    """Make ``num`` pictures with one process and describe it."""
    ticks: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / 'people'
        started = time.perf_counter()
        write_people(
            root,
            num,
            seed,
            PeopleSettings(size=size),
            progress=lambda done, _: ticks.append((time.perf_counter(), done)),
        )
        total = time.perf_counter() - started
        written = [path.stat().st_size for path in root.rglob('*') if path.is_file()]
    (first, done_first), (last, done_last) = next(tick for tick in ticks if tick[1] > 0), ticks[-1]
    rate = (done_last - done_first) / (last - first) if last > first else float('nan')
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (
        f'{size[0]}x{size[1]}: {num / total:.2f} pictures/s with the start, {rate:.2f} without; '
        f'{sum(written) / num / 1000:.1f} KB a picture; largest process so far {memory:.0f} MiB'
    )


def main() -> None:
    """Measure the sizes that the command line asks for."""
    args = parse_args()
    for height, width in args.size or DEFAULT_SIZES:
        print(measure(args.num, args.seed, (height, width)), flush=True)


if __name__ == '__main__':
    main()
