"""``python -m mmspd serve``."""

import argparse
from typing import Final

from mmspd.apis import SPDInferencer
from mmspd.cli.models import Subparsers, add_command, add_model

__all__ = ['add_parser']

_EXAMPLES: Final = """
python -m mmspd serve
python -m mmspd serve configs/spd/spd_r101_lip.py iter_400000.pth --port 8080 --max-pixels 4000000
"""


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(commands, 'serve', 'Open a web page on this machine that predicts pictures', _EXAMPLES)
    add_model(parser, positional=True)
    parser.add_argument('--host', default='127.0.0.1', help='address to listen at (default: %(default)s, this machine)')
    parser.add_argument('--port', type=int, default=7860, help='(default: %(default)s)')
    parser.add_argument('--max-pixels', type=int, help='of an uploaded picture')
    parser.add_argument(
        '--trusted-proxies',
        metavar='ADDRESSES',
        help='of reverse proxies in front: without it none gets through, and X-Forwarded-For is not believed',
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until it is interrupted; the exit code."""
    from mmspd.web import Limits, serve  # gradio is optional

    inferencer = SPDInferencer(args.model, args.checkpoint, args.device)
    limits = Limits() if args.max_pixels is None else Limits(pixels=args.max_pixels)
    serve(inferencer, args.host, args.port, limits, trusted_proxies=args.trusted_proxies)
    return 0
