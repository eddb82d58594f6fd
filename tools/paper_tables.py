"""Rebuild the paper's tables from evaluated runs, beside the numbers that it prints.

    python tools/paper_tables.py work_dirs
    python tools/paper_tables.py work_dirs/ablation_people --out work_dirs/ablation_people/report.html

Runs are found by the records that `tools/test.py --record` and tools/eval_results.py write; those that differ in
nothing but the seed become one row. Tables are printed as Markdown. With --out, a self-contained page is written, with
charts and the best, median and worst sample, and beside it the tables as Markdown (.md) and CSV (.csv).
"""

import argparse
from pathlib import Path

from mmspd.reports.page import as_page
from mmspd.reports.report import report_on
from mmspd.reports.runs import find_runs, group_runs
from mmspd.reports.tables import as_csv, as_markdown
from mmspd.utils.whole_files import explain_os_error, write_whole


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folders', type=Path, nargs='+', metavar='WORK_DIR', help='folders with evaluated runs')
    parser.add_argument('--out', type=Path, metavar='REPORT.html', help='write the page, and .md and .csv beside it')
    parser.add_argument(
        '--title', default='Body parsing, joints and surface', help='of the page (default: %(default)s)'
    )
    parser.add_argument('--resamples', type=int, default=1000, help='of each bootstrap (default: %(default)s)')
    parser.add_argument('--no-pictures', action='store_true', help='draw no samples, for which the data must be there')
    args = parser.parse_args()
    if args.out is not None and args.out.suffix != '.html':
        parser.error(f'--out: expected a name that ends in .html, got {args.out}')
    if args.resamples < 1:
        parser.error('--resamples must be at least 1')
    return args


def report(args: argparse.Namespace) -> None:
    """Read the records, print the tables, write the page.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If a record is damaged, or a seed comes twice.
    """
    runs = find_runs(args.folders)
    groups = group_runs(runs)
    pictures = args.out is not None and not args.no_pictures
    datasets = dict.fromkeys(group.dataset for group in groups)
    sections = [report_on(dataset, groups, args.resamples, pictures) for dataset in datasets]
    tables = [table for section in sections for table in section.tables]
    print(as_markdown(tables))
    if args.out is None:
        return
    counted = f'{len(runs)} evaluated run{"s" * (len(runs) != 1)}'
    page = as_page(args.title, f'{counted} beside the numbers that the SPD paper prints.', sections)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for suffix, text in (('.md', as_markdown(tables)), ('.csv', as_csv(tables)), ('.html', page)):
        write_whole(args.out.with_suffix(suffix), text.encode(), args.out.parent)
    for section in sections:
        for text in section.texts:
            print(f'{section.heading}: {text}')
    print(f'The page: {args.out}')


def main() -> None:
    """Report; what goes wrong in one line."""
    args = parse_args()
    try:
        report(args)
    except OSError as error:
        raise SystemExit(f'error: {explain_os_error(error)}') from error
    except ValueError as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
