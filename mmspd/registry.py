"""Registries of mmspd.

Each one is a *child* of mmsegmentation's registry of the same name (and so a grandchild of mmengine's). Scope
``mmspd`` therefore resolves mmseg's components without a prefix, and scope ``mmseg`` resolves ours as
``mmspd.SPDSegHead``. Siblings of mmseg's registries could do neither.

mmspd registers nothing in the last seven. Without them, every run would begin with mmengine's warnings that its scope
has none.
"""

from mmengine.registry import Registry
from mmseg.registry import DATA_SAMPLERS as MMSEG_DATA_SAMPLERS
from mmseg.registry import DATASETS as MMSEG_DATASETS
from mmseg.registry import HOOKS as MMSEG_HOOKS
from mmseg.registry import LOOPS as MMSEG_LOOPS
from mmseg.registry import METRICS as MMSEG_METRICS
from mmseg.registry import MODEL_WRAPPERS as MMSEG_MODEL_WRAPPERS
from mmseg.registry import MODELS as MMSEG_MODELS
from mmseg.registry import OPTIM_WRAPPER_CONSTRUCTORS as MMSEG_OPTIM_WRAPPER_CONSTRUCTORS
from mmseg.registry import OPTIM_WRAPPERS as MMSEG_OPTIM_WRAPPERS
from mmseg.registry import OPTIMIZERS as MMSEG_OPTIMIZERS
from mmseg.registry import PARAM_SCHEDULERS as MMSEG_PARAM_SCHEDULERS
from mmseg.registry import TRANSFORMS as MMSEG_TRANSFORMS
from mmseg.registry import VISBACKENDS as MMSEG_VISBACKENDS
from mmseg.registry import VISUALIZERS as MMSEG_VISUALIZERS
from mmseg.registry import WEIGHT_INITIALIZERS as MMSEG_WEIGHT_INITIALIZERS

__all__ = [
    'DATASETS',
    'DATA_SAMPLERS',
    'HOOKS',
    'LOOPS',
    'METRICS',
    'MODELS',
    'MODEL_WRAPPERS',
    'OPTIMIZERS',
    'OPTIM_WRAPPERS',
    'OPTIM_WRAPPER_CONSTRUCTORS',
    'PARAM_SCHEDULERS',
    'TRANSFORMS',
    'VISBACKENDS',
    'VISUALIZERS',
    'WEIGHT_INITIALIZERS',
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

LOOPS = _child(MMSEG_LOOPS, 'mmspd.engine')
MODEL_WRAPPERS = _child(MMSEG_MODEL_WRAPPERS, 'mmspd.models')
OPTIM_WRAPPER_CONSTRUCTORS = _child(MMSEG_OPTIM_WRAPPER_CONSTRUCTORS, 'mmspd.engine')
OPTIMIZERS = _child(MMSEG_OPTIMIZERS, 'mmspd.engine')
PARAM_SCHEDULERS = _child(MMSEG_PARAM_SCHEDULERS, 'mmspd.engine')
VISBACKENDS = _child(MMSEG_VISBACKENDS, 'mmspd.visualization')
WEIGHT_INITIALIZERS = _child(MMSEG_WEIGHT_INITIALIZERS, 'mmspd.models')
