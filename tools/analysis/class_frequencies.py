"""Count the classes, joints and surface parts of a LIP tree: in how many images, on how many pixels, how often hidden.

Example:
    python tools/analysis/class_frequencies.py data/people
    python tools/analysis/class_frequencies.py data/LIP --split val
"""

import argparse
import json
from pathlib import Path

import numpy as np

from mmspd.anatomy import JOINTS, NUM_CLASSES, NUM_PARTS, PARSING_CLASSES, SURFACE_PARTS
from mmspd.datasets.image_files import read_parsing_label
from mmspd.datasets.lip_files import read_id_list, read_poses


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data_root', type=Path, help="LIP's folder, or one of rendered people")
    parser.add_argument('--split', choices=('train', 'val', 'both'), default='both', help='(default: both)')
    return parser.parse_args()


def count_labels(root: Path, splits: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, int]:
    """Images that show each class (20,), mean share of pixels (20,), number of images."""
    shown, shares, images = np.zeros(NUM_CLASSES), np.zeros(NUM_CLASSES), 0
    for split in splits:
        folder = root / 'TrainVal_parsing_annotations' / f'{split}_segmentations'
        for name in read_id_list(root / f'{split}_id.txt'):
            label = read_parsing_label(str(folder / f'{name}.png'))
            counts = np.bincount(label[label < NUM_CLASSES], minlength=NUM_CLASSES)
            shown += counts > 0
            shares += counts / label.size
            images += 1
    return shown, shares / images, images


def count_joints(root: Path, splits: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Shares of images in which each joint (16,) is annotated, and of those in which it is occluded."""
    tables = [read_poses(root / 'TrainVal_pose_annotations' / f'lip_{split}_set.csv') for split in splits]
    visible = np.concatenate([table.visible for table in tables]) > 0
    occluded = np.concatenate([table.occluded for table in tables]) & visible
    return visible.mean(axis=0), occluded.sum(axis=0) / np.maximum(visible.sum(axis=0), 1)


def count_points(root: Path, splits: tuple[str, ...]) -> np.ndarray | None:
    """Surface points of each part, background first (25,); None without surface files."""
    files = [root / f'densepose_{split}.json' for split in splits]
    if not all(file.is_file() for file in files):
        return None
    annotations = [one for file in files for one in json.loads(file.read_text())['annotations']]
    labels = np.concatenate([np.asarray(one['dp_I'], int) for one in annotations])
    return np.bincount(labels, minlength=NUM_PARTS + 1)


def main() -> None:
    """Print the tables as Markdown."""
    args = parse_args()
    splits = ('train', 'val') if args.split == 'both' else (args.split,)
    shown, shares, images = count_labels(args.data_root, splits)
    print(f'{images} images\n\n| class | images (%) | pixels (%) |\n| --- | --- | --- |')
    for name, count, share in zip(PARSING_CLASSES, shown, shares, strict=True):
        print(f'| {name} | {100 * count / images:.1f} | {100 * share:.2f} |')
    print('\n| joint | annotated (%) | of these occluded (%) |\n| --- | --- | --- |')
    for name, present, hidden in zip(JOINTS, *count_joints(args.data_root, splits), strict=True):
        print(f'| {name} | {100 * present:.1f} | {100 * hidden:.1f} |')
    points = count_points(args.data_root, splits)
    if points is not None:
        print('\n| surface part | points (%) |\n| --- | --- |')
        for name, count in list(zip(SURFACE_PARTS, points, strict=True))[1:]:
            print(f'| {name} | {100 * count / max(points.sum(), 1):.1f} |')


if __name__ == '__main__':
    main()
