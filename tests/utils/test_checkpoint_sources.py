"""Where checkpoints come from: released files, torchvision, addresses; and whether they fit."""

import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from mmengine.runner import CheckpointLoader

from mmspd.models.backbones import ConvNeXt
from mmspd.utils.checkpoint import load_from_http, load_from_torchvision, require_weights, use_safe_checkpoints
from tests.utils.hostile import WRITERS, live_payloads, nest

TINY = {'depths': (1, 1, 1, 1), 'channels': (2, 4, 8, 16)}


@pytest.mark.usefixtures('mmengine_schemes')
def test_weights_released_under_model_reach_a_backbone(tmp_path):
    weights = ConvNeXt(TINY).state_dict()
    weights['stages.0.0.gamma'] += 1
    torch.save({'model': weights}, tmp_path / 'convnext.pth')
    use_safe_checkpoints()
    backbone = ConvNeXt(TINY, init_cfg={'type': 'Pretrained', 'checkpoint': str(tmp_path / 'convnext.pth')})
    backbone.init_weights()
    assert torch.equal(backbone.stages[0][0].gamma, weights['stages.0.0.gamma'])


def test_weights_that_do_not_fit_are_refused():
    model = torch.nn.Linear(2, 3)
    require_weights(model, {'state_dict': model.state_dict()}, 'a.pth')
    require_weights(model, model.state_dict() | {'more': torch.ones(1)}, 'a.pth')
    with pytest.raises(ValueError, match=r'a\.pth does not fit.* 2 weights 1 are missing and 0 .*\(bias, '):
        require_weights(model, {'weight': model.weight}, 'a.pth')
    with pytest.raises(ValueError, match=r'0 are missing and 1 have another shape \(weight, '):
        require_weights(model, {'weight': torch.ones(3, 3), 'bias': model.bias}, 'a.pth')


def batch_norm(**changes):
    """A model with real and whole numbers, and a checkpoint's weights for it with some changed."""
    model = torch.nn.BatchNorm1d(2)
    return model, model.state_dict() | changes


@pytest.mark.filterwarnings('ignore::UserWarning')  # of PyTorch, about nested and quantized tensors
@pytest.mark.parametrize(
    ('make', 'what'),
    [
        (lambda: 5, 'int'),
        (lambda: None, 'NoneType'),
        (lambda: torch.ones(2).to_sparse(), 'sparse_coo tensor'),
        (lambda: torch.ones(2, device='meta'), r'tensor without values \(on the meta device\)'),
        (lambda: torch.ones(2, dtype=torch.complex64), 'tensor of complex64'),
        (lambda: torch.ones(2, dtype=torch.int64), 'tensor of int64'),
        (lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), 'tensor of qint8'),
        (lambda: torch.nested.nested_tensor([torch.ones(2)]), 'nested tensor'),
    ],
)
def test_weights_that_no_model_can_take_are_refused(make, what):
    model, weights = batch_norm(bias=make())
    with pytest.raises(ValueError, match=rf'a\.pth: 1 weights are none: bias is a {what}, expected .* float32'):
        require_weights(model, {'state_dict': weights}, 'a.pth')


def test_a_count_that_is_no_whole_number_is_refused():
    model, weights = batch_norm(num_batches_tracked=torch.tensor(1.5))
    with pytest.raises(ValueError, match=r'num_batches_tracked is a tensor of float32, expected .* int64'):
        require_weights(model, weights, 'a.pth')


@pytest.mark.parametrize('content', [5, [torch.ones(2)], None])
def test_a_state_dict_that_is_no_dictionary_is_refused(content):
    with pytest.raises(ValueError, match=rf'a\.pth: expected a dictionary .*, got a {type(content).__name__}'):
        require_weights(batch_norm()[0], {'state_dict': content}, 'a.pth')


@pytest.mark.parametrize(
    'value',
    [torch.tensor([1, torch.nan]), torch.tensor([-torch.inf, 1]), torch.tensor([1e300, 0], dtype=torch.float64)],
)
def test_weights_that_are_not_finite_in_the_model_are_refused(value):
    model, weights = batch_norm(weight=value, running_var=value)
    message = r'a\.pth holds 2 weights that are not finite \(weight, running_var\): has the training diverged\?'
    with pytest.raises(ValueError, match=message):
        require_weights(model, weights, 'a.pth')


def test_other_precisions_are_weights_and_only_what_was_asked_for_comes_back():
    for real in (torch.float16, torch.bfloat16, torch.float64):
        half = torch.tensor([0.5, 2], dtype=real)
        model, weights = batch_norm(weight=half, num_batches_tracked=torch.tensor(3, dtype=torch.int32))
        taken = require_weights(model, weights | {'more': 5, 7: None}, 'a.pth')
        assert list(taken) == list(weights)
        model.load_state_dict(taken)
        assert (model.weight.tolist(), int(model.num_batches_tracked)) == ([0.5, 2], 3)


def test_torchvisions_weights_are_fetched_without_torchvision(monkeypatch, tmp_path):
    asked = []

    def download(address, target, progress):
        asked.append(address)
        WRITERS['legacy']({'conv1.weight': torch.ones(2)}, target)

    monkeypatch.setitem(sys.modules, 'torchvision', None)  # importing it fails
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    weights = load_from_torchvision('torchvision://resnet101')
    assert weights['conv1.weight'].tolist() == [1, 1]
    assert [address.rpartition('/')[2] for address in asked] == ['resnet101-63fe2227.pth']


def test_an_unknown_model_and_a_missing_connection_say_what_to_do(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match=r'torchvision://resnet1000 is known; known are .*resnet101'):
        load_from_torchvision('torchvision://resnet1000')
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    with pytest.raises(ConnectionError, match=r'could not be downloaded.*init_cfg\.checkpoint=FILE.*init_cfg=None'):
        load_from_http('http://127.0.0.1:9/weights.pth')  # nothing listens there


@pytest.fixture
def server(tmp_path):
    """Serves ``tmp_path / 'remote'`` on this machine; gives its address and the directory."""
    directory = tmp_path / 'remote'
    directory.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(directory))) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f'http://127.0.0.1:{running.server_port}', directory
        running.shutdown()
        thread.join()


@pytest.mark.usefixtures('mmengine_schemes')
def test_downloads_are_loaded_safely(tmp_path, monkeypatch, server):
    monkeypatch.setattr(torch.hub, '_hub_dir', str(tmp_path / 'hub'))
    address, directory = server
    marker = tmp_path / 'executed'
    torch.save({'a': torch.ones(2)}, directory / 'good.pth')
    torch.save(nest('top', live_payloads(marker)['os']), directory / 'hostile.pth')
    use_safe_checkpoints()

    loaded = CheckpointLoader.load_checkpoint(f'{address}/good.pth?download=1', map_location='cpu')
    assert torch.equal(loaded['a'], torch.ones(2))
    (directory / 'good.pth').unlink()  # the second time it comes from the cache
    assert 'a' in CheckpointLoader.load_checkpoint(f'{address}/good.pth')
    with pytest.raises(ValueError, match='mkdir'):
        CheckpointLoader.load_checkpoint(f'{address}/hostile.pth')
    assert not marker.exists()
    with pytest.raises(ValueError, match='names no file'):
        CheckpointLoader.load_checkpoint(f'{address}/')
