r"""Measure configs side by side: latency, pictures a second, memory, parameters, FLOPs, share of the machine's rate.

    python tools/analysis/benchmark.py configs/spd/spd_r101_lip.py --predict --out speed.json
    python tools/analysis/benchmark.py --fast configs/spd/spd_r101_lip.py \
        configs/spd/s_r101_lip.py+configs/spd/p_r101_lip.py+configs/spd/d_r101_lip.py --repeats 20
    python tools/analysis/benchmark.py configs/spd/spd_r101_lip.py --mode train --batch 8 --repeats 0

Weights and inputs are random. Configs joined by + run one after another and count as one. Everything is timed once a
round, together with a large matrix product, and each round begins with another entry, so that what else the machine
does meets all of them; ratios are medians of the rounds' ratios. With --repeats 0 nothing is timed, only counted.

Times are wall time: the median, and the 10th and the 90th percentile. FLOPs are those of convolutions and matrix
products that were run, a multiply-add counted as two; with --fast, which makes models do with fewer, still those of
the models as they were, and so the parameters. Peak memory is the most that tensors held at once, counted in an
untimed pass, weights and the optimiser's state included: on a CPU without what operators need inside, and for compiled
models as if they were not; on a GPU, of the allocator's memory. Needs PyTorch 2.4 or later. Ctrl-C ends the
measurement early, and whole rounds count.
"""

import argparse
import datetime
import json
import platform
import shlex
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmark_costs import uncomputed
from benchmark_jobs import Entry, MatrixProduct, Workload, make_entries
from benchmark_rounds import summarise, time_rounds
from mmengine.config import DictAction
from prettytable import PrettyTable

from mmspd.utils.whole_files import write_whole

_TASKS = {'infer': ['forward'], 'train': ['train']}


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read and check the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='config file, or several joined by +')
    parser.add_argument('--size', type=int, nargs=2, default=(384, 384), metavar=('H', 'W'), help='network input')
    parser.add_argument('--batch', type=int, default=1, help='pictures at once (default: %(default)s)')
    parser.add_argument('--repeats', type=int, default=10, help='rounds that count (default: %(default)s)')
    parser.add_argument('--warmup', type=int, default=1, help='rounds before that do not (default: %(default)s)')
    parser.add_argument('--mode', choices=list(_TASKS), default='infer', help='(default: %(default)s)')
    parser.add_argument('--predict', action='store_true', help='also from uint8 pictures to results in original pixels')
    parser.add_argument(
        '--original-size', type=int, nargs=2, default=(500, 300), metavar=('H', 'W'), help='of the pictures predicted'
    )
    parser.add_argument('--fast', action='store_true', help='models rewritten for speed, as by tools/test.py --fast')
    parser.add_argument('--amp', action='store_true', help='mixed precision: float16 on a GPU, bfloat16 on a CPU')
    parser.add_argument('--device', type=_device, default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=int, help="of the CPU (default: PyTorch's choice)")
    parser.add_argument('--matmul-size', type=int, help='rows of the product (default: 2048, on a GPU 8192)')
    parser.add_argument('--out', type=Path, help='write all numbers to this JSON file')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE', help='keys of every config'
    )
    args = parser.parse_args(arguments)
    args.configs = [[Path(part) for part in _parts(text)] for text in args.configs]
    missing = [str(path) for group in args.configs for path in group if not path.is_file()]
    if missing:
        parser.error(f'no such config file: {", ".join(missing)}')
    if args.matmul_size is None:
        args.matmul_size = 8192 if args.device.type == 'cuda' else 2048
    lowest = dict(batch=1, repeats=0, warmup=0, threads=1, matmul_size=1, size=16, original_size=1)
    for name, least in lowest.items():
        value = getattr(args, name)
        if value is not None and np.min(value) < least:
            parser.error(f'--{name.replace("_", "-")}: expected at least {least}, got {value}')
    for option in ('predict', 'fast'):
        if getattr(args, option) and args.mode == 'train':
            parser.error(f'--{option} is for --mode infer')
    if args.out and args.out.is_dir():
        parser.error(f'--out: expected a file, and {args.out} is a folder')
    return args


def _device(text: str) -> torch.device:
    """A device that works, and that this module knows how to wait for."""
    try:
        device = torch.zeros(0, device=text).device
    except (RuntimeError, AssertionError) as error:  # the second from a PyTorch without CUDA
        raise argparse.ArgumentTypeError(f'{text}: {error}') from error
    if device.type not in ('cpu', 'cuda'):
        raise argparse.ArgumentTypeError(f'expected cpu or cuda, got {text}')
    return device


