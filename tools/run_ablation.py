"""Train and evaluate the chain of models with equal settings, several seeds each, and write the report.

    python tools/run_ablation.py --dataset people --models s,sp,sd,spd,jppnet --seeds 3 --budget 400
    python tools/run_ablation.py --dataset lip --models s,spd --seeds 1 --out work_dirs/lip_s_spd

Each run has a folder below --out, with its log. Run again, it continues where it was stopped; with more models or seeds
it adds these. It ends in report.html, report.md and report.csv (see tools/paper_tables.py). Exit code: 0, 1 where a run
failed, 2 for a wrong command line, 130 where it was stopped (Ctrl-C or SIGTERM, which stops the running tools, too).
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from mmspd.reports.ablation import MODELS, SIZES, AblationRun, Settings, keep_settings, plan_runs
from mmspd.utils.progress import format_duration
from mmspd.utils.whole_files import hold_folder

ROOT = Path(__file__).resolve().parents[1]
# What all runs must have alike, or a run of its own: the argument that sets it.
OWN = {
    'train_cfg.max_iters': '--budget',
    'randomness.seed': '--seeds',
    'work_dir': '--out',
    'resume': 'the same command',
}


class Tools:
    """The tools that are running, so that all of them can be stopped."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen] = set()
        self._stopped = False
        self._lock = Lock()

    def run(self, command: Sequence[str], threads: int, output: BinaryIO) -> int:
        """Run a command to its end, with its output in a file; its status."""
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        with self._lock:
            if self._stopped:
                raise RuntimeError('stopped before it began')
            tool = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
            self._running.add(tool)
        try:
            return tool.wait()
        finally:
            with self._lock:
                self._running.discard(tool)

    def stop(self) -> None:
        """End those that are running, and start no other."""
        with self._lock:
            self._stopped = True
            for tool in self._running:
                tool.terminate()


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--dataset', choices=list(SIZES), default='people', help='(default: %(default)s)')
    parser.add_argument('--models', default=','.join(MODELS), help='with commas between (default: %(default)s)')
    parser.add_argument('--size', help="of the models: people: quick, r50; lip: r101 (default: the data set's first)")
    parser.add_argument('--seeds', type=int, default=3, help='how many: 0, 1, ... (default: %(default)s)')
    parser.add_argument(
        '--budget',
        type=int,
        metavar='ITERATIONS',
        help="of each training; its schedule, validations and checkpoints follow (default: the configs')",
    )
    parser.add_argument('--out', type=Path, help='folder of all runs (default: work_dirs/ablation_DATASET)')
    parser.add_argument('--data-root', help="the data set's folder, in place of the configs'")
    parser.add_argument('--jobs', type=int, default=1, help='runs at once, which share the cores (default: 1)')
    parser.add_argument('--amp', action='store_true', help='train with mixed precision')
    parser.add_argument('--tta', action='store_true', help='test with augmentation')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE', help='for every config')
    args = parser.parse_args()
    args.models = list(dict.fromkeys(args.models.split(',')))
    strangers = sorted(set(args.models) - set(MODELS))
    if strangers:
        parser.error(f'--models: expected some of {",".join(MODELS)}, got {", ".join(strangers)}')
    args.size = args.size or next(iter(SIZES[args.dataset]))
    if args.size not in SIZES[args.dataset]:
        parser.error(f'--size: {args.dataset} has {", ".join(SIZES[args.dataset])}, got {args.size}')
    if min(args.seeds, args.jobs, args.budget or 1) < 1:
        parser.error('--seeds, --jobs and --budget must be at least 1')
    for key in (option.partition('=')[0] for option in args.cfg_options):
        if key in OWN:
            parser.error(f'--cfg-options: {key} is set by {OWN[key]}')
    args.out = args.out or Path('work_dirs') / f'ablation_{args.dataset}'
    return args


def call(tools: Tools, run: AblationRun, script: str, arguments: Sequence[str], threads: int) -> None:
    """Run a tool for a run, its output appended to the run's log."""
    run.folder.mkdir(parents=True, exist_ok=True)
    log = run.folder / 'log.txt'
    with log.open('ab') as output:
        status = tools.run([sys.executable, str(ROOT / 'tools' / script), *arguments], threads, output)
    if status:
        tail = log.read_text(encoding='utf-8', errors='replace').splitlines()[-5:]
        raise RuntimeError(f'{run.name}: tools/{script} ended with status {status}; see {log}\n' + '\n'.join(tail))


def complete(tools: Tools, run: AblationRun, settings: Settings, threads: int) -> None:
    """Train and evaluate a run as far as that has not been done."""
    started = time.monotonic()
    if run.is_evaluated:
        print(f'{run.name}: done before', flush=True)
        return
    if not run.is_trained:
        call(tools, run, 'train.py', run.training(settings), threads)
    call(tools, run, 'test.py', run.testing(settings), threads)
    print(f'{run.name}: done in {format_duration(time.monotonic() - started)}', flush=True)


def complete_all(runs: Sequence[AblationRun], settings: Settings, jobs: int) -> list[str]:
    """Complete all runs; what went wrong with those that could not be completed."""
    tools = Tools()
    threads = max(1, (os.cpu_count() or 1) // jobs)
    failures = []
    # The first one alone, as it makes the data set's people, which the others read.
    for batch in (runs[:1], runs[1:]):
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(complete, tools, run, settings, threads) for run in batch]
            try:
                for future in futures:
                    try:
                        future.result()
                    except RuntimeError as error:
                        failures.append(str(error))
            except KeyboardInterrupt:
                tools.stop()
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
        with hold_folder(args.out, wait=False):
            keep_settings(args.out, settings)
            lengths = ' or '.join(f'{length:,}' for length in sorted({run.iterations for run in runs}))
            print(f'{len(runs)} run{"s" * (len(runs) != 1)} of {lengths} iterations in {args.out}', flush=True)
            failures = complete_all(runs, settings, args.jobs)
    except BlockingIOError as error:
        raise SystemExit(f'error: {args.out}: another ablation is running here') from error
    except ValueError as error:
        raise SystemExit(f'error: {error}') from error
    except KeyboardInterrupt:
        print('stopped; the same command continues here', file=sys.stderr)
        raise SystemExit(130) from None
    if failures:
        raise SystemExit('\n'.join(failures))
    tables = (str(ROOT / 'tools' / 'paper_tables.py'), str(args.out), '--out', str(args.out / 'report.html'))
    status = subprocess.run([sys.executable, *tables], check=False).returncode
    if status:
        raise SystemExit(status)


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that no training is left behind
    main()
