"""Measure the training pipeline: samples a second of one worker process, and the time of each step.

Example:
    python tools/analysis/benchmark_loader.py
    python tools/analysis/benchmark_loader.py --data-root data/LIP --config configs/spd/spd_r101_lip.py
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmspd.anatomy import COARSE_PARTS, NUM_CLASSES, NUM_JOINTS
from mmspd.registry import DATASETS

_DEFAULT_CONFIG = Path(__file__).parents[2] / 'configs' / '_base_' / 'datasets' / 'lip.py'
_NUM_POINTS = 125


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--config', default=str(_DEFAULT_CONFIG), help='config whose train_dataloader is measured')
    parser.add_argument('--data-root', help="LIP's folder; without it pictures of LIP's size are made")
    parser.add_argument('--no-surface', action='store_true', help='measure without a surface file')
    parser.add_argument('--num-images', type=int, default=64, help='number of pictures that are made (default: 64)')
    parser.add_argument('--num-samples', type=int, default=300, help='number of samples measured (default: 300)')
    return parser.parse_args()


def _photograph(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A gradient with blotches and grain, which compresses like a photograph: uint8 (height, width, 3)."""
    blotches = cv2.resize(
        rng.uniform(0, 255, (height // 16, width // 16, 3)), (width, height), interpolation=cv2.INTER_CUBIC
    )
    gradient = np.linspace(-40, 40, height)[:, None, None]
    grain = rng.normal(0, 8, (height, width, 3))
    return np.clip(blotches + gradient + grain, 0, 255).astype(np.uint8)


def _label(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """Patches of classes: uint8 (height, width), 0..19."""
    patches = rng.integers(0, NUM_CLASSES, (12, 6)).astype(np.uint8)
    return cv2.resize(patches, (width, height), interpolation=cv2.INTER_NEAREST)


def _surface(rng: np.random.Generator, number: int, width: int, height: int) -> dict[str, Any]:
    """A surface annotation over the whole picture, each mask a band of columns."""
    bands = [[256 * (4 * part + 10), 256 * 4, 256 * (242 - 4 * part)] for part in range(len(COARSE_PARTS))]
    return {
        'id': number,
        'image_id': number,
        'bbox': [0.0, 0.0, float(width), float(height)],
        'dp_x': rng.uniform(0, 255, _NUM_POINTS).tolist(),
        'dp_y': rng.uniform(0, 255, _NUM_POINTS).tolist(),
        'dp_I': rng.integers(1, 25, _NUM_POINTS).tolist(),
        'dp_U': rng.uniform(0, 1, _NUM_POINTS).tolist(),
        'dp_V': rng.uniform(0, 1, _NUM_POINTS).tolist(),
        'dp_masks': [{'size': [256, 256], 'counts': band} for band in bands],
    }


def write_pictures(root: Path, num_images: int) -> None:
    """Write a training split of pictures 170 to 400 wide and 300 to 600 high, in LIP's layout, with all annotation."""
    rng = np.random.default_rng(0)
    folders = {
        'images': root / 'TrainVal_images' / 'train_images',
        'labels': root / 'TrainVal_parsing_annotations' / 'train_segmentations',
        'poses': root / 'TrainVal_pose_annotations',
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
    rows: list[str] = []
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(num_images):
        width, height = int(rng.integers(170, 401)), int(rng.integers(300, 601))
        cv2.imwrite(str(folders['images'] / f'{number}.jpg'), _photograph(rng, width, height))
        cv2.imwrite(str(folders['labels'] / f'{number}.png'), _label(rng, width, height))
        joints = np.column_stack([rng.integers(1, width, NUM_JOINTS), rng.integers(1, height, NUM_JOINTS)])
        rows.append(','.join([f'{number}.jpg', *(f'{x},{y},0' for x, y in joints)]))
        images.append({'id': number, 'file_name': f'{number}.jpg', 'height': height, 'width': width})
        annotations.append(_surface(rng, number, width, height))
    (folders['poses'] / 'lip_train_set.csv').write_text('\n'.join(rows))
    (root / 'train_id.txt').write_text('\n'.join(str(number) for number in range(num_images)))
    (root / 'densepose_train.json').write_text(json.dumps({'images': images, 'annotations': annotations}))


def measure(dataset_config: dict[str, Any], num_samples: int) -> tuple[float, dict[str, float]]:
    """Load samples in this process, on one thread.

    Args:
        dataset_config (dict): Config of the dataset.
        num_samples (int): How many samples, after a short warm-up.

    Returns:
        tuple: Samples a second of the undisturbed pipeline, and milliseconds a sample of each step.
    """
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    dataset = DATASETS.build(dataset_config)
    order = np.arange(num_samples) % len(dataset)
    for index in order[:20]:
        dataset[(0, 0, index)]
    start = time.perf_counter()
    for place, index in enumerate(order):
        dataset[(0, place, index)]
    rate = num_samples / (time.perf_counter() - start)

    times: dict[str, float] = defaultdict(float)
    for place, index in enumerate(order):
        results = dataset.get_data_info(int(index))
        results['rng'] = np.random.default_rng([0, place, index])
        for step in dataset.pipeline.transforms:
            begin = time.perf_counter()
            results = step(results)
            times[type(step).__name__] += 1000 * (time.perf_counter() - begin) / num_samples
    return rate, dict(times)


def main() -> None:
    """Measure and print."""
    args = parse_args()
    init_default_scope('mmspd')
    dataset_config = Config.fromfile(args.config).train_dataloader.dataset
    if args.no_surface:
        dataset_config.surface_file = None
    with tempfile.TemporaryDirectory() as folder:
        if args.data_root is None:
            write_pictures(Path(folder), args.num_images)
        dataset_config.data_root = args.data_root or folder
        rate, times = measure(dataset_config, args.num_samples)
    print(f'{rate:.1f} samples/s of one process')
    for name, milliseconds in times.items():
        print(f'{name:<24}{milliseconds:8.2f} ms')
    print(f'{"sum":<24}{sum(times.values()):8.2f} ms')


if __name__ == '__main__':
    main()
