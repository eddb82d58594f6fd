"""Use a trained model: pictures in, people out."""

from mmspd.apis.inferencer import SPDInferencer
from mmspd.apis.model_loading import SHIPPED_MODELS, LoadedModel, load_model
from mmspd.apis.people import People
from mmspd.apis.person import Person

__all__ = ['SHIPPED_MODELS', 'LoadedModel', 'People', 'Person', 'SPDInferencer', 'load_model']
