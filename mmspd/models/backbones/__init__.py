"""Backbones."""

from mmspd.models.backbones.convnext import ConvNeXt
from mmspd.models.backbones.spd_backbone import SPDBackbone

__all__ = ['ConvNeXt', 'SPDBackbone']
