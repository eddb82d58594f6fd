"""Use a trained model: pictures in, people out."""

from mmspd.apis.detectors import mmdet_detector, torchvision_detector
from mmspd.apis.inferencer import SPDInferencer
from mmspd.apis.model_loading import SHIPPED_MODELS, LoadedModel, load_model
from mmspd.apis.people import People
from mmspd.apis.person import Person
from mmspd.apis.try_on import TryOn, agnostic_mask, group_masks, try_on

__all__ = [
    'SHIPPED_MODELS',
    'LoadedModel',
    'People',
    'Person',
    'SPDInferencer',
    'TryOn',
    'agnostic_mask',
    'group_masks',
    'load_model',
    'mmdet_detector',
    'torchvision_detector',
    'try_on',
]
