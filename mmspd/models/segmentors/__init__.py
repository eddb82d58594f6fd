"""The multi-task model and its test-time augmentation."""

from mmspd.models.segmentors.outputs import SPDAnswers, SPDOutputs
from mmspd.models.segmentors.spd import SPD
from mmspd.models.segmentors.tta import SPDTTAModel

__all__ = ['SPD', 'SPDAnswers', 'SPDOutputs', 'SPDTTAModel']
