"""Time the three metrics on images of LIP's size, on random predictions in main memory and without a model.

Example:
    python tools/analysis/benchmark_metrics.py --height 500 --width 300 --images 50
"""

import argparse
import time

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.structures import InstanceData, PixelData

from mmspd.anatomy import NUM_CLASSES, NUM_JOINTS, NUM_PARTS
from mmspd.evaluation import KeypointMetric, ParsingMetric, SurfacePointMetric
from mmspd.structures import SPDDataSample


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--height', type=int, default=500, help='pixels (default: %(default)s)')
    parser.add_argument('--width', type=int, default=300, help='pixels (default: %(default)s)')
    parser.add_argument('--points', type=int, default=120, help='surface points an image (default: %(default)s)')
    parser.add_argument('--images', type=int, default=50, help='number of images (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=1, help='PyTorch threads (default: %(default)s)')
    return parser.parse_args()


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


def main() -> None:
    """Time each metric and print milliseconds."""
    args = parse_args()
    torch.set_num_threads(args.threads)
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
