"""Metrics with several processes: scores and details are those of one process, exactly."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData

from mmspd.evaluation import GPSMetric, KeypointMetric
from mmspd.structures import SPDDataSample
from tests.evaluation.test_gps_metric import body_mask, evaluate, make_sample

ROOT = Path(__file__).resolve().parents[2]


def person_with_surface(number):
    """A person, the same in whichever process."""
    rng = np.random.default_rng(number)
    known = {'dp_body': body_mask(), 'dp_box': np.array([0.0, 0.0, 40.0, 60.0]), 'dp_area': rng.uniform(500, 20000)}
    sample = make_sample(number, **known)
    sample.pred_surface.part_logits += torch.from_numpy(rng.normal(size=(1, 25, 4, 4))).float()
    sample.gt_surface_points.uv[:4] = torch.from_numpy(rng.random((4, 2))).float()
    return sample


def persons_with_joints(number):
    """Some persons, two in every second picture, and none annotated in picture 3."""
    rng = np.random.default_rng(number)
    sample = SPDDataSample(metainfo={'img_id': f'{number}_7', 'img_path': f'{number}.jpg'})
    joints = rng.uniform(0, 100, (1 + number % 2, 16, 2))
    if number != 3:
        seen = rng.random(joints.shape[:2]) < 0.9
        sample.gt_instances = InstanceData(
            keypoints=joints, keypoints_visible=seen, keypoints_occluded=seen & (rng.random(seen.shape) < 0.3)
        )
    sample.pred_instances = InstanceData(keypoints=joints + rng.normal(0, 10, joints.shape))
    return sample


MEASURED = {
    'gps': (GPSMetric, {'per_part_keys': True}, person_with_surface),
    'pose': (KeypointMetric, {'per_joint_keys': True, 'per_side_keys': True}, persons_with_joints),
}

PROGRAM = """
import json, sys
import numpy as np
import torch
from tests.evaluation.test_metric_processes import MEASURED
name, rank, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
cls, arguments, make = MEASURED[name]
torch.distributed.init_process_group('gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2)
metric = cls(**arguments)
for number in [rank, 2 + rank, 4 if rank == 0 else 0]:  # as samplers pad
    metric.process({}, [make(number).to_dict()])
print(json.dumps(metric.evaluate(size=5)))
if rank == 0:
    np.savez(f'{folder}/details.npz', **metric.details)
torch.distributed.destroy_process_group()
"""


@pytest.mark.parametrize('name', MEASURED)
def test_two_processes_are_one_exactly(tmp_path, name):
    program = [sys.executable, '-c', PROGRAM, name]
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
    cls, arguments, make = MEASURED[name]
    metric = cls(**arguments)
    alone = evaluate(metric, *map(make, range(5)))
    assert len({value for key, value in alone.items() if key.startswith(name)}) > 10
    for output in outputs:
        found = json.loads(output.strip().splitlines()[-1])
        assert found.keys() == alone.keys()
        for key, value in alone.items():
            assert found[key] == value or (math.isnan(found[key]) and math.isnan(value)), key
    with np.load(tmp_path / 'details.npz') as details:
        assert set(details.files) == metric.details.keys() >= {'ids'}
        for key, values in metric.details.items():
            np.testing.assert_array_equal(details[key], values, err_msg=key)
    expected = {'gps': [0, 1, 2, 3, 4], 'pose': ['0_7', '1_7', '1_7', '2_7', '4_7']}[name]
    assert metric.details['ids'].tolist() == [str(each) for each in expected]
