"""Render people with exact annotation, as a LIP tree to train and test on without any download.

Person i depends on the seed, i and the settings alone, and on the photographs of a background folder. Interrupted, the
same command goes on where it stopped.

Examples:
    python tools/synthetic/make_people.py --out data/people --num 2500 --val 500 --seed 0 --size 256 192 --workers 4
    python tools/synthetic/make_people.py --out data/winter --num 1000 --set p_coat=0.9 p_hat=0.8 distance=2,4
    python tools/synthetic/make_people.py --out data/street --num 1000 --background-folder photos --dense
"""

import argparse
import sys
from pathlib import Path

from mmspd.synthetic.files.people_tree import plan_tree, write_tree
from mmspd.synthetic.files.tree_plan import TreePlan
from mmspd.synthetic.settings import PeopleSettings, parse_settings
from mmspd.utils.progress import report_progress
from mmspd.utils.whole_files import explain_os_error


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    defaults = PeopleSettings()
    fields = '\n'.join(f'  {name}={value}' for name, value in defaults.to_json().items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f'settings of --set and their defaults (pairs as 2,8; PeopleSettings explains them):\n{fields}',
    )
    parser.add_argument('--out', type=Path, required=True, help='folder to make; refused if it holds anything else')
    parser.add_argument('--num', type=int, required=True, help='persons, those to validate on included')
    parser.add_argument('--val', type=int, help='persons to validate on, the last ones (default: a tenth)')
    parser.add_argument('--seed', type=int, default=0, help='the same seed gives the same people (default: 0)')
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'),
        help='of every picture in pixels (default: {} {})'.format(*defaults.size),
    )  # fmt: skip
    parser.add_argument('--workers', type=int, default=1, help='processes that render (default: %(default)s)')
    parser.add_argument('--dense', action='store_true', help='write dense maps of I, U, V, too')
    parser.add_argument('--points', type=int, help=f'surface points of a person (default: {defaults.surface_points})')
    parser.add_argument('--background-folder', help='photographs to put behind the people')
    parser.add_argument('--set', nargs='+', default=[], action='extend', metavar='NAME=VALUE', help='settings')
    return parser.parse_args()


def plan_of(args: argparse.Namespace) -> TreePlan:
    """What the command line asks for.

    Raises:
        ValueError: If a setting is unknown, given twice (by its own option, too), or its value not allowed.
    """
    own = {
        'size': None if args.size is None else ','.join(map(str, args.size)),
        'surface_points': args.points,
        'background_folder': args.background_folder,
    }
    settings = parse_settings([*(f'{name}={value}' for name, value in own.items() if value is not None), *args.set])
    return plan_tree(args.num, args.seed, settings, args.val, args.dense)


def main() -> int:
    """Make the tree that the command line asks for.

    Returns:
        int: Exit code: 0, 2 on bad input, 1 where it failed, 130 on Ctrl-C.
    """
    args = parse_args()
    try:
        plan = plan_of(args)
        if args.workers < 1:
            raise ValueError(f'workers: expected at least 1, got {args.workers}')
        with report_progress('people') as report:
            write_tree(args.out, plan, args.workers, report)
    except KeyboardInterrupt:
        print('stopped; the same command goes on from here', file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error)
        print(f'error: {message}', file=sys.stderr)
        return 2 if isinstance(error, FileExistsError | ValueError) else 1
    print(f'{plan.num_train} + {plan.num_val} people are in {args.out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
