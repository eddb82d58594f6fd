"""Compare two evaluated systems on the same samples: is A better than B, and how sure is that?

Reads records of evaluations (folders with evaluation.json and evaluation.npz, as tools/test.py and
tools/eval_results.py write them), and draws both systems' samples again and again, the same ones for both (a paired
bootstrap):

    python tools/compare_results.py work_dirs/spd/evaluation work_dirs/sp/evaluation
    python tools/compare_results.py spd_seed0 sp_seed0 --more-a spd_seed1 spd_seed2 --more-b sp_seed1 sp_seed2 --strict

With several records a side, from trainings with other seeds, each resample averages their scores. Intervals are of
95 %, over pictures, which are taken as independent; they say nothing about seeds that were not trained.

Samples that are not in all records, stand in one twice, or are annotated differently are named, and left out; with
--strict nothing is compared then. Exit code: 0; 2 for bad input; 1 where a file cannot be read or written.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

from mmspd.evaluation.comparison import HEADLINES, Comparison, compare_records, sentence, share_better
from mmspd.evaluation.functional.bootstrap import Difference
from mmspd.evaluation.record import EvaluationRecord, read_record
from mmspd.utils.whole_files import explain_os_error, write_whole


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('record_a', type=Path, metavar='RECORD_A', help='folder of a record of system A')
    parser.add_argument('record_b', type=Path, metavar='RECORD_B', help='folder of a record of system B')
    parser.add_argument('--more-a', type=Path, nargs='+', default=[], help='further records of A, of other seeds')
    parser.add_argument('--more-b', type=Path, nargs='+', default=[], help='further records of B')
    parser.add_argument('--names', nargs=2, metavar=('A', 'B'), help="the systems' names (default: from the records)")
    parser.add_argument('--strict', action='store_true', help='refuse records that do not match in every sample')
    parser.add_argument('--resamples', type=int, default=1000, help='(default %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='of the random numbers (default %(default)s)')
    parser.add_argument('--per-item', action='store_true', help='a row for every class, too')
    parser.add_argument('--out', type=Path, help='write everything to this JSON file')
    args = parser.parse_args()
    if args.resamples < 1 or args.seed < 0:
        parser.error('--resamples must be at least 1, --seed not negative')
    return args


def names_of(first: EvaluationRecord, second: EvaluationRecord, folders: tuple[Path, Path]) -> list[str]:
    """The models' names where they differ, else the folders'."""
    models = [str(record.about.get('model') or '') for record in (first, second)]
    return models if all(models) and models[0] != models[1] else [str(folder) for folder in folders]


def is_item(name: str) -> bool:
    """Whether the score is one of a class, such as dataset/IoU.Hat, and not pose/PCKh@0.5."""
    last = name.split('/', 1)[-1]
    return '.' in last and '@' not in last


def table_of(comparison: Comparison, items: bool) -> str:
    """A row a score."""
    table = PrettyTable(['score', 'A', 'B', 'A - B', '95 % interval', 'ahead', 'in resamples'])
    table.align = 'r'
    table.align['score'] = 'l'
    for name, difference in comparison.differences.items():
        interval = difference.difference
        if (is_item(name) and not items) or math.isnan(interval.value):
            continue
        ahead, share = share_better(name, difference)
        star = ' *' if interval.missing else ''
        table.add_row(
            [
                name,
                f'{difference.first:.4f}',
                f'{difference.second:.4f}',
                f'{interval.value:+.4f}',
                '-' if math.isnan(interval.low) else f'{interval.low:+.4f} to {interval.high:+.4f}{star}',
                'A' if ahead else 'B',
                '-' if math.isnan(share) else f'{100 * share:.1f} %',
            ]
        )
    return str(table.get_string())


def notes_on(comparison: Comparison) -> list[str]:
    """What a reader of the table must know: what did not match, and values that are missing, with the cause."""
    notes = [f'warning: {problem}' for problem in comparison.problems]
    unmeasured = [name for name, each in comparison.differences.items() if math.isnan(each.difference.value)]
    if unmeasured:
        notes.append(
            'not compared, as nothing was annotated to measure them on, a class is in no label and no prediction, or a '
            f'prediction is NaN: {", ".join(unmeasured)}'
        )
    if any(0 < each.difference.missing < comparison.resamples for each in comparison.differences.values()):
        notes.append('* without the resamples that drew no sample to measure this on')
    if 1 in comparison.samples.values():
        notes.append('one sample says nothing about others, so it has no interval')
    return notes


def to_json(comparison: Comparison, names: list[str], args: argparse.Namespace) -> dict[str, Any]:
    """Everything as JSON values; null for NaN."""

    def number(value: float) -> float | None:
        return None if math.isnan(value) else value

    def entry(difference: Difference) -> dict[str, Any]:
        values = asdict(difference)
        interval = values.pop('difference')
        flat = {**values, 'difference': interval['value'], 'low': interval['low'], 'high': interval['high']}
        return {name: number(value) for name, value in flat.items()} | {'missing_resamples': interval['missing']}

    return {
        'systems': names,
        'records': [[str(path) for path in side] for side in sides_of(args)],
        'resamples': comparison.resamples,
        'seed': args.seed,
        'samples': comparison.samples,
        'problems': list(comparison.problems),
        'scores': {name: entry(difference) for name, difference in comparison.differences.items()},
    }


def sides_of(args: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """The folders of both sides."""
    return [args.record_a, *args.more_a], [args.record_b, *args.more_b]


def compare(args: argparse.Namespace) -> None:
    """Compare, print and write.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If records are damaged or do not match.
    """
    first, second = ([read_record(folder) for folder in side] for side in sides_of(args))
    names = args.names or names_of(first[0], second[0], (args.record_a, args.record_b))
    comparison = compare_records(first, second, args.resamples, args.seed, args.strict)
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(to_json(comparison, names, args), indent=2, allow_nan=False) + '\n'
        write_whole(args.out, content.encode(), args.out.parent)
    print(f'A is {names[0]}, B is {names[1]}.')
    counts = ', '.join(f'{number} of {section}' for section, number in comparison.samples.items())
    print(f'Samples in all records: {counts}. {len(first)} and {len(second)} records, {args.resamples} resamples.')
    print(table_of(comparison, args.per_item))
    for note in notes_on(comparison):
        print(note)
    for name in HEADLINES:
        if name in comparison.differences:
            print(sentence(name, comparison.differences[name], *names))


def main() -> int:
    """Compare; returns the exit code."""
    args = parse_args()
    try:
        compare(args)
    except (FileNotFoundError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except OSError as error:
        print(f'error: {explain_os_error(error)}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
