"""The pipeline: loading, photometric, one geometric transform, targets, packing."""

from mmspd.datasets.transforms.boxes import JitterBox
from mmspd.datasets.transforms.geometry import PersonAffine
from mmspd.datasets.transforms.loading import LoadParsingLabel, LoadPersonImage, LoadSurfacePoints
from mmspd.datasets.transforms.packing import PackSPDInputs
from mmspd.datasets.transforms.photometric import PersonPhotometric
from mmspd.datasets.transforms.targets import PoseTargets

__all__ = [
    'JitterBox',
    'LoadParsingLabel',
    'LoadPersonImage',
    'LoadSurfacePoints',
    'PackSPDInputs',
    'PersonAffine',
    'PersonPhotometric',
    'PoseTargets',
]
