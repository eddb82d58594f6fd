"""What the commands share: options that name a model, and the error of wrong options."""

import argparse

from mmspd.apis import SHIPPED_MODELS

__all__ = ['Subparsers', 'UsageError', 'add_command', 'add_model']

Subparsers = argparse._SubParsersAction  # argparse gives its kind no public name


class UsageError(ValueError):
    """Options that are wrong together; argparse checks them one by one."""


def add_command(commands: Subparsers, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    """A command's parser.

    Args:
        commands (Subparsers): Of the whole command line.
        name (str): Of the command.
        summary (str): One line, without a full stop.
        examples (str): Whole command lines, one a line.
    """
    lines = '\n'.join(f'  {line}' for line in examples.strip().splitlines())
    return commands.add_parser(
        name,
        help=summary,
        description=f'{summary}.',
        epilog=f'examples:\n{lines}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_model(parser: argparse.ArgumentParser, positional: bool) -> None:
    """Arguments ``model``, ``checkpoint`` and ``device``.

    Args:
        parser (argparse.ArgumentParser): Of a command.
        positional (bool): Whether model and checkpoint go without ``--``.
    """
    model_help = f'{", ".join(SHIPPED_MODELS)}, or a config file (default: %(default)s)'
    checkpoint_help = 'weights; a config needs them'
    if positional:
        parser.add_argument('model', nargs='?', default=SHIPPED_MODELS[0], help=model_help)
        parser.add_argument('checkpoint', nargs='?', help=checkpoint_help)
    else:
        parser.add_argument('--model', default=SHIPPED_MODELS[0], help=model_help)
        parser.add_argument('--checkpoint', help=checkpoint_help)
    parser.add_argument('--device', help='such as cpu or cuda:0 (default: a GPU where there is one)')
