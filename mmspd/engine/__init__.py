"""What plugs into mmengine's Runner."""

from mmspd.engine.amp import CPUAmpOptimWrapper, amp_wrapper
from mmspd.engine.classes_hook import CheckClassesHook
from mmspd.engine.data_root import set_data_root
from mmspd.engine.drawing_hook import DrawPredictionsHook
from mmspd.engine.processes import join_processes
from mmspd.engine.seed_hook import SeedIterationsHook

__all__ = [
    'CPUAmpOptimWrapper',
    'CheckClassesHook',
    'DrawPredictionsHook',
    'SeedIterationsHook',
    'amp_wrapper',
    'join_processes',
    'set_data_root',
]
