"""tools/compare_results.py, run in this process."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from mmspd.evaluation.record import write_record
from tests.evaluation.test_comparison import first_rows, gps_section, parsing_section, pose_section, record

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture(scope='module')
def tool():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        yield importlib.import_module('compare_results')


@pytest.fixture
def folders(tmp_path):
    """Records of a better and a worse system, and of a second run of each."""
    found = {}
    for name, quality, noise, model in (
        ('good', 0.8, 2, 'SPD'), ('bad', 0.6, 9, 'SP'), ('good1', 0.82, 2, 'SPD'), ('bad1', 0.58, 9, 'SP'),
    ):  # fmt: skip
        found[name] = tmp_path / name
        sections = parsing_section(quality), pose_section(noise), gps_section([quality] * 3, ['a', 'b', 'c'])
        write_record(found[name], record(*sections, model=model, dataset='LIP'))
    return found


def run(tool, monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', ['compare_results.py', *map(str, arguments)])
    return tool.main()


def test_table_sentence_and_json(tool, folders, tmp_path, monkeypatch, capsys):
    out = tmp_path / 'deep' / 'comparison.json'
    assert run(tool, monkeypatch, folders['good'], folders['bad'], '--resamples', 200, '--out', out) == 0
    printed = capsys.readouterr().out
    assert 'A is SPD, B is SP.' in printed
    assert 'Samples in all records: 20 of parsing, 12 of pose, 3 of gps.' in printed
    assert 'SPD is better than SP in dataset/mIoU by 0.' in printed
    assert 'SPD is better than SP in pose/mED by ' in printed
    assert 'SPD is better than SP in gps/GPS by 0.2000 [0.2000, 0.2000]; better in 100.0 % of resamples.' in printed
    assert '| pose/PCKh@0.5 ' in printed
    assert 'IoU.Hat' not in printed
    written = json.loads(out.read_text())
    assert [path.name for path in out.parent.iterdir()] == ['comparison.json']
    assert written['systems'] == ['SPD', 'SP']
    assert (written['resamples'], written['seed'], written['samples']['pose']) == (200, 0, 12)
    score = written['scores']['dataset/mIoU']
    assert score['difference'] == pytest.approx(score['first'] - score['second'])
    assert score['low'] < score['difference'] < score['high']
    assert 'dataset/IoU.Hat' in written['scores']
    row = next(line for line in printed.splitlines() if line.startswith('| dataset/mIoU '))
    assert [cell.strip() for cell in row.split('|')][2:5] == [
        f'{score["first"]:.4f}', f'{score["second"]:.4f}', f'{score["difference"]:+.4f}',
    ]  # fmt: skip


def test_per_item_rows_and_names(tool, folders, monkeypatch, capsys):
    options = ('--resamples', 20, '--per-item', '--names', 'new', 'old')
    assert run(tool, monkeypatch, folders['bad'], folders['good'], *options) == 0
    printed = capsys.readouterr().out
    assert '| dataset/IoU.Hat ' in printed
    assert 'old is better than new in dataset/mIoU' in printed


def test_several_seeds(tool, folders, monkeypatch, capsys):
    more = ('--more-a', folders['good1'], '--more-b', folders['bad1'], '--resamples', 50, '--strict')
    assert run(tool, monkeypatch, folders['good'], folders['bad'], *more) == 0
    assert '2 and 2 records' in capsys.readouterr().out


def test_one_model_twice_goes_by_its_folders(tool, folders, monkeypatch, capsys):
    assert run(tool, monkeypatch, folders['good'], folders['good'], '--resamples', 20) == 0
    assert f'{folders["good"]} and {folders["good"]} are equal in dataset/mIoU' in capsys.readouterr().out


def test_strict_refuses_what_is_missing(tool, folders, tmp_path, monkeypatch, capsys):
    write_record(tmp_path / 'fewer', record(first_rows(parsing_section(0.5), 18)))
    assert run(tool, monkeypatch, folders['good'], tmp_path / 'fewer', '--resamples', 20) == 0
    printed = capsys.readouterr().out
    assert 'warning: parsing: 2 samples (18, 19) not in B, left out' in printed
    assert 'warning: pose: not measured in B, so not compared' in printed
    out = tmp_path / 'out.json'
    assert run(tool, monkeypatch, folders['good'], tmp_path / 'fewer', '--strict', '--out', out) == 2
    assert 'error: the records do not match: ' in capsys.readouterr().err
    assert not out.exists()


def test_one_sample_has_no_interval_and_no_nan_in_json(tool, tmp_path, monkeypatch, capsys):
    for name, quality in (('a', 0.9), ('b', 0.5)):
        write_record(tmp_path / name, record(first_rows(parsing_section(quality), 1)))
    out = tmp_path / 'out.json'
    assert run(tool, monkeypatch, tmp_path / 'a', tmp_path / 'b', '--resamples', 20, '--out', out) == 0
    printed = capsys.readouterr().out
    assert 'one sample says nothing about others' in printed
    assert 'nan' not in printed
    assert 'too few samples' in printed
    assert json.loads(out.read_text())['scores']['dataset/mIoU']['low'] is None


def test_values_that_could_not_be_measured_are_named(tool, tmp_path, monkeypatch, capsys):
    section = parsing_section(0.7)
    section['parsing/counts'] = section['parsing/counts'] * [1, 1, 0]  # no hair in any label or prediction
    write_record(tmp_path / 'a', record(section))
    assert run(tool, monkeypatch, tmp_path / 'a', tmp_path / 'a', '--resamples', 20, '--per-item') == 0
    printed = capsys.readouterr().out
    assert 'not compared, as nothing was annotated' in printed
    assert 'dataset/IoU.Hair' in printed
    assert '| dataset/IoU.Hair' not in printed


def test_bad_input_is_named(tool, folders, tmp_path, monkeypatch, capsys):
    assert run(tool, monkeypatch, folders['good'], tmp_path / 'none') == 2
    assert f'error: {tmp_path / "none"}: no evaluation.json' in capsys.readouterr().err
    with pytest.raises(SystemExit, match='2'):
        run(tool, monkeypatch, folders['good'], folders['bad'], '--resamples', 0)
