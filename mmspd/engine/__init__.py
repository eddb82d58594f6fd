"""What plugs into mmengine's Runner."""

from mmspd.engine.amp import CPUAmpOptimWrapper, amp_wrapper
from mmspd.engine.data_root import set_data_root
from mmspd.engine.drawing_hook import DrawPredictionsHook

__all__ = ['CPUAmpOptimWrapper', 'DrawPredictionsHook', 'amp_wrapper', 'set_data_root']
