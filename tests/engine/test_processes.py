"""What a config becomes before several processes read it."""

import pytest
import torch.distributed
from mmengine.config import Config

from mmspd.engine import join_processes, processes


@pytest.fixture
def joined(monkeypatch):
    """The calls that would join a process group."""
    calls = []
    monkeypatch.setattr(torch.distributed, 'init_process_group', lambda *args, **more: calls.append((args, more)))
    return calls


def config_of(launcher, **more):
    return Config(dict(launcher=launcher, env_cfg=dict(dist_cfg=dict(backend='nccl', timeout=60)), **more))


def test_one_process_and_accelerators_need_nothing(monkeypatch, joined):
    for launcher, device in (('none', 'cpu'), ('pytorch', 'cuda'), ('slurm', 'cuda'), ('pytorch', 'npu')):
        monkeypatch.setattr(processes, 'get_device', lambda device=device: device)
        cfg = config_of(launcher)
        join_processes(cfg)
        assert cfg.to_dict() == config_of(launcher).to_dict()
    assert joined == []


def test_without_accelerator_gloo_joins_and_the_model_stays_on_the_cpu(monkeypatch, joined):
    monkeypatch.setattr(processes, 'get_device', lambda: 'cpu')
    cfg = config_of('pytorch', find_unused_parameters=True)
    join_processes(cfg)
    assert cfg.env_cfg.dist_cfg.backend == 'gloo'
    assert [(args, more['timeout'].total_seconds()) for args, more in joined] == [(('gloo',), 60)]
    assert cfg.model_wrapper_cfg == dict(
        type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False, find_unused_parameters=True
    )
    own = config_of('pytorch', model_wrapper_cfg=dict(type='MMDistributedDataParallel', static_graph=True))
    join_processes(own)
    assert (own.model_wrapper_cfg.static_graph, own.model_wrapper_cfg.device_ids) == (True, None)
    bare = Config(dict(launcher='pytorch'))
    join_processes(bare)
    assert bare.env_cfg.dist_cfg.backend == 'gloo'


def test_other_launchers_need_gpus(monkeypatch, joined):
    monkeypatch.setattr(processes, 'get_device', lambda: 'cpu')
    with pytest.raises(ValueError, match=r"launcher 'slurm' needs a GPU.*dist_train.sh"):
        join_processes(config_of('slurm'))
    assert joined == []
