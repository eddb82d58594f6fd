"""Readers of data sets, samplers and the pipeline."""

from mmspd.datasets.atr import ATRDataset
from mmspd.datasets.cihp import CIHPDataset
from mmspd.datasets.coco_persons import COCOPersonDataset
from mmspd.datasets.joined import JoinedDataset
from mmspd.datasets.lip import LIPMultiTaskDataset
from mmspd.datasets.mpii import MPIIDataset
from mmspd.datasets.persons import PersonDataset
from mmspd.datasets.samplers import ResumableSampler
from mmspd.datasets.synthetic_people import SyntheticPeopleDataset
from mmspd.datasets.transforms import *  # noqa: F403

__all__ = [
    'ATRDataset',
    'CIHPDataset',
    'COCOPersonDataset',
    'JoinedDataset',
    'LIPMultiTaskDataset',
    'MPIIDataset',
    'PersonDataset',
    'ResumableSampler',
    'SyntheticPeopleDataset',
]
