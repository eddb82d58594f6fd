"""Measure the join of LIP with DensePose-COCO: make both at full size, run prepare_lip.py on one core, tell its time.

The annotations are random, but as many and as long as the real ones: an outline and joints a person, and of half of
them, every person of LIP among these, points and 14 masks (DensePose-COCO has the surface of about 50,000 persons).
LIP's pictures are stand-ins, which hold a JPEG header and no pixels, as the join reads no more than that of them; with
real pictures on a slow disk, their reading is to be added. The files take a gigabyte and are removed afterwards.

Examples:
    python tools/analysis/benchmark_join.py
    python tools/analysis/benchmark_join.py --persons 2000 --annotations 5000
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

from mmspd.anatomy import COARSE_PARTS, MASK_SIZE, NUM_JOINTS, NUM_PARTS
from mmspd.datasets.crops.lip_crops import crop_of

_TOOL = Path(__file__).parents[1] / 'datasets' / 'prepare_lip.py'
_HEIGHT, _WIDTH = 480, 640  # of every COCO image
_TEMPLATES = 200  # different surface annotations
_VAL_SHARE = 4  # one of so many LIP persons is for validation
_START_OF_FRAME = b'\xff\xc0'


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--persons', type=int, default=40462, help='persons of LIP (default: %(default)s, all)')
    parser.add_argument('--annotations', type=int, default=100000, help='in the JSON file (default: %(default)s)')
    parser.add_argument('--surfaces', type=int, default=50000, help='of these with surface (default: %(default)s)')
    parser.add_argument('--points', type=int, default=100, help='of each annotation (default: %(default)s)')
    parser.add_argument('--folder', type=Path, help='where the files are made (default: that of temporary files)')
    args = parser.parse_args()
    if not 8 <= args.persons <= args.surfaces <= args.annotations:
        parser.error('expected 8 or more --persons, no more than --surfaces, and these no more than --annotations')
    return args


def templates_of_fields(rng: np.random.Generator, points: int) -> list[tuple[str, str]]:
    """JSON of the fields that do not depend on the person, without braces: without and with surface."""
    rows, columns = np.mgrid[:MASK_SIZE, :MASK_SIZE]
    templates = []
    for _ in range(_TEMPLATES):
        masks = []
        for x, y in rng.uniform(40, 216, (len(COARSE_PARTS), 2)):
            blob = np.hypot(columns - x, rows - y) < rng.uniform(15, 40)
            counts = coco_mask.encode(np.asfortranarray(blob, dtype=np.uint8))['counts'].decode('ascii')
            masks.append({'size': [MASK_SIZE, MASK_SIZE], 'counts': counts})
        surface = {
            'dp_x': rng.uniform(0, 255, points).tolist(),
            'dp_y': rng.uniform(0, 255, points).tolist(),
            'dp_I': rng.integers(1, NUM_PARTS + 1, points).astype(float).tolist(),
            'dp_U': rng.uniform(0, 1, points).tolist(),
            'dp_V': rng.uniform(0, 1, points).tolist(),
            'dp_masks': masks,
        }
        others = {
            'segmentation': [np.round(rng.uniform(0, _HEIGHT, 80), 2).tolist()],
            'keypoints': np.column_stack([rng.integers(1, _HEIGHT, (17, 2)), np.full(17, 2)]).ravel().tolist(),
            'num_keypoints': 17,
            'iscrowd': 0,
        }
        templates.append((json.dumps(others)[1:-1], json.dumps(others | surface)[1:-1]))
    return templates


def draw_boxes(rng: np.random.Generator, number: int) -> np.ndarray:
    """Boxes x, y, width, height within the image, with COCO's two decimals: float64 (number, 4)."""
    sizes = rng.uniform((30, 60), (300, 420), (number, 2))
    corners = rng.uniform(1, (_WIDTH - 302, _HEIGHT - 422), (number, 2))
    return np.round(np.hstack([corners, sizes]), 2)


def annotation_lines(rng: np.random.Generator, boxes: np.ndarray, surfaces: np.ndarray, points: int) -> Iterator[str]:
    """Annotation i, of image i // 2, as JSON, with surface where ``surfaces``, bool (number,), says so."""
    templates = templates_of_fields(rng, points)
    for number, (box, surface) in enumerate(zip(boxes.tolist(), surfaces.tolist(), strict=True)):
        head = {
            'id': 100000 + number, 'image_id': number // 2, 'category_id': 1, 'bbox': box, 'area': box[2] * box[3]
        }  # fmt: skip
        yield f'{json.dumps(head)[:-1]}, {templates[number % _TEMPLATES][surface]}}}'


