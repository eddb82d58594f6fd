"""``GPSMetric`` with several processes."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from mmspd.evaluation import GPSMetric
from tests.evaluation.test_gps_metric import body_mask, evaluate, make_sample

ROOT = Path(__file__).resolve().parents[2]


def varied_samples(numbers):
    """Different persons, each the same in whichever process."""
    samples = []
    for number in numbers:
        rng = np.random.default_rng(number)
        known = {'dp_body': body_mask(), 'dp_box': np.array([0.0, 0.0, 40.0, 60.0]), 'dp_area': rng.uniform(500, 20000)}
        sample = make_sample(number, **known)
        sample.pred_surface.part_logits += torch.from_numpy(rng.normal(size=(1, 25, 4, 4))).float()
        sample.gt_surface_points.uv[:4] = torch.from_numpy(rng.random((4, 2))).float()
        samples.append(sample)
    return samples


PROGRAM = """
import json, sys
import torch
from tests.evaluation.test_gps_processes import GPSMetric, varied_samples
rank, folder = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group('gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2)
metric = GPSMetric(per_part_keys=True)
for sample in varied_samples([rank, 2 + rank, 4 if rank == 0 else 0]):  # as samplers pad
    metric.process({}, [sample.to_dict()])
print(json.dumps(metric.evaluate(size=5)))
torch.distributed.destroy_process_group()
"""


def test_two_processes_are_one_exactly(tmp_path):
    program = [sys.executable, '-c', PROGRAM]
    started = [
        subprocess.Popen(
            [*program, str(rank), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, OMP_NUM_THREADS='1'),
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        outputs = [process.communicate(timeout=180)[0] for process in started]
    finally:
        for process in started:
            process.kill()
    alone = evaluate(GPSMetric(per_part_keys=True), *varied_samples(range(5)))
    assert len({value for key, value in alone.items() if key.startswith('gps')}) > 10
    for output in outputs:
        found = json.loads(output.strip().splitlines()[-1])
        assert found.keys() == alone.keys()
        for key, value in alone.items():
            assert found[key] == value or (math.isnan(found[key]) and math.isnan(value)), key
