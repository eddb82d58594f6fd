"""The multi-task model and its test-time augmentation."""

from mmspd.models.segmentors.spd import SPD, SPDOutputs
from mmspd.models.segmentors.tta import SPDTTAModel

__all__ = ['SPD', 'SPDOutputs', 'SPDTTAModel']
