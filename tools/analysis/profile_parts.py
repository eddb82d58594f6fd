"""Where the time goes: each part of a prediction, or of a training step, on random weights and inputs.

    python tools/analysis/profile_parts.py configs/spd/spd_r101_lip.py --fast
    python tools/analysis/profile_parts.py configs/spd/spd_r101_lip.py --mode train --batch 2

Times are wall time, the median of the repeats: of one prediction from uint8 pictures to results in original pixels, or
of one step. FLOPs are those of the convolutions and matrix products of the model as it is without --fast. "The rest" is
what no part accounts for. On a GPU every part is waited for, so that the whole takes longer than otherwise.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmark_costs import uncomputed
from benchmark_jobs import MatrixProduct, Subject, Workload
from mmengine.config import DictAction
from model_cost import load_config
from prettytable import PrettyTable
from torch.utils.flop_counter import FlopCounterMode

from mmspd.models.inference import prepare_for_inference
from mmspd.models.segmentors import spd

# What a prediction consists of, as (name, path of attributes from the model to the method).
_NETWORK = (
    *((f'backbone, res{stage + 1}', f'backbone.layer{stage}.forward') for stage in range(1, 5)),
    ('segmentation, initial', 'seg_head.initial'),
    ('segmentation, refined', 'seg_head.refine'),
    ('pose, initial', 'pose_head.initial'),
    ('pose, refined', 'pose_head.refine'),
    ('dense pose, ROI pooling', 'densepose_head.pool'),
    ('dense pose, I', 'densepose_head.part_predictor.forward'),
    ('dense pose, U and V', 'densepose_head.uv_predictor.forward'),
)
_DECODING = (
    ('decoding, parsing', 'set_parsing'),
    ('decoding, joints', 'set_joints'),
    ('decoding, surface', 'set_surface'),
)

Measure = Callable[[str, Callable[[], Any]], Any]


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config file of a model with a ResNet')
    parser.add_argument('--size', type=int, nargs=2, default=(384, 384), metavar=('H', 'W'), help='network input')
    parser.add_argument('--batch', type=int, default=1, help='pictures at once (default: %(default)s)')
    parser.add_argument('--repeats', type=int, default=5, help='runs that count (default: %(default)s)')
    parser.add_argument('--mode', choices=['infer', 'train'], default='infer', help='(default: %(default)s)')
    parser.add_argument('--fast', action='store_true', help='model rewritten for speed, as by tools/test.py --fast')
    parser.add_argument('--amp', action='store_true', help='mixed precision: float16 on a GPU, bfloat16 on a CPU')
    parser.add_argument('--device', type=torch.device, default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE', help='config keys'
    )
    args = parser.parse_args()
    if args.fast and args.mode == 'train':
        parser.error('--fast is for --mode infer')
    return args


def parts_of(subject: Subject) -> list[tuple[str, Any, str]]:
    """The parts of a run that the model has: name, and the object and attribute that hold the function."""
    if subject.optimizer is not None:
        model, optimizer = subject.model, subject.optimizer
        return [
            ('preprocessing', model.data_preprocessor, 'forward'),
            ('forward pass and losses', model, 'loss'),
            ('backward pass', optimizer, 'backward'),
            ('optimiser', optimizer, 'step'),
        ]
    parts: list[tuple[str, Any, str]] = [('preprocessing', subject.model.data_preprocessor, 'forward')]
    for name, path in _NETWORK:
        *owners, method = path.split('.')
        owner: Any = subject.model
        for attribute in owners:
            owner = getattr(owner, attribute, None)
        if owner is not None:
            parts.append((name, owner, method))
    return parts + [(name, spd, function) for name, function in _DECODING]


@contextmanager
def measured(parts: list[tuple[str, Any, str]], measure: Measure) -> Iterator[None]:
    """Within it every part runs through ``measure(name, run)``, which returns what ``run()`` does."""

    def through(name: str, function: Callable) -> Callable:
        return lambda *args, **kwargs: measure(name, lambda: function(*args, **kwargs))

    plain = [getattr(owner, attribute) for _, owner, attribute in parts]
    for (name, owner, attribute), function in zip(parts, plain, strict=True):
        setattr(owner, attribute, through(name, function))
    try:
        yield
    finally:
        for (_, owner, attribute), function in zip(parts, plain, strict=True):
            setattr(owner, attribute, function)


def count_flops(parts: list[tuple[str, Any, str]], run: Callable[[], None]) -> dict[str, int]:
    """FLOPs of each part in one run."""
    flops: dict[str, int] = defaultdict(int)

    def count(name: str, part: Callable[[], Any]) -> Any:
        with FlopCounterMode(display=False) as counter:
            result = part()
        flops[name] += counter.get_total_flops()
        return result

    with uncomputed(), measured(parts, count):
        run()
    return flops


def time_parts(parts: list[tuple[str, Any, str]], run: Callable[[], None], device: torch.device) -> dict[str, float]:
    """Seconds of each part and, under ``total``, of all in one run."""
    seconds: dict[str, float] = defaultdict(float)

    def clock(name: str, part: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = part()
        if device.type == 'cuda':
            torch.cuda.synchronize(device)
        seconds[name] += time.perf_counter() - start
        return result

    with measured(parts, clock):
        clock('total', run)
    return seconds


def main() -> None:
    """Profile and print."""
    args = parse_args()
    workload = Workload(tuple(args.size), args.batch, (500, 300), args.device, args.amp)
    subject = Subject(load_config(args.config, args.cfg_options), workload, args.mode == 'train')
    run = subject.train if args.mode == 'train' else subject.predict
    parts = parts_of(subject)
    run()
    flops = count_flops(parts, run)
    if args.fast:
        prepare_for_inference(subject.model)
        parts = parts_of(subject)
        run()
    product = MatrixProduct(2048, workload)
    runs, rates = [], []
    for _ in range(args.repeats):
        runs.append(time_parts(parts, run, args.device))
        rates.append(time_parts([], product.run, args.device)['total'])
    rate = product.flops / np.median(rates)
    median = {name: float(np.median([each[name] for each in runs])) for name in runs[0]}
    total = median.pop('total')
    median['the rest'] = total - sum(median.values())
    table = PrettyTable(['part', 'ms', 'of the whole', 'GFLOPs', 'GFLOP/s', 'of matmul'], align='r')
    table.align['part'] = 'l'
    for name, seconds in [*median.items(), ('the whole', total)]:
        own = sum(flops.values()) if name == 'the whole' else flops.get(name, 0)
        speed = (
            [f'{own / 1e9:.1f}', f'{own / seconds / 1e9:.0f}', f'{own / seconds / rate:.2f}'] if own else ['', '', '']
        )
        table.add_row([name, f'{1000 * seconds:.1f}', f'{seconds / total:.1%}', *speed])
    print(table)
    print(f'2048x2048 matrix product: {rate / 1e9:.0f} GFLOP/s, {torch.get_num_threads()} threads')


if __name__ == '__main__':
    main()
