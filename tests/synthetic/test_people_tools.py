"""The tools that show, time and count rendered people, run as a user runs them, on flat people."""

import argparse

import cv2
import pytest

from tests.synthetic.flat_person import render
from tests.synthetic.flat_trees import SETTINGS
from tests.synthetic.run_tools import Tool


def is_refused(answer, message):
    """Exit code 2 and one line that says why."""
    code, out, error = answer
    assert (code, out) == (2, '')
    assert error.startswith(f'error: {message}'), error
    assert error.count('\n') == 1


@pytest.fixture
def sheet(monkeypatch, capsys):
    tool = Tool('synthetic/contact_sheet.py', monkeypatch, capsys)
    tool.replace('render_person', render)
    return tool


@pytest.mark.parametrize('suffix', ['png', 'jpg'])
def test_contact_sheet(sheet, tmp_path, suffix):
    file = tmp_path / f'a.{suffix}'
    file.write_text('an older one')
    code, out, _ = sheet('--out', file, '--num', 3, '--columns', 2, '--size', 64, 48, '--first', 4, '--seed', 5)
    assert (code, out) == (0, f'wrote 3 people to {file}\n')
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    picture = cv2.imread(str(file))
    assert picture.shape == (2 * 64 + 4, 2 * 4 * 48 + 4, 3)
    # Rows of two, the pictures at the left; nobody is the fourth.
    for (top, left), index in (((0, 0), 4), ((0, 196), 5), ((68, 0), 6)):
        difference = cv2.absdiff(picture[top : top + 64, left : left + 48], render(5, index, SETTINGS).image)
        assert difference.mean() < (1e-9 if suffix == 'png' else 60)
    assert (picture[70:, 200:] > 250).all()


def test_contact_sheet_takes_settings(sheet, tmp_path):
    asked = []

    def note(seed, index, settings):
        asked.append(settings)
        return render(seed, index, settings)

    sheet.replace('render_person', note)
    sheet('--out', tmp_path / 'a.png', '--num', 1)
    sheet('--out', tmp_path / 'a.png', '--num', 1, '--set', 'size=64,48', 'p_hat=1', '--set', 'p_coat=0')
    assert [settings.size for settings in asked] == [(256, 192), (64, 48)]
    assert (asked[1].p_hat, asked[1].p_coat) == (1, 0)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--out', 'a.gif'], 'out: expected a file that ends in .png or .jpg, got a.gif'),
        (['--out', 'a'], 'out: expected a file that ends in .png or .jpg, got a'),
        (['--out', 'gone/a.png'], 'out: the folder gone does not exist: make it, or name another'),
        (['--out', 'folder.png'], 'out: folder.png is a folder: name a file'),
        (['--out', 'a.png', '--num', 0], 'num: expected at least 1, got 0'),
        (['--out', 'a.png', '--columns', 0], 'columns: expected at least 1, got 0'),
        (['--out', 'a.png', '--seed', -1], 'seed: expected at least 0, got -1'),
        (['--out', 'a.png', '--size', 5, 5], 'size: expected height and width'),
        (['--out', 'a.png', '--size', 64, 64, '--set', 'size=64,64'], 'size is given twice'),
        (['--out', 'a.png', '--set', 'p_hats=1'], "there is no setting 'p_hats'"),
    ],
)
def test_contact_sheet_refuses_before_it_renders(sheet, tmp_path, monkeypatch, options, message):
    (tmp_path / 'folder.png').mkdir()
    monkeypatch.chdir(tmp_path)
    sheet.replace('render_person', lambda *args: pytest.fail('it was rendered in vain'))
    is_refused(sheet(*options), message)
    assert [path.name for path in tmp_path.iterdir()] == ['folder.png']


@pytest.fixture
def benchmark(monkeypatch, capsys):
    return Tool('analysis/benchmark_people.py', monkeypatch, capsys)


def test_benchmark_by_hand(benchmark):
    """Pictures after 3, 5 and 9 s, and a second for the lists."""
    clock = [0.0]

    def write(root, plan, progress):
        for done, seconds in enumerate((0, 3, 2, 4)):
            clock[0] += seconds
            progress(done, 3)
        clock[0] += 1
        root.mkdir()
        (root / 'file').write_bytes(b'1' * 6000)

    benchmark.replace('write_tree', write)
    benchmark.replace('time', argparse.Namespace(perf_counter=lambda: clock[0]))
    code, out, _ = benchmark('--num', 3, '--size', 64, 48)
    assert code == 0
    assert out.startswith('64x48: 0.30 pictures/s with the start, 0.33 without; 2.0 KB a picture; largest process')
    assert out.count('\n') == 1
    assert [line.split(':')[0] for line in benchmark('--num', 3)[1].splitlines()] == ['256x192', '384x384']


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--num', 0], 'num: expected at least 2, got 0'),
        (['--num', 1], 'num: expected at least 2, got 1: the rate is that between the first and the last'),
        (['--size', 64, 64, '--size', 5, 5], 'size: expected height and width in whole pixels'),
        (['--seed', -1], 'seed: expected'),
    ],
)
def test_benchmark_refuses_before_it_starts(benchmark, options, message):
    benchmark.replace('write_tree', lambda *args, **kwargs: pytest.fail('it was made in vain'))
    is_refused(benchmark(*options), message)
