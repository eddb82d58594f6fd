r"""Exported ONNX files under onnxruntime beside PyTorch, on the CPU: latency and ratios, in one run.

    python tools/analysis/benchmark_export.py configs/quick/spd_quick_separable.py --checkpoint iter_2000.pth \
        --size 128 96 --precisions fp32 fp16 int8
    python tools/analysis/benchmark_export.py configs/spd/spd_r50_people.py --size 384 384 --batches 1

Of each batch size it times PyTorch as the model is built (eager), PyTorch after prepare_for_inference (fast), and
onnxruntime with the file of each precision: all from float32 pictures of 0..255 with given boxes to the raw outputs,
with as many threads. Everything is timed once a round, and each round begins with another, so that what else the
machine does meets all of them; ratios to eager are medians of the rounds' ratios. Without --checkpoint weights are
random. Files are made in memory and not compared with the model; python -m mmspd export does that.
"""

import argparse
import copy
import datetime
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmark import describe_machine
from benchmark_rounds import summarise, time_rounds
from mmengine.structures import InstanceData
from model_cost import load_config
from prettytable import PrettyTable
from torch import Tensor, nn

from mmspd.export.comparison import Run
from mmspd.export.export_model import PRECISIONS, onnx_model
from mmspd.export.network import ExportNetwork
from mmspd.export.onnx_file import onnx_runner
from mmspd.models.inference import prepare_for_inference
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample
from mmspd.utils.checkpoint import load_from_local, require_weights
from mmspd.utils.whole_files import write_whole


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read and check the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, metavar='CONFIG')
    parser.add_argument('--checkpoint', type=Path, help='its weights (default: random ones)')
    parser.add_argument('--size', type=int, nargs=2, default=(384, 384), metavar=('H', 'W'), help='network input')
    parser.add_argument('--batches', type=int, nargs='+', default=[1, 8], help='pictures at once (default: 1 8)')
    parser.add_argument('--precisions', nargs='+', choices=PRECISIONS, default=['fp32'], help='(default: fp32)')
    parser.add_argument('--rounds', type=int, default=10, help='that count (default: %(default)s)')
    parser.add_argument('--warmup', type=int, default=2, help='rounds before that do not (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=1, help='of the CPU, for all (default: %(default)s)')
    parser.add_argument('--out', type=Path, help='write all numbers to this JSON file')
    args = parser.parse_args(arguments)
    for path in filter(None, (args.config, args.checkpoint)):
        if not path.is_file():
            parser.error(f'no such file: {path}')
    if min(*args.batches, *args.size, args.rounds, args.threads) < 1 or args.warmup < 0:
        parser.error('--batches, --size, --rounds and --threads are at least 1, --warmup at least 0')
    return args


def load_model(config: Path, checkpoint: Path | None) -> Any:
    """A config's model in evaluation mode."""
    cfg = load_config(config)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    if checkpoint is not None:
        weights = load_from_local(str(checkpoint))
        require_weights(model, weights, str(checkpoint))
        model.load_state_dict(weights.get('state_dict', weights))
    model.eval()
    return model


def eager_run(model: Any, image: Tensor, boxes: Tensor) -> Callable[[], None]:
    """What an exported file does, by the model's own methods, with boxes that are given."""
    samples = [SPDDataSample(gt_instance_labels=InstanceData(bboxes=box[None])) for box in boxes]

    def run() -> None:
        with torch.no_grad():
            batch = model.data_preprocessor(dict(inputs=image, data_samples=samples), False)
            model.answers(batch['inputs'], batch['data_samples'])

    return run


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Make the files and time everything.

    Args:
        args (argparse.Namespace): Of :func:`parse_args`.

    Returns:
        dict: What is written as JSON: command, date, machine, and ``entries``, each with ``batch``, ``name``, times and
        ``ratio`` to eager.
    """
    torch.set_num_threads(args.threads)
    model = load_model(args.config, args.checkpoint)
    height, width = args.size
    network = ExportNetwork(model, (width, height))
    contents = {precision: onnx_model(network, precision).SerializeToString() for precision in args.precisions}
    runs = {precision: onnx_runner(content, args.threads) for precision, content in contents.items()}
    models: dict[str, nn.Module] = dict(eager=model, fast=prepare_for_inference(copy.deepcopy(model)))
    entries = []
    for batch in args.batches:
        image = np.random.default_rng(0).integers(0, 256, (batch, 3, height, width)).astype(np.float32)
        boxes = np.tile(np.array([[0.1, 0.1, 0.9, 0.9]]) * [width, height, width, height], (batch, 1)).astype(
            np.float32
        )
        timed = {
            name: eager_run(each, torch.from_numpy(image), torch.from_numpy(boxes)) for name, each in models.items()
        }
        timed |= {f'onnxruntime {name}': _bound(run, image, boxes) for name, run in runs.items()}
        seconds = time_rounds(list(timed.values()), args.rounds, args.warmup)
        for place, name in enumerate(timed):
            entries.append(dict(batch=batch, name=name, **summarise(seconds[:, place], seconds[:, 0])))
    return dict(
        command=shlex.join(['python', *sys.argv]),
        date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
        machine=describe_machine(torch.device('cpu')),
        bytes={precision: len(content) for precision, content in contents.items()},
        entries=entries,
    )


def _bound(run: Run, image: np.ndarray, boxes: np.ndarray) -> Callable[[], None]:
    """A run of a file on these inputs."""

    def bound() -> None:
        run(image, boxes)

    return bound


def table_of(report: dict[str, Any]) -> str:
    """The report for reading."""
    table = PrettyTable(['batch', 'what', 'median (ms)', '10 % - 90 % (ms)', 'pictures/s', 'of eager'], align='r')
    table.align['what'] = 'l'
    for entry in report['entries']:
        low, median, high = (1000 * entry[key] for key in ('p10_s', 'median_s', 'p90_s'))
        rate, ratio = 1000 * entry['batch'] / median, entry['ratio']
        cells = [f'{median:.1f}', f'{low:.1f} - {high:.1f}', f'{rate:.2f}', f'{ratio:.3f}']
        table.add_row([entry['batch'], entry['name'], *cells])
    machine = report['machine']
    sizes = ', '.join(f'{name} {size / 2**20:.1f} MiB' for name, size in report['bytes'].items())
    return f'{machine["cpu"]}, {machine["threads"]} threads, torch {machine["torch"]}; files: {sizes}\n{table}'


def main() -> None:
    """Measure, print, write."""
    args = parse_args()
    report = measure(args)
    print(table_of(report))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(args.out, (json.dumps(report, indent=2) + '\n').encode(), scratch=args.out.parent)


if __name__ == '__main__':
    main()
