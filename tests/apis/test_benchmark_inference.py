"""benchmark_inference.py with a tiny model: what it writes, and what it refuses before it measures. No time is read."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

TOOL = Path(__file__).resolve().parents[2] / 'tools' / 'analysis' / 'benchmark_inference.py'
SMALL = ('--device', 'cpu', '--batch', '1', '--repeats', '1', '--picture-size', '64', '48')


@pytest.fixture
def measure(monkeypatch, tiny_files):
    """Runs the tool with the tiny model."""
    monkeypatch.syspath_prepend(TOOL.parent)

    def call(*arguments, model=True):
        files = ('--config', tiny_files[0], '--checkpoint', tiny_files[1]) if model else ()
        monkeypatch.setattr('sys.argv', ['benchmark_inference.py', *map(str, (*files, *SMALL, *arguments))])
        runpy.run_path(str(TOOL), run_name='__main__')

    return call


def test_a_short_video_gives_one_reading_of_memory_and_the_folder_is_made(measure, tmp_path, capsys):
    out = tmp_path / 'deep' / 'inference.json'
    measure('--frames', 3, '--out', out)
    results = json.loads(out.read_text())
    assert list(results['times']) == ['forward', 'call', 'maps', 'single', 'batch']
    assert list(results['video_memory_mib']) == ['3']
    assert '\n3 frames: ' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--batch', '0'], '--batch, --repeats and --threads: expected at least 1'),
        (['--repeats', '0'], 'expected at least 1'),
        (['--threads', '0'], 'expected at least 1'),
        (['--frames', '-1'], '--frames: expected 0 or more, got -1'),
        (['--out', '.'], '--out: expected the name of a file, got the folder .'),
        (['--config', 'spd_small', '--random'], '--random: expected a config file'),
    ],
)
def test_wrong_options_end_with_two(measure, capsys, options, message):
    with pytest.raises(SystemExit) as caught:
        measure(*options)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--config', 'no.py'], 'error: no.py is neither a config file'),
        (['--picture-size', '1', '1'], 'error: size'),
        (['--out', '/dev/null/deep/x.json'], 'error: /dev/null'),
    ],
)
def test_what_fails_is_said_in_a_line(measure, options, message):
    with pytest.raises(SystemExit) as caught:
        measure(*options)
    assert str(caught.value.code).startswith(message)
    assert '\n' not in str(caught.value.code)


def test_a_video_that_cannot_be_written_is_an_error(measure, monkeypatch):
    monkeypatch.setattr('cv2.VideoWriter', lambda *_: SimpleNamespace(isOpened=lambda: False))
    with pytest.raises(SystemExit, match=r'video\.avi: OpenCV cannot write a video of 48x64 here'):
        measure('--frames', 3)
