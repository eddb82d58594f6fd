"""Count the classes, joints and surface parts of a LIP tree: in how many images, on how many pixels, how often hidden.

Example:
    python tools/analysis/class_frequencies.py data/people
    python tools/analysis/class_frequencies.py data/LIP --split val
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from mmspd.anatomy import JOINTS, NUM_CLASSES, NUM_PARTS, PARSING_CLASSES, SURFACE_PARTS
from mmspd.datasets.densepose_file import read_densepose
from mmspd.datasets.image_files import read_parsing_label
from mmspd.datasets.lip_files import read_id_list, read_poses
from mmspd.utils.whole_files import explain_os_error

SPLITS = ('train', 'val')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data_root', type=Path, help="LIP's folder, or one of rendered people")
    parser.add_argument('--split', choices=SPLITS, help='(default: those that there are)')
    return parser.parse_args()


def splits_of(root: Path, split: str | None) -> tuple[str, ...]:
    """The splits to count: rendered people may have only one.

    Raises:
        ValueError: If there is none.
    """
    wanted = SPLITS if split is None else (split,)
    splits = tuple(name for name in wanted if (root / f'{name}_id.txt').is_file())
    if not splits:
        lists = ' or '.join(f'{name}_id.txt' for name in wanted)
        raise ValueError(f"{root} holds no {lists}: name a folder in LIP's layout, and a split that it has")
    return splits


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
    if not len(visible):
        raise ValueError(f'{root}: expected poses in the pose lists of {" and ".join(splits)}, got none')
    return visible.mean(axis=0), occluded.sum(axis=0) / np.maximum(visible.sum(axis=0), 1)


def count_points(root: Path, splits: tuple[str, ...]) -> np.ndarray | None:
    """Surface points of each part, background first (25,); None without surface files."""
    files = [root / f'densepose_{split}.json' for split in splits]
    if not all(file.is_file() for file in files):
        return None
    parts = [surface['dp_I'] for file in files for surface in read_densepose(file).values()]
    return np.bincount(np.concatenate([np.zeros(0, np.int64), *parts]), minlength=NUM_PARTS + 1)


def print_tables(root: Path, splits: tuple[str, ...]) -> None:
    """Print the tables as Markdown.

    Raises:
        OSError: If a file is missing or cannot be read.
        ValueError: If a file is malformed; the message names it.
    """
    shown, shares, images = count_labels(root, splits)
    joints, points = count_joints(root, splits), count_points(root, splits)
    print(f'{images} images\n\n| class | images (%) | pixels (%) |\n| --- | --- | --- |')
    for name, count, share in zip(PARSING_CLASSES, shown, shares, strict=True):
        print(f'| {name} | {100 * count / images:.1f} | {100 * share:.2f} |')
    print('\n| joint | annotated (%) | of these occluded (%) |\n| --- | --- | --- |')
    for name, present, hidden in zip(JOINTS, *joints, strict=True):
        print(f'| {name} | {100 * present:.1f} | {100 * hidden:.1f} |')
    if points is not None:
        print('\n| surface part | points (%) |\n| --- | --- |')
        for name, count in list(zip(SURFACE_PARTS, points, strict=True))[1:]:
            print(f'| {name} | {100 * count / max(points.sum(), 1):.1f} |')


def main() -> int:
    """Print the tables that the command line asks for.

    Returns:
        int: Exit code: 0, 2 if there is nothing to count, or what there is cannot be read.
    """
    args = parse_args()
    try:
        print_tables(args.data_root, splits_of(args.data_root, args.split))
    except (OSError, ValueError) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error)
        print(f'error: {message}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
