"""Render people and lay them out with their annotation: picture, parsing, joints, surface.

No annotation is read from disk: what is drawn is what the renderer gives, before any file is written.

Example:
    python tools/synthetic/contact_sheet.py --out people.png --num 12 --columns 3 --seed 0 --size 256 192
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from mmspd.anatomy import PARSING_PALETTE
from mmspd.synthetic.people import render_person
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.synthetic.settings import PeopleSettings, parse_settings
from mmspd.utils.whole_files import explain_os_error, write_whole
from mmspd.visualization.drawing import draw_skeleton, draw_surface, overlay_parsing

GAP = 4  # between people, pixels
SIZE = (256, 192)  # height, width
SUFFIXES = ('.png', '.jpg')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='picture to write, .png or .jpg')
    parser.add_argument('--num', type=int, default=12, help='people (default: %(default)s)')
    parser.add_argument('--first', type=int, default=0, help='index of the first (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='(default: %(default)s)')
    parser.add_argument('--columns', type=int, default=3, help='people beside each other (default: %(default)s)')
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'),
        help='of every picture in pixels (default: {} {})'.format(*SIZE),
    )  # fmt: skip
    parser.add_argument(
        '--set', nargs='+', default=[], action='extend', metavar='NAME=VALUE', help='settings, as of make_people.py'
    )
    return parser.parse_args()


def panels(person: RenderedPerson) -> np.ndarray:
    """Picture, parsing, joints and surface beside each other, uint8 (H, 4 W, 3), RGB."""
    image = np.ascontiguousarray(person.image[..., ::-1])
    surface = np.concatenate([person.parts[None].astype(np.float32), person.uv.transpose(2, 0, 1)])
    return np.concatenate(
        [
            image,
            overlay_parsing(image, person.label, PARSING_PALETTE, 0.7),
            draw_skeleton(image, person.joints, occluded=person.occluded),
            draw_surface(image, surface),
        ],
        axis=1,
    )


def sheet(tiles: list[np.ndarray], columns: int) -> np.ndarray:
    """Equal tiles in rows, with white between them."""
    framed = [cv2.copyMakeBorder(tile, 0, GAP, 0, GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255)) for tile in tiles]
    framed += [np.full_like(framed[0], 255)] * (-len(framed) % columns)
    rows = [np.concatenate(framed[start : start + columns], axis=1) for start in range(0, len(framed), columns)]
    return np.concatenate(rows)[:-GAP, :-GAP]


def check(args: argparse.Namespace) -> PeopleSettings:
    """The settings that the command line asks for.

    Raises:
        ValueError: If an argument is out of range, or the file cannot have this name.
    """
    for name, lowest in (('num', 1), ('columns', 1), ('first', 0), ('seed', 0)):
        if getattr(args, name) < lowest:
            raise ValueError(f'{name}: expected at least {lowest}, got {getattr(args, name)}')
    if args.out.suffix not in SUFFIXES:
        raise ValueError(f'out: expected a file that ends in {" or ".join(SUFFIXES)}, got {args.out}')
    if not args.out.parent.is_dir():
        raise ValueError(f'out: the folder {args.out.parent} does not exist: make it, or name another')
    if args.out.is_dir():
        raise ValueError(f'out: {args.out} is a folder: name a file')
    size = [] if args.size is None else ['size={},{}'.format(*args.size)]
    return parse_settings([*size, *args.set], PeopleSettings(size=SIZE))


def main() -> int:
    """Write the sheet that the command line asks for.

    Returns:
        int: Exit code: 0, 2 on bad input, 1 where it failed.
    """
    args = parse_args()
    try:
        settings = check(args)
        tiles = [panels(render_person(args.seed, args.first + index, settings)) for index in range(args.num)]
        picture = np.ascontiguousarray(sheet(tiles, args.columns)[..., ::-1])
        content = cv2.imencode(args.out.suffix, picture)[1].tobytes()
        write_whole(args.out, content, scratch=args.out.parent)
    except (OSError, ValueError, cv2.error) as error:
        message = explain_os_error(error) if isinstance(error, OSError) else str(error).strip()
        print(f'error: {message}', file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    print(f'wrote {args.num} people to {args.out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
