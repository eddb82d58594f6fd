"""The benchmark of exported files: what it runs and reports, not how fast."""

import importlib
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmspd.export import ExportNetwork
from tests.export.conftest import SIZE
from tests.models.tiny import tiny_spd

pytest.importorskip('onnxruntime')
pytest.importorskip('onnx')

TOOLS = Path(__file__).resolve().parents[2] / 'tools' / 'analysis'


@pytest.fixture(scope='module')
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        yield importlib.import_module('benchmark_export')


def test_every_batch_has_every_run(tool, tmp_path, monkeypatch, capsys):
    Config(dict(default_scope='mmspd', model=tiny_spd())).dump(tmp_path / 'tiny.py')
    words = [tmp_path / 'tiny.py', '--size', 64, 48, '--batches', 1, 2, '--rounds', 1, '--warmup', 0]
    words += ['--precisions', 'fp32', 'fp16', '--out', tmp_path / 'speed.json']
    monkeypatch.setattr('sys.argv', ['benchmark_export.py', *map(str, words)])
    tool.main()
    report = json.loads((tmp_path / 'speed.json').read_text())
    names = ['eager', 'fast', 'onnxruntime fp32', 'onnxruntime fp16']
    assert [(entry['batch'], entry['name']) for entry in report['entries']] == [
        (n, name) for n in (1, 2) for name in names
    ]
    assert [entry['ratio'] for entry in report['entries'] if entry['name'] == 'eager'] == [1, 1]
    assert report['bytes']['fp16'] < report['bytes']['fp32']
    printed = capsys.readouterr().out
    assert 'onnxruntime fp16' in printed


def test_eager_runs_the_whole_model_with_the_given_boxes(tool, model, monkeypatch):
    said = []
    answers = model.answers
    monkeypatch.setattr(model, 'answers', lambda *given: said.append(answers(*given)))
    boxes = torch.tensor([[4.0, 5.0, 30.0, 60.0], [1.0, 2.0, 40.0, 50.0]])
    image = torch.rand(2, 3, SIZE[1], SIZE[0]) * 255
    tool.eager_run(model, image, boxes)()
    (found,) = said
    assert torch.equal(found.rois, torch.cat([torch.arange(2.0)[:, None], boxes], dim=1))
    network = ExportNetwork(model, SIZE)
    # As the file: red, green, blue; the model's own preprocessor takes blue, green, red.
    want = network(image.flip(1), boxes)
    got = (found.seg, found.pose, found.surface[0], found.surface[1].clamp(0, 1), found.rois[:, 1:])
    for value, other in zip(want, got, strict=True):
        torch.testing.assert_close(value, other, atol=1e-4, rtol=1e-4)


def test_wrong_words(tool, tmp_path, capsys):
    for words, message in ((['gone.py'], 'no such file: gone.py'), ([__file__, '--batches', '0'], 'at least 1')):
        with pytest.raises(SystemExit):
            tool.parse_args(words)
        assert message in capsys.readouterr().err
