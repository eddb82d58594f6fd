"""The command line as a whole: help, exit codes, errors, and what ``info`` says."""

import re
import runpy
import sys
from types import SimpleNamespace

import pytest
import torch

from mmspd.apis.model_loading import PRETRAINED
from mmspd.cli.main import build_parser, main
from mmspd.export.export_model import PRECISIONS
from mmspd.version import __version__
from tests.apis.made import INPUT_SIZE, write_model

COMMANDS = ('predict', 'serve', 'export', 'info')


@pytest.fixture(scope='module')
def tiny_files(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp('tiny'))


def stops(arguments, code):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == code


def test_the_help_of_all_names_the_commands_examples_and_exit_codes(capsys):
    stops(['--help'], 0)
    text = capsys.readouterr().out
    assert [command for command in COMMANDS if f'python -m mmspd {command}' in text] == list(COMMANDS)
    assert re.search(r'exit codes:\n +0 +done\n +1 .*\n +2 .*\n +130 +interrupted', text)


@pytest.mark.parametrize('command', COMMANDS)
def test_the_examples_of_every_command_are_command_lines_that_it_takes(capsys, command):
    stops([command, '--help'], 0)
    text = capsys.readouterr().out
    lines = [line.strip() for line in text.split('examples:\n')[1].splitlines() if line.strip()]
    assert lines
    for line in lines:
        words = line.split()
        assert words[:4] == ['python', '-m', 'mmspd', command]
        assert callable(build_parser().parse_args(words[3:]).run)


def test_the_version_is_said(capsys):
    stops(['--version'], 0)
    assert capsys.readouterr().out == f'mmspd {__version__}\n'


