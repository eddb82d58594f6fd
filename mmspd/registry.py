"""Registries of mmspd.

Each one is a *child* of mmsegmentation's registry of the same name (and so a grandchild of mmengine's). Scope
``mmspd`` therefore resolves mmseg's components without a prefix, and scope ``mmseg`` resolves ours as
``mmspd.SPDSegHead``. Siblings of mmseg's registries could do neither.
"""

from mmengine.registry import Registry
from mmseg.registry import DATA_SAMPLERS as MMSEG_DATA_SAMPLERS
from mmseg.registry import DATASETS as MMSEG_DATASETS
from mmseg.registry import HOOKS as MMSEG_HOOKS
from mmseg.registry import METRICS as MMSEG_METRICS
from mmseg.registry import MODELS as MMSEG_MODELS
from mmseg.registry import OPTIM_WRAPPERS as MMSEG_OPTIM_WRAPPERS
from mmseg.registry import TRANSFORMS as MMSEG_TRANSFORMS
from mmseg.registry import VISUALIZERS as MMSEG_VISUALIZERS

__all__ = [
    'DATASETS',
    'DATA_SAMPLERS',
    'HOOKS',
    'METRICS',
    'MODELS',
    'OPTIM_WRAPPERS',
    'TRANSFORMS',
    'VISUALIZERS',
]


def _child(parent: Registry, location: str) -> Registry:
    """A registry of scope ``mmspd`` below ``parent``, filled when mmengine imports ``location``."""
    return Registry(parent.name, parent=parent, scope='mmspd', locations=[location])


MODELS = _child(MMSEG_MODELS, 'mmspd.models')
DATASETS = _child(MMSEG_DATASETS, 'mmspd.datasets')
DATA_SAMPLERS = _child(MMSEG_DATA_SAMPLERS, 'mmspd.datasets')
TRANSFORMS = _child(MMSEG_TRANSFORMS, 'mmspd.datasets.transforms')
METRICS = _child(MMSEG_METRICS, 'mmspd.evaluation')
VISUALIZERS = _child(MMSEG_VISUALIZERS, 'mmspd.visualization')
HOOKS = _child(MMSEG_HOOKS, 'mmspd.engine')
OPTIM_WRAPPERS = _child(MMSEG_OPTIM_WRAPPERS, 'mmspd.engine')
