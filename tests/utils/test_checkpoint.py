"""Hostile, damaged and ordinary checkpoints, and mmengine's Runner on top of the safe loader."""

import pickle
from collections import Counter
from functools import partial

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmengine.runner import CheckpointLoader, Runner
from torch.utils.data import DataLoader

from mmspd.utils.checkpoint import load_checkpoint_file, use_safe_checkpoints
from tests.utils.hostile import WRITERS, Payload, live_payloads, nest


@pytest.mark.parametrize('call', ['os', 'builtins', 'numpy'])
@pytest.mark.parametrize('place', ['top', 'state_dict', 'runtime_info', 'history'])
@pytest.mark.parametrize('writer', WRITERS)
def test_hostile_file_executes_nothing(tmp_path, writer, place, call):
    marker = tmp_path / 'executed.npy'
    path = tmp_path / 'hostile.pth'
    WRITERS[writer](nest(place, live_payloads(marker)[call]), path)

    with pytest.raises(ValueError, match=r'hostile\.pth'):
        load_checkpoint_file(path)
    assert not marker.exists()

    # The payload is a live one: with unrestricted unpickling it runs.
    load = pickle.loads if writer in ('pickle', 'tar') else None
    if load is None:
        torch.load(path, weights_only=False)
    else:
        load(pickle.dumps(nest(place, live_payloads(marker)[call])))
    assert marker.exists()


def test_message_names_what_was_refused_and_the_way_on(tmp_path):
    path = tmp_path / 'hostile.pth'
    torch.save({'state_dict': {'a': Payload(np.save, 'x', 0)}}, path)
    with pytest.raises(ValueError, match=r'hostile\.pth.*numpy\.\S*save.*torch\.save'):
        load_checkpoint_file(path)


def test_history_cannot_change_the_methods_of_all_buffers(tmp_path, monkeypatch):
    with monkeypatch.context() as context:
        context.setattr(HistoryBuffer, '_statistics_methods', {'mean': HistoryBuffer.max})
        torch.save({'log': HistoryBuffer([1.0, 2.0, 6.0], [1, 1, 1])}, tmp_path / 'poisoned.pth')
    original = HistoryBuffer([1.0], [1])._statistics_methods['mean']

    log = load_checkpoint_file(tmp_path / 'poisoned.pth')['log']
    assert log.statistics('mean') == 3.0
    assert HistoryBuffer._statistics_methods['mean'] is original is HistoryBuffer.mean


def test_getattr_reaches_nothing(tmp_path):
    walk = Payload(getattr, HistoryBuffer.mean, '__globals__')
    torch.save({'message_hub': {'runtime_info': {'x': walk}}}, tmp_path / 'walk.pth')
    assert 'HistoryBuffer' in torch.load(tmp_path / 'walk.pth', weights_only=False)['message_hub']['runtime_info']['x']
    with pytest.raises(ValueError, match='getattr'):
        load_checkpoint_file(tmp_path / 'walk.pth')


@pytest.mark.parametrize(
    'array', [np.array([{}]), np.zeros(2, dtype=[('a', 'O')]), np.array(['x']), np.zeros(2, 'V8'), np.zeros(1, 'M8[s]')]
)
def test_arrays_of_other_things_than_numbers_are_refused(tmp_path, array):
    torch.save({'x': array}, tmp_path / 'array.pth')
    with pytest.raises(ValueError, match=r'array\.pth'):
        load_checkpoint_file(tmp_path / 'array.pth')


def array_state(shape, kind, values):
    """A pickle of an array with any state, as a file would hold it."""
    reconstruct = np.zeros(1).__reduce__()[0]

    class Crafted:
        def __reduce__(self):
            return reconstruct, (np.ndarray, (0,), b'b'), (1, shape, kind, False, values)

    return Crafted()


