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

from mmspd.evaluation import GPSMetric, KeypointMetric, ParsingMetric
from mmspd.structures import SPDDataSample
from tests.evaluation.test_gps_metric import body_mask, evaluate, make_sample
from tests.evaluation.test_metric_classes import make_sample as make_parsed
from tests.evaluation.test_metric_classes import pixels

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


def parsed_picture(number):
    """A picture, and number 3 without label."""
    rng = np.random.default_rng(number)
    label, prediction = rng.integers(0, 5, (2, 12, 9))
    maps = {'gt_sem_seg': pixels(label), 'pred_sem_seg': pixels(np.where(label < 3, label, prediction))}
    if number == 3:
        maps['gt_sem_seg'] = None
    return make_parsed(str(number), **maps)


MEASURED = {
    'parsing': (ParsingMetric, {'boundary': 0.1, 'intervals': 20, 'per_class_keys': True}, parsed_picture),
    'gps': (GPSMetric, {'per_part_keys': True}, person_with_surface),
    'pose': (KeypointMetric, {'per_joint_keys': True, 'per_side_keys': True}, persons_with_joints),
}

IDS = {
    'parsing': ['0', '1', '2', '4'],
    'gps': ['0', '1', '2', '3', '4'],
    'pose': ['0_7', '1_7', '1_7', '2_7', '4_7'],
}

PROGRAM = """
import json, sys
import numpy as np
import torch
from tests.evaluation.test_metric_processes import MEASURED
rank, folder = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group('gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2)
found = {}
for name, (cls, arguments, make) in MEASURED.items():
    metric = cls(**arguments)
    for number in [rank, 2 + rank, 4 if rank == 0 else 0]:  # as samplers pad
        metric.process({}, [make(number).to_dict()])
    found[name] = metric.evaluate(size=5)
    if rank == 0:
        np.savez(f'{folder}/{name}.npz', **metric.details)
with open(f'{folder}/{rank}.json', 'w') as file:
    json.dump(found, file)
torch.distributed.destroy_process_group()
"""


@pytest.fixture(scope='module')
def two_processes(tmp_path_factory):
    """The metrics that each of two processes has found, and the folder with the first one's details."""
    folder = tmp_path_factory.mktemp('processes')
    started = [
        subprocess.Popen(
            [sys.executable, '-c', PROGRAM, str(rank), str(folder)], cwd=ROOT, stdout=subprocess.DEVNULL,
            env=dict(os.environ, OMP_NUM_THREADS='1'),
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        assert [process.wait(timeout=180) for process in started] == [0, 0]
    finally:
        for process in started:
            process.kill()
    return [json.loads((folder / f'{rank}.json').read_text()) for rank in range(2)], folder


@pytest.mark.parametrize('name', MEASURED)
def test_two_processes_are_one_exactly(two_processes, name):
    outputs, folder = two_processes
    cls, arguments, make = MEASURED[name]
    metric = cls(**arguments)
    alone = evaluate(metric, *map(make, range(5)))
    assert len(set(alone.values())) > 10
    for found in outputs:
        assert found[name].keys() == alone.keys()
        for key, value in alone.items():
            assert found[name][key] == value or (math.isnan(found[name][key]) and math.isnan(value)), key
    with np.load(folder / f'{name}.npz') as details:
        assert set(details.files) == metric.details.keys() >= {'ids'}
        for key, values in metric.details.items():
            np.testing.assert_array_equal(details[key], values, err_msg=key)
    assert metric.details['ids'].tolist() == IDS[name]