def _parts(text: str) -> list[str]:
    """The files of an entry; a file may have a + in its own name."""
    return [text] if Path(text).is_file() else text.split('+')


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Measure what the command line asks for.

    Args:
        args (argparse.Namespace): Of :func:`parse_args`.

    Returns:
        dict: What is written as JSON: what was asked, on what machine, ``matmul``, and ``entries``, each with its
        costs and, where anything was timed, its times.
    """
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    torch.backends.cudnn.benchmark = True  # as the configs have it
    workload = Workload(tuple(args.size), args.batch, tuple(args.original_size), args.device, args.amp)
    tasks = _TASKS[args.mode] + ['predict'] * args.predict
    entries = make_entries(args.configs, workload, tasks, args.cfg_options)
    only_counted = args.repeats == 0 and args.device.type == 'cpu'
    _settle(entries, only_counted)
    costs = [entry.costs() for entry in entries]
    if args.fast:
        for entry in entries:
            entry.prepare()
        _settle(entries, only_counted)
        kept = ('parameters', 'flops')
        costs = [entry.costs() | {key: own[key] for key in kept} for entry, own in zip(entries, costs, strict=True)]
    report: dict[str, Any] = dict(
        command=shlex.join(['python', *sys.argv]),
        date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
        machine=describe_machine(args.device),
        settings={key: value for key, value in vars(args).items() if key not in ('configs', 'out')}
        | dict(device=str(args.device)),
        entries=[dict(name=entry.name, task=entry.task, **own) for entry, own in zip(entries, costs, strict=True)],
    )
    if args.repeats:
        add_times(report, entries, MatrixProduct(args.matmul_size, workload), args)
    return report


def _settle(entries: list[Entry], only_counted: bool) -> None:
    """Run everything once, which compiles, chooses algorithms and gives the optimiser its state."""
    with uncomputed() if only_counted else nullcontext():
        for entry in entries:
            entry.run()


def add_times(report: dict[str, Any], entries: list[Entry], product: MatrixProduct, args: argparse.Namespace) -> None:
    """Time the entries and the matrix product, and write the results into the report."""
    runs = [entry.run for entry in entries] + [product.run]
    synchronize = (lambda: torch.cuda.synchronize(args.device)) if args.device.type == 'cuda' else (lambda: None)
    seconds = time_rounds(runs, args.repeats, args.warmup, synchronize)
    times = summarise(seconds[:, -1], seconds[:, -1])
    rate = product.flops / times['median_s']
    report['matmul'] = dict(
        size=args.matmul_size,
        dtype=str(product.left.dtype).removeprefix('torch.'),
        flops_per_s=rate,
        median_s=times['median_s'],
        seconds=seconds[:, -1].tolist(),
    )
    forward = 0
    for place, entry in enumerate(report['entries']):
        if entry['task'] != 'predict':
            forward = place
        entry.update(summarise(seconds[:, place], seconds[:, 0]))
        entry['ratio_to_forward'] = float(np.median(seconds[:, place] / seconds[:, forward]))
        entry['images_per_s'] = args.batch / entry['median_s']
        entry['flops_per_s'] = entry['flops'] / entry['median_s']
        entry['of_matmul'] = entry['flops_per_s'] / rate
        entry['seconds'] = seconds[:, place].tolist()


def describe_machine(device: torch.device) -> dict[str, Any]:
    """Processor, threads, GPU and versions."""
    information = Path('/proc/cpuinfo')  # Linux only
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return dict(
        cpu=names[0] if names else platform.processor(),
        threads=torch.get_num_threads(),
        gpu=torch.cuda.get_device_name(device) if device.type == 'cuda' else None,
        torch=torch.__version__,
        python=platform.python_version(),
    )


def table_of(report: dict[str, Any]) -> str:
    """The report for reading."""
    rows = [_row(entry, report['settings']['predict']) for entry in report['entries']]
    table = PrettyTable(list(rows[0]), align='r')
    table.align['entry'] = 'l'
    table.add_rows([list(row.values()) for row in rows])
    machine = report['machine']
    lines = [
        f'{machine["gpu"] or machine["cpu"]}, {machine["threads"]} threads, torch {machine["torch"]}; '
        'batches of {batch} at {size[0]}x{size[1]}'.format(**report['settings']),
        str(table),
    ]
    if 'matmul' in report:
        product = report['matmul']
        rate = product['flops_per_s'] / 1e9
        lines.append('{size}x{size} matrix product in {dtype}: '.format(**product) + f'{rate:.1f} GFLOP/s')
    return '\n'.join(lines)


def _row(entry: dict[str, Any], with_predict: bool) -> dict[str, str]:
    """An entry's cells by column; times where there are any."""
    row = {
        'entry': f'{entry["name"]}, {entry["task"]}',
        'parameters (M)': f'{entry["parameters"] / 1e6:.2f}',
        'GFLOPs': f'{entry["flops"] / 1e9:.1f}',
        'peak (MiB)': f'{entry["peak_bytes"] / 2**20:.0f}',
    }
    if 'median_s' not in entry:
        return row
    row |= {
        'median (ms)': f'{1000 * entry["median_s"]:.1f}',
        '10 % - 90 % (ms)': f'{1000 * entry["p10_s"]:.1f} - {1000 * entry["p90_s"]:.1f}',
        'images/s': f'{entry["images_per_s"]:.2f}',
        'of the first': f'{entry["ratio"]:.3f}',
        'of forward': f'{entry["ratio_to_forward"]:.3f}',
        'GFLOP/s': f'{entry["flops_per_s"] / 1e9:.1f}',
        'of matmul': f'{entry["of_matmul"]:.3f}',
    }
    if not with_predict:
        del row['of forward']
    return row


def main() -> None:
    """Measure, print, write."""
    args = parse_args()
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
    report = measure(args)
    print(table_of(report))
    if args.out:
        write_whole(args.out, (json.dumps(report, indent=2) + '\n').encode(), scratch=args.out.parent)


if __name__ == '__main__':
    main()
