"""Time GPSMetric on a surface as large as that of DensePose's evaluation, on one core, and tell its private memory.

The surface is a sphere with as many vertices, its distances are arcs; they are written in the format of DensePose's own
files, 1.5 gigabytes, which the metric copies to as much again and then maps. All is removed afterwards. Predictions are
random, in main memory and without a model. Private memory is what belongs to the process alone: pages of the mapped
file, which the system may drop at any time, are not counted.

Examples:
    python tools/analysis/benchmark_gps.py
    python tools/analysis/benchmark_gps.py --persons 500 --vertices 3000
"""

import argparse
import multiprocessing
import os
import pickle
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch
from mmengine.structures import InstanceData
from scipy.io import savemat

from mmspd.anatomy import MASK_SIZE, NUM_PARTS
from mmspd.evaluation import GPSMetric
from mmspd.structures import SPDDataSample
from mmspd.surface.densepose_assets import DISTANCES_FILE, SUBDIVISION_FILE, TRANSFORM_FILE

_HEIGHT, _WIDTH = 300, 150  # pixels of a picture and of the person's box in it
_DIFFERENT = 8  # predictions, in turn
_AT_ONCE = 250  # samples
_CELLS = 112
_RADIUS = 0.5  # metres
_PART_COLUMNS = 6  # the sphere's 24 parts lie in so many columns
_SECONDS_BETWEEN = 0.02


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--persons', type=int, default=5000, help='(default: %(default)s)')
    parser.add_argument('--points', type=int, default=100, help='of each person (default: %(default)s)')
    parser.add_argument('--vertices', type=int, default=27554, help='of the surface (default: %(default)s)')
    parser.add_argument('--folder', type=Path, help='where the files are made (default: that of temporary files)')
    args = parser.parse_args()
    if args.vertices < 10 * NUM_PARTS or args.persons < 1 or args.points < 1:
        parser.error(f'expected at least {10 * NUM_PARTS} vertices, one person and one point')
    return args