@pytest.mark.parametrize(
    'arguments',
    [
        [],
        ['paint'],
        ['predict'],
        ['predict', 'a.jpg'],
        ['predict', 'a.jpg', '--out', 'x', '--export', 'jpg'],
        ['predict', 'a.jpg', '--out', 'x', '--export', ''],
        ['predict', 'a.jpg', '--out', 'x', '--boxes', '1,2,3'],
        ['predict', 'a.jpg', '--out', 'x', '--boxes', '1,2,3,x'],
        ['predict', 'a.jpg', '--out', 'x', '--palette', 'neon'],
        ['predict', 'a.jpg', '--out', 'x', '--batch-size', 'many'],
        ['export', 'spd_small'],
        ['export', 'spd_small', '--out', 'x', '--format', 'caffe'],
        ['serve', '--port', 'high'],
    ],
)
def test_a_wrong_command_line_ends_with_two(arguments, capsys):
    stops(arguments, 2)
    assert 'usage: python -m mmspd' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['info', 'spd_huge'], 'error: spd_huge is neither a config file nor the name of a shipped model'),
        (['info', 'CONFIG'], 'error: tiny: a config needs a checkpoint'),
        (['info', 'CONFIG', 'none.pth'], 'error: none.pth does not exist'),
        (['info', 'CONFIG', 'CHECKPOINT', '--device', 'gpu'], "error: there is no device 'gpu' here"),
        (['predict', 'a.jpg', '--out', 'x', '--model', 'CONFIG', '--checkpoint', 'CONFIG'], 'error: .*tiny.py'),
        (['export', 'CONFIG', 'CHECKPOINT', '--out', 'CHECKPOINT'], 'error: .*tiny.pth exists: name another file'),
    ],
)
def test_what_fails_is_said_in_a_line_and_ends_with_one(tiny_files, arguments, message, capsys):
    names = dict(CONFIG=str(tiny_files[0]), CHECKPOINT=str(tiny_files[1]))
    assert main([names.get(each, each) for each in arguments]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert re.match(message, lines[0])


@pytest.mark.parametrize(
    ('error', 'code', 'message'),
    [
        (KeyboardInterrupt(), 130, 'interrupted'),
        (ValueError('it is wrong'), 1, 'error: it is wrong'),
        (FileNotFoundError('it is missing'), 1, 'error: it is missing'),
        (OSError(28, 'No space left on device', '/full/file'), 1, 'error: /full/file: no space left on the device'),
        (PermissionError(13, 'Permission denied', '/locked'), 1, 'error: /locked: no permission'),
        (ImportError('install gradio'), 1, 'error: install gradio'),
        (torch.cuda.OutOfMemoryError('CUDA out of memory'), 1, "error: the GPU's memory is full: use --device cpu\n"),
    ],
)
def test_errors_of_a_command_become_exit_codes(monkeypatch, capsys, error, code, message):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr('mmspd.cli.info.load_model', fail)
    assert main(['info']) == code
    assert capsys.readouterr().err.startswith(message)


def test_a_full_gpu_asks_for_a_smaller_batch_where_there_is_one(monkeypatch, tmp_path, capsys):
    def fail(*_, **__):
        raise torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 2 GiB')

    monkeypatch.setattr('mmspd.cli.predict.SPDInferencer', fail)
    picture = tmp_path / 'a.png'
    picture.touch()
    assert main(['predict', str(picture), '--out', str(tmp_path / 'out')]) == 1
    expected = "error: the GPU's memory is full: use a smaller --batch-size or --device cpu\n"
    assert capsys.readouterr().err == expected


def test_info_says_what_the_model_is(tiny_files, capsys):
    assert main(['info', *map(str, tiny_files), '--device', 'cpu']) == 0
    text = capsys.readouterr().out
    assert f'mmspd {__version__}, Python ' in text
    assert 'devices: cpu (' in text
    assert re.search(r'\n  numpy \d', text)
    assert re.search(r'\nmodel tiny: 0\.\d\d M parameters, input 48x64\n', text)
    assert '  branches: parsing, pose, surface\n' in text
    assert '  classes: Background, Hat, Hair, Glove' in text
    assert 'card' not in text


@pytest.mark.skipif(not (PRETRAINED / 'spd_small.pth').exists(), reason='the shipped model is missing')
def test_info_names_the_card_of_the_shipped_model_with_its_own_weights_only(tiny_files, capsys):
    assert main(['info', '--device', 'cpu']) == 0
    assert f'\n  card: {PRETRAINED / "spd_small.md"}\n' in capsys.readouterr().out
    assert main(['info', 'spd_small', str(PRETRAINED / 'spd_small.pth'), '--device', 'cpu']) == 0
    assert 'card' not in capsys.readouterr().out
    namesake = tiny_files[0].with_name('spd_small.py')
    namesake.write_text(tiny_files[0].read_text())
    assert main(['info', str(namesake), str(tiny_files[1]), '--device', 'cpu']) == 0
    text = capsys.readouterr().out
    assert 'model spd_small: ' in text
    assert 'card' not in text


def test_info_says_which_branches_there_are(tmp_path, capsys):
    files = write_model(tmp_path, seg_head=None, densepose_head=None, backbone=dict(num_stages=3))
    assert main(['info', *map(str, files), '--device', 'cpu']) == 0
    text = capsys.readouterr().out
    assert '  branches: pose\n' in text
    assert 'classes' not in text


def test_export_hands_on_what_is_asked_for(tiny_files, tmp_path, monkeypatch, capsys):
    seen = []
    monkeypatch.setattr('mmspd.cli.export.export_model', lambda *given: seen.append(given) or 'it is written')
    out = tmp_path / 'tiny.pt2'
    arguments = ['export', *map(str, tiny_files), '--out', str(out), '--format', 'torch']
    assert main(arguments) == 0
    assert main([*arguments, '--no-check']) == 0
    assert capsys.readouterr().out == 'it is written\n' * 2
    for given, check in zip(seen, (True, False), strict=True):
        assert given[1:5] == (INPUT_SIZE, out, 'torch', PRECISIONS[0])
        assert given[-1] is check
    out.write_bytes(b'mine')
    assert main(arguments) == 1
    assert out.read_bytes() == b'mine'
    assert len(seen) == 2
    assert main([*arguments, '--overwrite']) == 0


def test_serve_listens_on_this_machine_unless_told_otherwise(tiny_files, monkeypatch):
    seen = []

    def serve(inferencer, host, port, limits, **_):
        seen.append((inferencer.name, host, port, limits))

    # In place of the page, which needs gradio.
    monkeypatch.setitem(sys.modules, 'mmspd.web', SimpleNamespace(serve=serve, Limits=lambda **given: given))
    arguments = ['serve', *map(str, tiny_files), '--device', 'cpu']
    assert main(arguments) == 0
    assert main([*arguments, '--host', '0.0.0.0', '--port', '8080', '--max-pixels', '4000']) == 0
    assert seen == [('tiny', '127.0.0.1', 7860, {}), ('tiny', '0.0.0.0', 8080, dict(pixels=4000))]


def test_the_module_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr('sys.argv', ['mmspd', 'predict', '--help'])
    with pytest.raises(SystemExit, match='0'):
        runpy.run_module('mmspd', run_name='__main__')
    assert capsys.readouterr().out.startswith('usage: python -m mmspd predict')
