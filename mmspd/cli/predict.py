"""``python -m mmspd predict``."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Final

import numpy as np

from mmspd.anatomy import PALETTES
from mmspd.apis import People, SPDInferencer
from mmspd.apis.inferencer import explain
from mmspd.apis.output_files import file_stem
from mmspd.apis.saving import FORMATS
from mmspd.apis.sources import is_stream
from mmspd.cli.models import Subparsers, UsageError, add_command, add_model
from mmspd.datasets.files.photographs import PHOTOGRAPH_SUFFIXES
from mmspd.utils.kept_files import write_kept

__all__ = ['add_parser']

_EXAMPLES: Final = """
python -m mmspd predict person.jpg --out results
python -m mmspd predict photographs/ --out results --tta --export png,json,iuv --batch-size 8
python -m mmspd predict street.jpg --out results --boxes 40,10,210,480 230,25,400,470
python -m mmspd predict walk.mp4 --out frames --export sheet
python -m mmspd predict person.jpg --out results --model configs/spd/spd_r101_lip.py --checkpoint iter_400000.pth
"""


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(commands, 'predict', 'Predict pictures, folders and videos, and write files', _EXAMPLES)
    parser.add_argument('sources', nargs='+', metavar='SOURCE', help='pictures, folders or videos')
    parser.add_argument('--out', type=Path, required=True, help='folder to write to')
    parser.add_argument(
        '--export', type=_formats, default=['sheet', 'png', 'json'], metavar='LIST',
        help=f'what to write, some of {",".join(FORMATS)} (default: sheet,png,json)',
    )  # fmt: skip
    parser.add_argument(
        '--boxes', nargs='+', type=_box, metavar='X1,Y1,X2,Y2',
        help='of the people in the one picture, in pixels; a negative one as --boxes=-5,... (default: one person)',
    )  # fmt: skip
    parser.add_argument('--coco', type=Path, metavar='FILE', help="write all people as COCO's results, too")
    parser.add_argument('--tta', action='store_true', help='average over scales and mirror images: slower, better')
    parser.add_argument('--palette', choices=PALETTES, default=PALETTES[0], help='colours (default: %(default)s)')
    parser.add_argument('--batch-size', type=int, default=1, help='persons that the network sees at once (default: 1)')
    parser.add_argument('--overwrite', action='store_true', help='replace files with other content')
    parser.add_argument('--resume', action='store_true', help='leave out pictures that have results in --out already')
    add_model(parser, positional=False)
    parser.set_defaults(run=run)


def _formats(text: str) -> list[str]:
    """A list of formats."""
    names = text.split(',')
    strays = [name for name in names if name not in FORMATS]
    if strays:
        raise argparse.ArgumentTypeError(f'expected some of {",".join(FORMATS)}, got {",".join(strays)}')
    return names


def _box(text: str) -> list[float]:
    """A box."""
    try:
        numbers = [float(number) for number in text.split(',')]
    except ValueError:
        numbers = []
    if len(numbers) != 4:
        raise argparse.ArgumentTypeError(f'expected X1,Y1,X2,Y2, got {text!r}')
    return numbers


class _Failures:
    """Counts pictures that are left out, and says so."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, name: str, error: Exception) -> None:
        self.count += 1
        print(f'left out: {explain(name, error)}', file=sys.stderr)


def run(args: argparse.Namespace) -> int:
    """Predict and write; the exit code."""
    _check(args)
    inferencer = SPDInferencer(args.model, args.checkpoint, args.device, batch_size=args.batch_size)
    failures = _Failures()
    written: dict[str, str] = {}
    done = 0
    with tempfile.TemporaryFile() as entries:  # which may be more than memory holds
        for people in _predicted(inferencer, args, failures):
            stem = file_stem(people.source)
            try:
                if written.setdefault(stem, people.source) != people.source:
                    raise FileExistsError(
                        f'{people.source}: its results would have the names of those of {written[stem]}'
                    )
                people.save(args.out, args.export, overwrite=args.overwrite, palette=args.palette)
            except FileExistsError as error:
                failures(people.source, error)
                continue
            done += 1
            if args.coco is not None:
                # COCO's own file names are their numbers, with zeros before.
                for entry in people.to_coco(int(stem) if stem.isascii() and stem.isdigit() else stem):
                    entries.write((b',\n' if entries.tell() else b'') + json.dumps(entry, allow_nan=False).encode())
        if args.coco is not None:
            write_kept(args.coco, partial(_listed, entries), args.overwrite)
    if not done and not failures.count and not args.resume:
        raise FileNotFoundError(
            f'no picture is in {", ".join(args.sources)}: expected {", ".join(PHOTOGRAPH_SUFFIXES)}'
        )
    left_out = f', {failures.count} left out' if failures.count else ''
    print(f'results of {done} {"picture" if done == 1 else "pictures"} in {args.out}{left_out}')
    return 1 if failures.count else 0


def _listed(entries: IO[bytes]) -> Iterator[bytes]:
    """The entries of a file as a list of JSON, piece by piece."""
    entries.seek(0)
    yield b'['
    yield from iter(partial(entries.read, 1 << 20), b'')
    yield b']\n'


def _predicted(inferencer: SPDInferencer, args: argparse.Namespace, failures: _Failures) -> Iterator[People]:
    """People of all sources."""
    if args.boxes is not None:
        people = inferencer(args.sources[0], boxes=np.array(args.boxes), tta=args.tta)
        assert isinstance(people, People)
        yield people
        return
    done = set()
    if args.resume and args.out.is_dir():
        done = {path.name for path in args.out.iterdir()}
    last = {'sheet': '_sheet.png', 'json': '.json'}.get(_last_written(args.export), '')

    def wanted(name: str) -> bool:
        """Whether a picture has no results yet: the file that is written last tells."""
        return f'{file_stem(name)}{last}' not in done

    yield from inferencer.stream(args.sources, args.tta, progress=True, skipped=failures, wanted=wanted)


def _last_written(formats: list[str]) -> str:
    """The format that is written last."""
    return [each for each in FORMATS if each in formats][-1]


def _check(args: argparse.Namespace) -> None:
    """Refuse what cannot end well, before anything is loaded.

    Raises:
        UsageError: Options that do not go together.
        OSError: An output that is in the way.
    """
    if args.boxes is not None and (len(args.sources) != 1 or is_stream(args.sources[0])):
        raise UsageError('--boxes belong to one picture: give one, and no folder or video')
    if args.batch_size < 1:
        raise UsageError(f'--batch-size is at least 1, got {args.batch_size}')
    if args.resume and args.coco is not None:
        raise UsageError('--resume leaves pictures out, which would then be missing in --coco: give one of the two')
    if args.resume and _last_written(args.export) not in ('sheet', 'json'):
        raise UsageError('--resume knows what is done by the sheet or the JSON: put one of them into --export')
    if args.out.exists() and not args.out.is_dir():
        raise NotADirectoryError(f'{args.out} is a file, expected a folder to write to (--out)')
    if args.coco is not None and args.coco.exists() and not args.overwrite:
        raise FileExistsError(f'{args.coco} exists: name another file, or allow it to be replaced (--overwrite)')