def write_annotations(
    path: Path, rng: np.random.Generator, boxes: np.ndarray, surfaces: np.ndarray, points: int
) -> None:
    """Write a file in DensePose-COCO's format."""
    images: list[dict[str, Any]] = [
        {'id': number, 'file_name': f'COCO_train2014_{number:012d}.jpg', 'height': _HEIGHT, 'width': _WIDTH}
        for number in range((len(boxes) + 1) // 2)
    ]
    with path.open('w') as file:
        file.write(f'{{"info": {{}}, "images": {json.dumps(images)}, "annotations": [')
        for position, line in enumerate(annotation_lines(rng, boxes, surfaces, points)):
            file.write(f'{", " if position else ""}{line}')
        file.write(']}')


def stand_in(height: int, width: int) -> bytes:
    """A JPEG that claims a size and holds no such picture."""
    buffer = io.BytesIO()
    Image.new('RGB', (8, 8)).save(buffer, 'JPEG')
    data = bytearray(buffer.getvalue())
    place = data.index(_START_OF_FRAME) + 5
    data[place : place + 4] = height.to_bytes(2, 'big') + width.to_bytes(2, 'big')
    return bytes(data)


def write_tree(root: Path, chosen: np.ndarray, boxes: np.ndarray) -> None:
    """Write LIP's tree with the names of the chosen annotations."""
    splits: dict[str, list[int]] = {'train': [], 'val': []}
    for place, number in enumerate(chosen.tolist()):
        splits['train' if place % _VAL_SHARE else 'val'].append(number)
    (root / 'TrainVal_pose_annotations').mkdir(parents=True)
    for split, numbers in splits.items():
        pictures = root / 'TrainVal_images' / f'{split}_images'
        labels = root / 'TrainVal_parsing_annotations' / f'{split}_segmentations'
        pictures.mkdir(parents=True)
        labels.mkdir(parents=True)
        names = [f'{number // 2}_{100000 + number}' for number in numbers]
        for name, number in zip(names, numbers, strict=True):
            crop = crop_of(boxes[number].tolist())
            (pictures / f'{name}.jpg').write_bytes(stand_in(crop.height, crop.width))
            (labels / f'{name}.png').touch()
        (root / f'{split}_id.txt').write_text('\n'.join(names))
        rows = '\n'.join(f'{name}.jpg,{",".join(["100,200,0"] * NUM_JOINTS)}' for name in names)
        (root / 'TrainVal_pose_annotations' / f'lip_{split}_set.csv').write_text(rows)


def measure(root: Path, annotations: Path) -> tuple[float, float, float, int]:
    """Join, in a process of its own on one core.

    Returns:
        tuple: Seconds, of these those that the core worked for it, gigabytes of memory at the most, persons joined.

    Raises:
        RuntimeError: If the join fails.
    """
    report = root / 'report.json'
    command = [sys.executable, str(_TOOL), str(root), '--densepose', str(annotations), '--report', str(report)]
    core = min(os.sched_getaffinity(0))
    start = time.perf_counter()
    process = subprocess.Popen(
        ['taskset', '--cpu-list', str(core), *command],
        stdout=subprocess.DEVNULL,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f'the join ended with exit code {os.waitstatus_to_exitcode(status)}')
    joined = json.loads(report.read_text())['join']
    worked = usage.ru_utime + usage.ru_stime
    return seconds, worked, usage.ru_maxrss * 1024 / 1e9, sum(len(split['joined']) for split in joined.values())


def main() -> None:
    """Make the files, measure, print."""
    args = parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        root, annotations = Path(folder) / 'LIP', Path(folder) / 'densepose.json'
        boxes = draw_boxes(rng, args.annotations)
        order = rng.permutation(args.annotations)
        surfaces = np.zeros(args.annotations, dtype=bool)
        surfaces[order[: args.surfaces]] = True
        write_annotations(annotations, rng, boxes, surfaces, args.points)
        write_tree(root, np.sort(order[: args.persons]), boxes)
        size = annotations.stat().st_size / 1e9
        seconds, worked, memory, joined = measure(root, annotations)
        written = sum(path.stat().st_size for path in root.glob('densepose_*.json')) / 1e9
    print(f'{joined} of {args.persons} persons joined with {args.annotations} annotations of {size:.2f} GB')
    print(f'{seconds:.1f} s, {worked:.1f} s of them at work, on one core; at most {memory:.2f} GB of memory')
    print(f'{written:.2f} GB written')


if __name__ == '__main__':
    main()
