"""The benchmark of exported files: what it runs and reports, not how fast."""

import importlib
import json
from pathlib import Path

import pytest
from mmengine.config import Config

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


def test_wrong_words(tool, tmp_path, capsys):
    for words, message in ((['gone.py'], 'no such file: gone.py'), ([__file__, '--batches', '0'], 'at least 1')):
        with pytest.raises(SystemExit):
            tool.parse_args(words)
        assert message in capsys.readouterr().err