@pytest.mark.parametrize(
    ('shape', 'values'),
    [((4,), b'\0' * 8), ((-1,), b'\0' * 8), ((1 << 62, 1 << 62), b''), ('x', b'\0' * 8), ((1,), ['a'])],
)
def test_arrays_that_contradict_themselves_are_refused(tmp_path, shape, values):
    torch.save({'x': array_state(shape, np.dtype('f8'), values)}, tmp_path / 'array.pth')
    with pytest.raises(ValueError, match=r'array\.pth'):
        load_checkpoint_file(tmp_path / 'array.pth')


def test_numbers_arrays_and_shared_parts_survive(tmp_path):
    shared = {'x': np.array([1, -2], dtype='>i2')}
    cycle = [np.float32(0.25)]
    cycle.append(cycle)
    content = {
        'grid': np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        'flags': np.array([True, False]),
        'empty': np.zeros((0, 3), np.float32),
        'pair': (shared, shared),
        'counter': Counter(a=3),
        'cycle': cycle,
        'palette': [(0, 0, 128)],
    }
    torch.save(content, tmp_path / 'a.pth')
    loaded = load_checkpoint_file(tmp_path / 'a.pth')
    for key in ('grid', 'flags', 'empty'):
        np.testing.assert_array_equal(loaded[key], content[key], strict=True)
    assert loaded['pair'][0] is loaded['pair'][1]
    assert loaded['pair'][0]['x'].tolist() == [1, -2]
    assert loaded['counter'] == Counter(a=3)
    assert isinstance(loaded['cycle'][0], np.float32)
    assert loaded['cycle'][0] == 0.25
    assert loaded['cycle'][1] is loaded['cycle']
    assert loaded['palette'] == [(0, 0, 128)]


@pytest.mark.parametrize('writer', ['zip', 'legacy'])
def test_plain_state_dict(tmp_path, writer):
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2))
    WRITERS[writer](model.state_dict(), tmp_path / 'weights.pth')
    loaded = load_checkpoint_file(str(tmp_path / 'weights.pth'))
    assert list(loaded) == list(model.state_dict())
    assert all(torch.equal(loaded[key], value) for key, value in model.state_dict().items())


def test_what_is_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'absent\.pth does not exist'):
        load_checkpoint_file(tmp_path / 'absent.pth')
    with pytest.raises(IsADirectoryError, match='is a directory'):
        load_checkpoint_file(tmp_path)

    torch.save({'a': torch.rand(1000)}, tmp_path / 'whole.pth')
    torch.save(torch.zeros(2), tmp_path / 'tensor.pth')
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(tmp_path / 'scripted.pth'))
    WRITERS['legacy']({'a': torch.rand(1000)}, tmp_path / 'old.pth')
    (tmp_path / 'cut.pth').write_bytes((tmp_path / 'whole.pth').read_bytes()[:2000])
    (tmp_path / 'cut_old.pth').write_bytes((tmp_path / 'old.pth').read_bytes()[:-1500])
    (tmp_path / 'cut_early.pth').write_bytes((tmp_path / 'old.pth').read_bytes()[:40])
    (tmp_path / 'empty.pth').write_bytes(b'')
    (tmp_path / 'page.pth').write_text('<!DOCTYPE html><title>Not found</title>')
    (tmp_path / 'noise.pth').write_bytes(bytes(range(256)) * 8)
    expected = {
        'tensor': 'holds a Tensor, expected a dictionary',
        'scripted': 'is a TorchScript program',
        'cut': 'is damaged',
        'cut_old': 'cannot be read as a checkpoint',
        'cut_early': 'cannot be read as a checkpoint',
        'empty': 'is empty',
        'page': 'is no checkpoint',
        'noise': 'is no checkpoint',
    }
    for name, message in expected.items():
        with pytest.raises(ValueError, match=rf'{name}\.pth {message}'):
            load_checkpoint_file(tmp_path / f'{name}.pth')


class Line(BaseModel):
    """Fits y = a x; enough of a model for a Runner."""

    def __init__(self, init_cfg=None):
        super().__init__(init_cfg=init_cfg)
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, x, mode='tensor'):
        return {'loss': (self.layer(x) - 3 * x).square().mean()} if mode == 'loss' else self.layer(x)

    def train_step(self, data, optim_wrapper):
        loss = self(data, mode='loss')['loss']
        optim_wrapper.update_params(loss)
        return {'loss': loss}


