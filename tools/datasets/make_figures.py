"""Draw people with exact annotation, as a LIP tree to train and test on without any download.

Example:
    python tools/datasets/make_figures.py data/figures --train 400 --val 100
"""

import argparse
from pathlib import Path

from mmspd.testing.lip_tree import write_lip_tree


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path, help='folder to make; refused if it exists and is not empty')
    parser.add_argument('--train', type=int, default=400, help='persons to train on (default: %(default)s)')
    parser.add_argument('--val', type=int, default=100, help='persons to validate on (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='the same seed draws the same people (default: 0)')
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('WIDTH', 'HEIGHT'), help='of every image (default: varied, as in LIP)'
    )
    parser.add_argument('--points', type=int, default=100, help='surface points of a person (default: %(default)s)')
    return parser.parse_args()


def main() -> None:
    """Draw the tree that the command line asks for."""
    args = parse_args()
    size = tuple(args.size) if args.size else None
    try:
        write_lip_tree(args.out, args.train, args.val, args.seed, size, args.points)
    except (FileExistsError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'wrote {args.train} + {args.val} drawn people to {args.out}')


if __name__ == '__main__':
    main()
