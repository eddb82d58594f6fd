"""Samples of a small tree as the evaluation pipeline gives them, with predictions that are wrong here and there."""

import numpy as np
import torch
from mmengine.structures import InstanceData, PixelData

from mmspd.datasets import LIPMultiTaskDataset
from mmspd.evaluation import GPSMetric, KeypointMetric, ParsingMetric
from mmspd.testing import write_small_tree

SIZE = (64, 48)  # height, width
PIPELINE = (
    dict(type='LoadPersonImage'),
    dict(type='LoadSurfacePoints', with_body=True),
    dict(type='PersonAffine', size=(48, 64), test_mode=True),
    dict(type='LoadParsingLabel'),
    dict(type='PackSPDInputs'),
)


def write_tree(root, num_val=4):
    """A LIP tree with one person to train on and some to validate."""
    write_small_tree(root, 1, num_val, size=SIZE, points=40)
    return root


def open_tree(root):
    """Its validation split, with the pipeline of evaluation."""
    return LIPMultiTaskDataset(str(root), 'val', surface_file='densepose_val.json', pipeline=PIPELINE, test_mode=True)


def predict(dataset, number):
    """A sample with its prediction, the same in whichever process."""
    rng = np.random.default_rng(number)
    sample = dataset[number]['data_samples']
    label = sample.gt_sem_seg.data.numpy().copy()
    wrong = rng.random(label.shape) < 0.3
    label[wrong] = rng.integers(0, 20, wrong.sum())
    sample.pred_sem_seg = PixelData(data=torch.from_numpy(label))
    joints = sample.gt_instances.keypoints + rng.normal(scale=5, size=(1, 16, 2)).astype(np.float32)
    scores = rng.random((1, 16)).astype(np.float32)
    sample.pred_instances = InstanceData(keypoints=joints, keypoint_scores=scores)
    right, bottom = rng.uniform(0.7, 1.1, 2) * (SIZE[1], SIZE[0])
    box = torch.tensor([[1.3, 2.7, right, bottom]], dtype=torch.float32)
    charts = torch.from_numpy(rng.normal(size=(1, 25, 8, 8))).float()
    uv = torch.from_numpy(rng.random((1, 2, 24, 8, 8))).float()
    sample.pred_surface = InstanceData(bboxes=box, part_logits=charts, uv=uv)
    return sample


def metrics_of(dataset):
    """The metrics of a test run, the surface read from whole pixels, as files have it."""
    metrics = [ParsingMetric(per_class=False), KeypointMetric(per_joint=False), GPSMetric(reading='pixels')]
    for metric in metrics:
        metric.dataset_meta = dataset.metainfo
    return metrics


def evaluate_directly(dataset):
    """Keys and values of all metrics on the predictions themselves."""
    samples = [predict(dataset, number).to_dict() for number in range(len(dataset))]
    found = {}
    for metric in metrics_of(dataset):
        metric.process({}, samples)
        found |= metric.evaluate(len(samples))
    return found
