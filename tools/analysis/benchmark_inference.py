"""Measure SPDInferencer: the whole call against the bare network, batches, and memory over a video.

    python tools/analysis/benchmark_inference.py --threads 1 --repeats 20
    python tools/analysis/benchmark_inference.py --config configs/spd/spd_r50_people.py --random --repeats 5 --frames 0
    python tools/analysis/benchmark_inference.py --device cuda:0 --batch 8 --out inference.json

Pictures are rendered people, as JPEG files of --picture-size. Timed in turn, once a round:

  forward   the network alone on one ready input, as the call runs it
  call      a file's name to a person with parsing and joints; charts are read at pixels when asked for
  maps      the same, and I, U, V at every pixel and the areas of classes
  single    --batch files one by one
  batch     the same files at once

Ratios are medians of the rounds' ratios. Then a video of --frames frames is streamed, and the process's memory read
every hundred of them, or once at the end of a shorter one.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from benchmark_rounds import summarise, time_rounds
from mmengine.config import Config

from mmspd.apis import SHIPPED_MODELS, SPDInferencer
from mmspd.apis.network import Window
from mmspd.registry import MODELS
from mmspd.synthetic.people import render_person
from mmspd.synthetic.settings import PeopleSettings
from mmspd.utils.whole_files import explain_os_error, write_whole

_PICTURES = 8
_SEED = 77


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--config', default='spd_small', help="a config, or a shipped model's name (default)")
    parser.add_argument('--checkpoint', help='its weights')
    parser.add_argument('--random', action='store_true', help="random weights in a config's place")
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, help="of the CPU (default: PyTorch's choice)")
    parser.add_argument('--batch', type=int, default=8, help='pictures at once (default: %(default)s)')
    parser.add_argument('--repeats', type=int, default=10, help='rounds that count (default: %(default)s)')
    parser.add_argument('--picture-size', type=int, nargs=2, default=(512, 384), metavar=('H', 'W'))
    parser.add_argument('--frames', type=int, default=2000, help='of the video; 0 leaves it out (default: %(default)s)')
    parser.add_argument('--out', type=Path, help='write all numbers to this JSON file')
    args = parser.parse_args()
    if args.batch < 1 or args.repeats < 1 or (args.threads is not None and args.threads < 1):
        parser.error('--batch, --repeats and --threads: expected at least 1')
    if args.frames < 0:
        parser.error(f'--frames: expected 0 or more, got {args.frames}')
    if args.random and args.config in SHIPPED_MODELS:
        parser.error(f'--random: expected a config file as --config, got the shipped model {args.config}')
    if args.out and args.out.is_dir():
        parser.error(f'--out: expected the name of a file, got the folder {args.out}')
    return args


def load(args: argparse.Namespace, batch_size: int, scratch: Path) -> SPDInferencer:
    """The inferencer that is asked for."""
    checkpoint = args.checkpoint
    if args.random:
        config = Config.fromfile(args.config).model
        config.backbone.init_cfg = None
        checkpoint = scratch / 'random.pth'
        if not checkpoint.exists():
            torch.manual_seed(0)
            torch.save(MODELS.build(config).state_dict(), checkpoint)
    return SPDInferencer(args.config, checkpoint, args.device, batch_size=batch_size)


def write_pictures(size: tuple[int, int], folder: Path) -> list[str]:
    """Rendered people as JPEG files; their names."""
    settings = PeopleSettings(size=size)
    names = []
    for number in range(_PICTURES):
        names.append(str(folder / f'{number}.jpg'))
        cv2.imwrite(names[-1], render_person(_SEED, number, settings).image)
    return names


def time_calls(args: argparse.Namespace, files: list[str], scratch: Path) -> dict[str, Any]:
    """Times of all runs."""
    one, many = load(args, 1, scratch), load(args, args.batch, scratch)
    batch = [files[number % len(files)] for number in range(args.batch)]
    inputs, samples = one.network.inputs([Window(cv2.imread(files[0]), None)], (1.0, False))

    @torch.inference_mode()
    def forward() -> None:
        one.network.model.answers(inputs, samples)

    def maps() -> None:
        people = one(files[0])
        assert people.iuv is not None
        assert all(person.areas for person in people)

    runs: dict[str, Callable[[], Any]] = {
        'forward': forward,
        'call': lambda: one(files[0]),
        'maps': maps,
        'single': lambda: [one(file) for file in batch],
        'batch': lambda: many(batch),
    }
    wait = torch.cuda.synchronize if torch.device(args.device).type == 'cuda' else lambda: None
    seconds = time_rounds(list(runs.values()), args.repeats, 2, wait)
    column = dict(zip(runs, seconds.T, strict=True))
    results: dict[str, Any] = {name: summarise(column[name], column['forward']) for name in ('forward', 'call', 'maps')}
    results |= {name: summarise(column[name], column['single']) for name in ('single', 'batch')}
    return results


def stream_video(args: argparse.Namespace, files: list[str], scratch: Path) -> dict[int, float]:
    """Resident memory in MiB after so many frames."""
    name = str(scratch / 'video.avi')
    pictures = [cv2.imread(file) for file in files]
    height, width = pictures[0].shape[:2]
    video = cv2.VideoWriter(name, cv2.VideoWriter_fourcc(*'MJPG'), 25, (width, height))
    if not video.isOpened():
        raise OSError(f'{name}: OpenCV cannot write a video of {width}x{height} here; leave it out with --frames 0')
    for number in range(args.frames):
        video.write(pictures[number % len(pictures)])
    video.release()
    memory = {}
    step = min(100, args.frames)
    for number, people in enumerate(load(args, args.batch, scratch).stream(name), start=1):
        assert people.iuv is not None
        if number % step == 0:
            pages = int(Path('/proc/self/statm').read_text().split()[1])
            memory[number] = pages * 4096 / 2**20
    return memory


def measure(args: argparse.Namespace) -> None:
    """Measure, print, and write what is asked for."""
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)  # before the work
    if args.threads:
        torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        files = write_pictures((args.picture_size[0], args.picture_size[1]), scratch)
        results: dict[str, Any] = dict(config=args.config, device=args.device, threads=torch.get_num_threads())
        results['times'] = time_calls(args, files, scratch)
        for name, each in results['times'].items():
            against = 'single' if name in ('single', 'batch') else 'forward'
            print(f'{name:8s} {each["median_s"] * 1e3:8.2f} ms, {each["ratio"]:.3f} of {against}')
        rate = 1 / results['times']['batch']['ratio']
        print(f"a batch of {args.batch} gives {rate:.2f} of single pictures' images/s")
        if args.frames:
            memory = results['video_memory_mib'] = stream_video(args, files, scratch)
            later = [value for number, value in memory.items() if number >= args.frames // 10]
            print(f'{args.frames} frames: {min(later):.0f} to {max(later):.0f} MiB, from a tenth of them on')
    if args.out:
        results['numpy'] = np.__version__
        write_whole(args.out, (json.dumps(results, indent=1) + '\n').encode(), args.out.parent)


def main() -> None:
    """Measure; what is wrong is one line without a traceback, and the exit status 1."""
    args = parse_args()
    try:
        measure(args)
    except OSError as error:
        raise SystemExit(f'error: {explain_os_error(error) if error.errno else error}') from error
    except ValueError as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
