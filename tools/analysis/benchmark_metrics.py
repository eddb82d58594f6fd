"""Time the metrics on images of LIP's size, on random predictions in main memory and without a model.

With --pairs, ParsingMetric alone is timed over so many pairs of label and prediction, on one core, without and with
intervals and the boundary score, from the first pair to the last score. The pairs are a few different ones in turn, in
smooth regions; by the joints of its validation list, LIP's pictures are mostly smaller than the default size. The best
of some rounds counts, as other work on the machine only ever slows it down.

Examples:
    python tools/analysis/benchmark_metrics.py --height 500 --width 300 --images 50
    python tools/analysis/benchmark_metrics.py --pairs 10000
"""

import argparse
import os
import time
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
import torch
from benchmark_rounds import time_rounds
from mmengine.evaluator import BaseMetric
from mmengine.structures import InstanceData, PixelData

from mmspd.anatomy import NUM_CLASSES, NUM_JOINTS, NUM_PARTS
from mmspd.evaluation import KeypointMetric, ParsingMetric, SurfacePointMetric
from mmspd.structures import SPDDataSample

_DIFFERENT: Final = 24  # pairs, in turn
_SETTINGS: Final[tuple[dict[str, Any], ...]] = ({}, {'intervals': 1000}, {'boundary': 0.0075})


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--height', type=int, default=500, help='pixels (default: %(default)s)')
    parser.add_argument('--width', type=int, default=300, help='pixels (default: %(default)s)')
    parser.add_argument('--points', type=int, default=120, help='surface points an image (default: %(default)s)')
    parser.add_argument('--images', type=int, default=50, help='number of images (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=1, help='PyTorch threads (default: %(default)s)')
    parser.add_argument('--pairs', type=int, default=0, help='time ParsingMetric alone over so many pairs instead')
    parser.add_argument('--rounds', type=int, default=3, help='of --pairs (default: %(default)s)')
    args = parser.parse_args()
    if min(args.height, args.width, args.points, args.images, args.threads, args.rounds) < 1 or args.pairs < 0:
        parser.error('expected at least one of everything')
    return args


def random_sample(height: int, width: int, points: int, rng: np.random.Generator) -> dict:
    """A sample with random annotations and predictions of all three tasks, as metrics receive it."""

    def labels() -> PixelData:
        # Blocks of 20 pixels, so that runs of equal labels are about as long as in a parsing map.
        coarse = rng.integers(0, NUM_CLASSES, (height // 20 + 1, width // 20 + 1))
        return PixelData(data=torch.from_numpy(np.kron(coarse, np.ones((20, 20), dtype=int))[None, :height, :width]))

    def joints() -> np.ndarray:
        return (rng.random((1, NUM_JOINTS, 2)) * [width, height]).astype(np.float32)

    sample = SPDDataSample(metainfo={'img_path': 'random.jpg', 'img_id': 'random'})
    sample.gt_sem_seg, sample.pred_sem_seg = labels(), labels()
    sample.gt_instances = InstanceData(
        keypoints=joints(),
        keypoints_visible=(rng.random((1, NUM_JOINTS)) < 0.9).astype(np.float32),
        keypoints_occluded=rng.random((1, NUM_JOINTS)) < 0.2,
    )
    sample.pred_instances = InstanceData(keypoints=joints())
    sample.gt_surface_points = InstanceData(
        ori_points=torch.from_numpy(rng.random((points, 2)) * [width, height]).float(),
        labels=torch.from_numpy(rng.integers(0, NUM_PARTS + 1, points)),
        uv=torch.from_numpy(rng.random((points, 2))).float(),
        uv_valid=torch.ones(points, dtype=torch.bool),
    )
    sample.pred_surface = InstanceData(
        bboxes=torch.tensor([[0.0, 0.0, width, height]]),
        part_logits=torch.from_numpy(rng.normal(size=(1, NUM_PARTS + 1, 112, 112))).float(),
        uv=torch.from_numpy(rng.random((1, 2, NUM_PARTS, 112, 112))).float(),
    )
    return sample.to_dict()


def smooth_pair(height: int, width: int, rng: np.random.Generator) -> dict:
    """Label and prediction in regions about as large as clothes and limbs, about a quarter of the pixels wrong."""

    def fields(deviation: float) -> np.ndarray:
        noise = rng.normal(size=(height, width, NUM_CLASSES)).astype(np.float32)
        blurred = np.dstack([cv2.GaussianBlur(plane, (0, 0), deviation) for plane in np.moveaxis(noise, 2, 0)])
        return blurred / blurred.std()

    # Eight of the classes are in the picture, the background in much of it.
    chances = np.full(NUM_CLASSES, -9.0)
    chances[rng.choice(np.arange(1, NUM_CLASSES), 7, replace=False)] = 0
    chances[0] = 1
    truth = fields(25.0) + chances
    maps = truth, truth + 0.3 * fields(6.0)
    label, prediction = (PixelData(data=torch.from_numpy(values.argmax(axis=2))[None]) for values in maps)
    sample = SPDDataSample(metainfo={'img_path': 'random.jpg', 'img_id': 'random'})
    sample.gt_sem_seg, sample.pred_sem_seg = label, prediction
    return sample.to_dict()


def measure_parsing(samples: list[dict], pairs: int, settings: dict[str, Any]) -> None:
    """Process so many pairs, one at a time, and score them."""
    metric = ParsingMetric(per_class=False, **settings)
    for index in range(pairs):
        metric.process(None, [samples[index % len(samples)]])
    metric.evaluate(size=pairs)


def time_parsing(args: argparse.Namespace) -> None:
    """Time ParsingMetric with each of the settings and print images a second."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rng = np.random.default_rng(0)
    samples = [smooth_pair(args.height, args.width, rng) for _ in range(min(args.pairs, _DIFFERENT))]
    runs = [partial(measure_parsing, samples, args.pairs, settings) for settings in _SETTINGS]
    seconds = time_rounds(runs, args.rounds, warmup=0)
    for settings, best, median in zip(_SETTINGS, seconds.min(axis=0), np.median(seconds, axis=0), strict=True):
        what = ', '.join(f'{name}={value:g}' for name, value in settings.items()) or 'plain'
        rates = f'{args.pairs / best:7.0f} images/s, {args.pairs / median:7.0f} in the median'
        print(f'{what:18}{rates} of {args.rounds} rounds')
    print(f'{args.pairs} pairs of {args.height}x{args.width}, one core')


def main() -> None:
    """Time each metric and print milliseconds, or ParsingMetric alone."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    if args.pairs:
        time_parsing(args)
    else:
        time_metrics(args)


def time_metrics(args: argparse.Namespace) -> None:
    """Time each metric and print milliseconds."""
    rng = np.random.default_rng(0)
    # A few different samples in turn, so that the processor's caches do not hold them all.
    samples = [random_sample(args.height, args.width, args.points, rng) for _ in range(min(args.images, 8))]
    metrics: list[BaseMetric] = [ParsingMetric(per_class=False), KeypointMetric(per_joint=False), SurfacePointMetric()]
    total = 0.0
    for metric in metrics:
        metric.process(None, samples[:1])
        metric.results.clear()
        start = time.perf_counter()
        for index in range(args.images):
            metric.process(None, [samples[index % len(samples)]])
        processed = time.perf_counter()
        metric.evaluate(size=args.images)
        once = time.perf_counter() - processed
        each = (processed - start) / args.images
        total += each + once / args.images
        print(f'{type(metric).__name__:20} {1000 * each:7.3f} ms an image, {1000 * once:7.3f} ms once at the end')
    print(f'{"all together":20} {1000 * total:7.3f} ms an image ({args.height}x{args.width}, {args.images} images)')


if __name__ == '__main__':
    main()
