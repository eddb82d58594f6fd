"""Train and evaluate the chain of models with equal settings, several seeds each, and write the report.

    python tools/run_ablation.py --dataset people --models s,sp,sd,spd,jppnet --seeds 3 --budget 400
    python tools/run_ablation.py --dataset lip --models s,spd --seeds 1 --out work_dirs/lip_s_spd

Each run has a folder below --out, with its log. Run again, it continues where it was stopped; with more models or seeds
it adds these. It ends in report.html, report.md and report.csv (see tools/paper_tables.py).
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mmspd.reports.ablation import MODELS, SIZES, AblationRun, Settings, keep_settings, plan_runs
from mmspd.utils.progress import format_duration

ROOT = Path(__file__).resolve().parents[1]


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--dataset', choices=list(SIZES), default='people', help='(default: %(default)s)')
    parser.add_argument('--models', default=','.join(MODELS), help='with commas between (default: %(default)s)')
    parser.add_argument('--size', help="of the models: people: quick, r50; lip: r101 (default: the data set's first)")
    parser.add_argument('--seeds', type=int, default=3, help='how many: 0, 1, ... (default: %(default)s)')
    parser.add_argument('--budget', type=int, metavar='ITERATIONS', help="of each training (default: the configs')")
    parser.add_argument('--out', type=Path, help='folder of all runs (default: work_dirs/ablation_DATASET)')
    parser.add_argument('--data-root', help="the data set's folder, in place of the configs'")
    parser.add_argument('--jobs', type=int, default=1, help='runs at once, which share the cores (default: 1)')
    parser.add_argument('--amp', action='store_true', help='train with mixed precision')
    parser.add_argument('--tta', action='store_true', help='test with augmentation')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE', help='for every config')
    args = parser.parse_args()
    args.models = args.models.split(',')
    strangers = sorted(set(args.models) - set(MODELS))
    if strangers:
        parser.error(f'--models: expected some of {",".join(MODELS)}, got {", ".join(strangers)}')
    args.size = args.size or next(iter(SIZES[args.dataset]))
    if args.size not in SIZES[args.dataset]:
        parser.error(f'--size: {args.dataset} has {", ".join(SIZES[args.dataset])}, got {args.size}')
    if min(args.seeds, args.jobs, args.budget or 1) < 1:
        parser.error('--seeds, --jobs and --budget must be at least 1')
    args.out = args.out or Path('work_dirs') / f'ablation_{args.dataset}'
    return args


def call(run: AblationRun, script: str, arguments: Sequence[str], threads: int) -> None:
    """Run a tool for a run, its output appended to the run's log."""
    run.folder.mkdir(parents=True, exist_ok=True)
    log = run.folder / 'log.txt'
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
    with log.open('ab') as output:
        command = [sys.executable, str(ROOT / 'tools' / script), *arguments]
        done = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        tail = log.read_text(encoding='utf-8', errors='replace').splitlines()[-5:]
        raise RuntimeError(
            f'{run.name}: tools/{script} ended with status {done.returncode}; see {log}\n' + '\n'.join(tail)
        )


def complete(run: AblationRun, settings: Settings, threads: int) -> None:
    """Train and evaluate a run as far as that has not been done."""
    started = time.monotonic()
    if run.is_evaluated:
        print(f'{run.name}: done before', flush=True)
        return
    if not run.is_trained:
        call(run, 'train.py', run.training(settings), threads)
    call(run, 'test.py', run.testing(settings), threads)
    print(f'{run.name}: done in {format_duration(time.monotonic() - started)}', flush=True)


def complete_all(runs: Sequence[AblationRun], settings: Settings, jobs: int) -> list[str]:
    """Complete all runs; what went wrong with those that could not be completed."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    failures = []
    # The first one alone, as it makes the data set's people, which the others read.
    for batch in (runs[:1], runs[1:]):
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(complete, run, settings, threads) for run in batch]
            try:
                for future in futures:
                    try:
                        future.result()
                    except RuntimeError as error:
                        failures.append(str(error))
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        if failures:
            break
    return failures


def main() -> None:
    """Complete all runs, then write the report."""
    args = parse_args()
    options = tuple(args.cfg_options)
    settings = Settings(args.dataset, args.size, args.budget, args.data_root, options, amp=args.amp, tta=args.tta)
    runs = plan_runs(ROOT / 'configs', args.out, settings, args.models, args.seeds)
    try:
        keep_settings(args.out, settings)
    except ValueError as error:
        raise SystemExit(f'error: {error}') from error
    print(f'{len(runs)} runs of {runs[0].iterations:,} iterations in {args.out}', flush=True)
    try:
        failures = complete_all(runs, settings, args.jobs)
    except KeyboardInterrupt:
        print('stopped; the same command continues here', file=sys.stderr)
        raise SystemExit(130) from None
    if failures:
        raise SystemExit('\n'.join(failures))
    report = ('paper_tables.py', str(args.out), '--out', str(args.out / 'report.html'))
    subprocess.run([sys.executable, str(ROOT / 'tools' / report[0]), *report[1:]], check=True)


if __name__ == '__main__':
    main()
