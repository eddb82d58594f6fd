"""Parsing the command line, and what becomes of errors."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

import torch

from mmspd.cli import export, info, predict, serve
from mmspd.cli.models import UsageError
from mmspd.utils.whole_files import explain_os_error
from mmspd.version import __version__

__all__ = ['build_parser', 'main']

_EPILOG: Final = """exit codes:
  0    done
  1    a picture was left out, or the command failed; standard error says why
  2    the command line is wrong
  130  interrupted

examples:
  python -m mmspd predict person.jpg --out results
  python -m mmspd serve
  python -m mmspd export spd_small --out spd_small.onnx
  python -m mmspd info
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog='python -m mmspd',
        description='People in pictures: parsing, joints and body surface.',
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='version', version=f'mmspd {__version__}')
    commands = parser.add_subparsers(title='commands', dest='command', required=True, metavar='COMMAND')
    for module in (predict, serve, export, info):
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments (Sequence[str], optional): Defaults to None: those of the process.

    Returns:
        int: The exit code.
    """
    args = build_parser().parse_args(arguments)
    try:
        return args.run(args)
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return 130
    except torch.cuda.OutOfMemoryError:
        smaller = 'a smaller --batch-size or ' if hasattr(args, 'batch_size') else ''
        print(f"error: the GPU's memory is full: use {smaller}--device cpu", file=sys.stderr)
    except OSError as error:
        print(f'error: {explain_os_error(error) if error.errno else error}', file=sys.stderr)
    except UsageError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except (ImportError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
    return 1
