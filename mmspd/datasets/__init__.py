"""Readers of data sets, samplers and the pipeline."""

from mmspd.datasets.lip import LIPMultiTaskDataset
from mmspd.datasets.samplers import ResumableSampler
from mmspd.datasets.synthetic_people import SyntheticPeopleDataset
from mmspd.datasets.transforms import *  # noqa: F403

__all__ = ['LIPMultiTaskDataset', 'ResumableSampler', 'SyntheticPeopleDataset']
