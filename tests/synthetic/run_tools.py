"""Runs a tool in this process, as a user runs it on the command line."""

import runpy
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


class Tool:
    """A tool's main function; its globals are those of this copy of the tool alone.

    Called with arguments, gives exit code, standard output and standard error.
    """

    def __init__(self, name, monkeypatch, capsys):
        self.main = runpy.run_path(str(TOOLS / name))['main']
        self._name, self._monkeypatch, self._capsys = name, monkeypatch, capsys

    def __call__(self, *arguments):
        self._monkeypatch.setattr(sys, 'argv', [self._name, *map(str, arguments)])
        try:
            code = self.main()
        except SystemExit as stopped:
            code = stopped.code
        return code, *self._capsys.readouterr()

    def replace(self, name, value):
        """Replace a global of the tool."""
        self._monkeypatch.setitem(self.main.__globals__, name, value)
