"""Several processes on a machine without an accelerator, which mmengine leaves out."""

from datetime import timedelta
from typing import Final

import torch.distributed
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import is_distributed

_TIMEOUT: Final = 1800  # seconds that a process waits for the others; PyTorch's default
_CPU_WRAPPER: Final = dict(type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False)


def join_processes(cfg: Config) -> None:
    """Prepare a config for the process group that its launcher started, and without an accelerator join the group.

    mmengine reads ``env_cfg.dist_cfg.backend`` and selects a GPU for each process. Where there is none, the processes
    talk through gloo instead, whatever the config says, and the model is wrapped for the CPU. To be called before the
    Runner is built.

    Args:
        cfg (Config): Complete config, changed in place; a single process (``launcher='none'``) needs nothing.

    Raises:
        ValueError: Without an accelerator, a launcher other than ``'pytorch'`` (torchrun).
    """
    if cfg.launcher == 'none' or get_device() != 'cpu':
        return
    if cfg.launcher != 'pytorch':
        raise ValueError(
            f'launcher {cfg.launcher!r} needs a GPU for each process, and this machine has none: '
            "start the processes by tools/dist_train.sh or tools/dist_test.sh (launcher 'pytorch')"
        )
    wrapper = cfg.get('model_wrapper_cfg') or dict(find_unused_parameters=cfg.get('find_unused_parameters', False))
    cfg.model_wrapper_cfg = _CPU_WRAPPER | wrapper
    cfg.merge_from_dict({'env_cfg.dist_cfg.backend': 'gloo'})
    if not is_distributed():
        limit = timedelta(seconds=cfg.env_cfg.dist_cfg.get('timeout', _TIMEOUT))
        torch.distributed.init_process_group('gloo', timeout=limit)