def make_surface(folder: str, count: int) -> None:
    """Write the three files of a sphere with ``count`` vertices, evenly spread on a spiral."""
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * (np.sqrt(5) - 1) / 2 % 1
    across, along = turn * _PART_COLUMNS, (1 - height) / 2 * (NUM_PARTS // _PART_COLUMNS)
    part = 1 + np.floor(across) + _PART_COLUMNS * np.floor(along)
    fields = {'U_subdiv': across % 1, 'V_subdiv': along % 1, 'Part_ID_subdiv': part}
    savemat(Path(folder) / SUBDIVISION_FILE, {name: values[:, None] for name, values in fields.items()})
    savemat(Path(folder) / TRANSFORM_FILE, {'index': 1 + np.arange(count)[:, None]})

    ring, angle = np.sqrt(1 - height**2), 2 * np.pi * turn
    places = np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=1).astype(np.float32)
    distances = np.empty((count * (count - 1) // 2, 1), dtype=np.float32)
    for vertex in range(1, count):
        arcs = np.arccos(np.clip(places[:vertex] @ places[vertex], -1, 1))
        start = vertex * (vertex - 1) // 2
        distances[start : start + vertex, 0] = _RADIUS * arcs
    with (Path(folder) / DISTANCES_FILE).open('wb') as file:
        pickle.dump({'Pdist_matrix': distances}, file, protocol=4)


def random_predictions(rng: np.random.Generator) -> list[InstanceData]:
    """Some predictions, over the whole picture."""
    return [
        InstanceData(
            bboxes=torch.tensor([[0.0, 0.0, _WIDTH, _HEIGHT]]),
            part_logits=torch.from_numpy(rng.normal(size=(1, NUM_PARTS + 1, _CELLS, _CELLS))).float(),
            uv=torch.from_numpy(rng.random((1, 2, NUM_PARTS, _CELLS, _CELLS))).float(),
        )
        for _ in range(_DIFFERENT)
    ]


def random_samples(
    rng: np.random.Generator, predictions: list[InstanceData], persons: int, points: int, masked: bool
) -> list[dict]:
    """Samples as the metric receives them, with points of their own and predictions that they share."""
    rows, columns = np.mgrid[:MASK_SIZE, :MASK_SIZE] / MASK_SIZE - 0.5
    body = {'dp_body': np.hypot(rows, columns) < 0.4, 'dp_box': np.array([0.0, 0.0, _WIDTH, _HEIGHT])}
    samples = []
    for number in range(persons):
        sample = SPDDataSample(metainfo={'img_path': f'{number}.jpg', 'ori_shape': (_HEIGHT, _WIDTH)})
        sample.set_metainfo(body if masked else {})
        sample.gt_surface_points = InstanceData(
            ori_points=torch.from_numpy(rng.random((points, 2)) * (_WIDTH, _HEIGHT) - 0.5).float(),
            labels=torch.from_numpy(rng.integers(1, NUM_PARTS + 1, points)),
            uv=torch.from_numpy(rng.random((points, 2))).float(),
            uv_valid=torch.ones(points, dtype=torch.bool),
        )
        sample.pred_surface = predictions[number % len(predictions)]
        samples.append(sample.to_dict())
    return samples


def time_metric(metric: GPSMetric, persons: int, points: int, masked: bool) -> tuple[float, float]:
    """Seconds that the metric takes, and those of them at work; making its samples does not count."""
    rng = np.random.default_rng(0)
    predictions = random_predictions(rng)
    seconds, left = np.zeros(2), persons
    while left:
        samples = random_samples(rng, predictions, min(left, _AT_ONCE), points, masked)
        left -= len(samples)
        start = clocks()
        metric.process(None, samples)
        seconds += clocks() - start
    start = clocks()
    metric.evaluate(size=persons)
    passed, worked = (seconds + clocks() - start).tolist()
    return passed, worked


def clocks() -> np.ndarray:
    """Seconds that passed, and that this process worked: on a busy machine the first says little."""
    return np.array([time.perf_counter(), time.process_time()])


class PrivateMemory:
    """A context that looks, in a thread, for the most private memory that the process takes."""

    def __init__(self) -> None:
        self.most = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN):
            self.look()

    def look(self) -> None:
        """Take the present value into account."""
        lines = Path('/proc/self/status').read_text().splitlines()
        (line,) = (line for line in lines if line.startswith('RssAnon:'))
        self.most = max(self.most, int(line.split()[1]) * 1024)

    def __enter__(self) -> 'PrivateMemory':
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.look()


def measure(folder: str, persons: int, points: int) -> None:
    """Measure on one core and print."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    with PrivateMemory() as memory:
        start = time.perf_counter()
        GPSMetric(surface=folder)
        print(f'first use, with the copy of the distances: {time.perf_counter() - start:.1f} s')
        for reading, masked in (('charts', False), ('charts', True), ('pixels', True)):
            metric = GPSMetric(surface=folder, reading=reading, per_part=False)
            seconds, worked = time_metric(metric, persons, points, masked)
            what = 'GPS and GPSm' if masked else 'GPS'
            each = 1000 * worked / persons
            print(f'{what}, read from {reading}: {seconds:.1f} s, {worked:.1f} s at work, {each:.2f} ms a person')
    print(f'at most {memory.most / 1e9:.2f} GB of private memory')


def main() -> None:
    """Make the files and measure, each in a process of its own, so that the first one's memory does not count."""
    args = parse_args()
    processes = multiprocessing.get_context('spawn')
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for work, arguments in (
            (make_surface, (folder, args.vertices)),
            (measure, (folder, args.persons, args.points)),
        ):
            process = processes.Process(target=work, args=arguments)
            process.start()
            process.join()
            if process.exitcode != 0:
                raise RuntimeError(f'{work.__name__} ended with exit code {process.exitcode}')
        print(f'{args.persons} persons of {args.points} points, {args.vertices} vertices')


if __name__ == '__main__':
    main()
