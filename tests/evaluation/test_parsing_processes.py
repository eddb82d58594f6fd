"""``ParsingMetric`` with several processes."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from mmspd.evaluation import ParsingMetric
from tests.evaluation.test_metric_classes import evaluate, make_sample, pixels

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {'boundary': 0.1, 'intervals': 20, 'per_class_keys': True}


def varied_samples(numbers):
    """Different images, each the same in whichever process; number 3 has no label."""
    samples = []
    for number in numbers:
        rng = np.random.default_rng(number)
        label, prediction = rng.integers(0, 5, (2, 12, 9))
        maps = {'gt_sem_seg': pixels(label), 'pred_sem_seg': pixels(np.where(label < 3, label, prediction))}
        if number == 3:
            maps['gt_sem_seg'] = None
        samples.append(make_sample(str(number), **maps))
    return samples


def details_of(metric):
    """The metric's details as JSON values."""
    return {name: array.tolist() for name, array in metric.details.items()}


PROGRAM = """
import json, sys
import torch
from tests.evaluation.test_parsing_processes import OPTIONS, ParsingMetric, details_of, varied_samples
rank, folder = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group('gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2)
metric = ParsingMetric(**OPTIONS)
for sample in varied_samples([rank, 2 + rank, 4 if rank == 0 else 0]):  # as samplers pad
    metric.process({}, [sample.to_dict()])
metrics = metric.evaluate(size=5)
print(json.dumps([metrics, details_of(metric)]))
torch.distributed.destroy_process_group()
"""


def test_two_processes_are_one_exactly(tmp_path):
    started = [
        subprocess.Popen(
            [sys.executable, '-c', PROGRAM, str(rank), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, OMP_NUM_THREADS='1'),
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        outputs = [process.communicate(timeout=180)[0] for process in started]
    finally:
        for process in started:
            process.kill()
    metric = ParsingMetric(**OPTIONS)
    alone = evaluate(metric, *varied_samples(range(5)))
    assert len(set(alone.values())) > 50
    metrics, details = zip(*(json.loads(output.strip().splitlines()[-1]) for output in outputs), strict=True)
    for found in metrics:
        assert found.keys() == alone.keys()
        for key, value in alone.items():
            assert found[key] == value or (math.isnan(found[key]) and math.isnan(value)), key
    assert details[0] == details_of(metric)
    assert details[0]['ids'] == ['0', '1', '2', '4']
    assert np.sum(details[0]['confusion']) == 4 * 12 * 9
