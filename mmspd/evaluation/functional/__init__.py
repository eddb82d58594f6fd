"""The arithmetic of the metrics, as pure functions."""

from mmspd.evaluation.functional.confusion import confusion_matrix, count_image
from mmspd.evaluation.functional.keypoints import (
    KeypointErrors,
    compare_keypoints,
    correct_keypoints,
    joint_means,
    masked_mean,
    mean_spd_code_error,
    spd_code_errors,
)
from mmspd.evaluation.functional.parsing import (
    PROTOCOLS,
    ClassScores,
    ParsingCounts,
    Protocol,
    score_parsing,
)
from mmspd.evaluation.functional.surface import SurfaceCounts, compare_surface
from mmspd.utils.arrays import to_numpy

__all__ = [
    'PROTOCOLS',
    'ClassScores',
    'KeypointErrors',
    'ParsingCounts',
    'Protocol',
    'SurfaceCounts',
    'compare_keypoints',
    'compare_surface',
    'confusion_matrix',
    'correct_keypoints',
    'count_image',
    'joint_means',
    'masked_mean',
    'mean_spd_code_error',
    'score_parsing',
    'spd_code_errors',
    'to_numpy',
]
