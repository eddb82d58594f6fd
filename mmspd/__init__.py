"""SPD: human parsing, pose and dense pose in one network, as an MMSegmentation plugin.

``import mmspd`` registers every component, ours and MMSegmentation's, so that
``custom_imports = dict(imports=['mmspd'])`` is all that a config needs.
"""

import warnings

from mmspd.utils.dependencies import check_dependencies
from mmspd.version import __version__

check_dependencies()

with warnings.catch_warnings():
    # mmcv without compiled operators says so; mmspd uses none of them.
    warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``', UserWarning)
    from mmseg.utils import register_all_modules

    # Not only mmspd's own: a registry finds its parent's components once their modules are imported.
    register_all_modules(init_default_scope=False)
    from mmspd import datasets, engine, evaluation, models, results, visualization

__all__ = ['__version__', 'datasets', 'engine', 'evaluation', 'models', 'results', 'visualization']
