"""``python -m mmspd export``."""

import argparse
from pathlib import Path
from typing import Final

from mmspd.apis import load_model
from mmspd.cli.models import Subparsers, add_command, add_model
from mmspd.export.export_model import FORMATS, PRECISIONS, export_model

__all__ = ['add_parser']

_EXAMPLES: Final = """
python -m mmspd export spd_small --out spd_small.onnx
python -m mmspd export spd_small --out spd_small_int8.onnx --precision int8
python -m mmspd export configs/spd/spd_r50_people.py iter_20000.pth --out spd.pt2 --format torch
"""


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    summary = 'Write a model as ONNX or as a torch.export program, and compare it with the model'
    parser = add_command(commands, 'export', summary, _EXAMPLES)
    add_model(parser, positional=True)
    parser.add_argument('--out', type=Path, required=True, help='file to write')
    parser.add_argument('--format', choices=FORMATS, default=FORMATS[0], help='(default: %(default)s)')
    parser.add_argument('--precision', choices=PRECISIONS, default=PRECISIONS[0], help='(default: %(default)s)')
    parser.add_argument('--no-check', action='store_true', help='write it without a comparison, and say so in the file')
    parser.add_argument('--overwrite', action='store_true', help='replace an existing file')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export; the exit code."""
    if args.out.exists() and not args.overwrite:
        raise FileExistsError(f'{args.out} exists: name another file, or allow it to be replaced (--overwrite)')
    loaded = load_model(args.model, args.checkpoint, args.device or 'cpu')
    check = not args.no_check
    report = export_model(loaded.model, loaded.input_size, args.out, args.format, args.precision, loaded.labels, check)
    print(report)
    return 0
