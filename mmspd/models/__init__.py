"""The network: backbone, neck, branches, losses and the segmentor that wires them."""

from mmspd.models.backbones import SPDBackbone
from mmspd.models.data_preprocessor import SPDDataPreProcessor
from mmspd.models.heads import SPDDensePoseHead, SPDPoseHead, SPDSegHead
from mmspd.models.losses import MultiTaskLoss
from mmspd.models.necks import SPDNeck
from mmspd.models.segmentors import SPD, SPDTTAModel

__all__ = [
    'SPD',
    'MultiTaskLoss',
    'SPDBackbone',
    'SPDDataPreProcessor',
    'SPDDensePoseHead',
    'SPDNeck',
    'SPDPoseHead',
    'SPDSegHead',
    'SPDTTAModel',
]