def make_runner(work_dir, iterations, **options):
    """A Runner that trains ``Line``, saves at every second step and logs at each."""
    torch.manual_seed(0)
    model = Line()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return Runner(
        model=model,
        work_dir=str(work_dir),
        train_dataloader=DataLoader(torch.linspace(0, 1, 8).reshape(8, 1), batch_size=4),
        train_cfg={'by_epoch': False, 'max_iters': iterations},
        optim_wrapper=OptimWrapper(optimizer),
        param_scheduler={'type': 'StepLR', 'step_size': 2, 'gamma': 0.5, 'by_epoch': False},
        default_hooks={
            'checkpoint': {'type': 'CheckpointHook', 'interval': 2, 'by_epoch': False},
            'logger': {'type': 'LoggerHook', 'interval': 1},
        },
        log_processor={'by_epoch': False},
        log_level='ERROR',
        default_scope='mmengine',
        experiment_name=str(work_dir),
        **options,
    )


@pytest.mark.usefixtures('mmengine_schemes')
def test_runner_resumes_from_its_own_checkpoint(tmp_path):
    use_safe_checkpoints()
    whole = make_runner(tmp_path / 'whole', 4)
    whole.train()
    resumed = make_runner(tmp_path / 'second', 4, load_from=str(tmp_path / 'whole' / 'iter_2.pth'), resume=True)
    resumed.train()

    assert resumed.iter == 4
    assert torch.equal(resumed.model.layer.weight, whole.model.layer.weight)
    history, expected = (runner.message_hub.log_scalars['train/loss'].data[0].tolist() for runner in (resumed, whole))
    assert len(history) == 4
    assert history == expected
    assert type(resumed.message_hub.log_scalars['train/loss']) is HistoryBuffer


@pytest.mark.usefixtures('mmengine_schemes')
def test_resume_does_not_run_config_source_in_the_checkpoint(tmp_path):
    make_runner(tmp_path / 'first', 2).train()
    path, marker = tmp_path / 'first' / 'iter_2.pth', tmp_path / 'executed'
    checkpoint = torch.load(path, weights_only=False)
    source = f'import os\nos.mkdir({str(marker)!r})\n'
    checkpoint['meta'].update(config=source, cfg=source)
    checkpoint['message_hub']['runtime_info']['cfg'] = source
    torch.save(checkpoint, path)

    use_safe_checkpoints()
    runner = make_runner(tmp_path / 'second', 2)
    runner.resume(str(path))
    assert runner.iter == 2
    assert not marker.exists()
    assert source not in str(load_checkpoint_file(path))


@pytest.mark.usefixtures('mmengine_schemes')
def test_every_way_into_mmengine_is_closed(tmp_path):
    path, marker = tmp_path / 'hostile.pth', tmp_path / 'executed'
    torch.save(nest('runtime_info', live_payloads(marker)['os']), path)
    use_safe_checkpoints()
    runner = make_runner(tmp_path / 'run', 2)
    pretrained = Line(init_cfg={'type': 'Pretrained', 'checkpoint': str(path)})
    for load in (
        partial(runner.load_checkpoint, str(path)),
        partial(runner.resume, str(path)),
        pretrained.init_weights,
    ):
        with pytest.raises(ValueError, match='mkdir'):
            load()
    assert not marker.exists()


@pytest.mark.usefixtures('mmengine_schemes')
def test_other_schemes_stay(tmp_path):
    before = dict(CheckpointLoader._schemes)
    use_safe_checkpoints()
    use_safe_checkpoints()
    changed = {prefix for prefix, loader in CheckpointLoader._schemes.items() if loader is not before.get(prefix)}
    assert changed == {'', 'http://', 'https://', 'torchvision://'}
    for address in ('open-mmlab://resnet50_v1c', 's3://bucket/a.pth'):
        loader = CheckpointLoader._get_checkpoint_loader(address)
        assert loader.__module__ == 'mmengine.runner.checkpoint'
