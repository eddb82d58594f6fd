"""Running tools/eval_results.py within a test."""

import runpy
import sys
from pathlib import Path

import pytest

from mmspd.evaluation.record import read_record

ROOT = Path(__file__).resolve().parents[2]


def eval_results(monkeypatch, out, *words):
    """The exit code; the record goes to ``out``."""
    monkeypatch.setattr(sys, 'argv', ['eval_results.py', '--out', str(out), *map(str, words)])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / 'tools' / 'eval_results.py'), run_name='__main__')
    return stopped.value.code


def done(code, capsys, folder):
    """Metrics, record and what was printed of an evaluation that went well."""
    printed = capsys.readouterr()
    assert code == 0, printed.err
    record = read_record(folder)
    return record.metrics, record, printed.out


def refused(code, capsys, folder):
    """The message of an evaluation that could not be done, and wrote nothing."""
    error = capsys.readouterr().err
    assert code == 2, error
    assert 'Traceback' not in error
    assert not folder.exists()
    return error
