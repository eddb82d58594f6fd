"""Render people and lay them out with their annotation: picture, parsing, joints, surface.

Nothing is read from disk: what is drawn is what the renderer gives, before any file is written.

Example:
    python tools/synthetic/contact_sheet.py --out people.png --num 12 --columns 3 --seed 0 --size 256 192
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from mmspd.anatomy import PARSING_PALETTE
from mmspd.synthetic.people import render_person
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.synthetic.settings import parse_settings
from mmspd.visualization.drawing import draw_skeleton, draw_surface, overlay_parsing

GAP = 4


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='picture to write, .png or .jpg')
    parser.add_argument('--num', type=int, default=12, help='people (default: %(default)s)')
    parser.add_argument('--first', type=int, default=0, help='index of the first (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='(default: %(default)s)')
    parser.add_argument('--columns', type=int, default=3, help='people beside each other (default: %(default)s)')
    parser.add_argument('--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'), default=(256, 192))
    parser.add_argument('--set', nargs='+', default=[], metavar='NAME=VALUE', help='settings, as of make_people.py')
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


def main() -> None:
    """Write the sheet that the command line asks for."""
    args = parse_args()
    if args.num < 1 or args.columns < 1 or args.first < 0 or args.seed < 0:
        raise SystemExit('error: --num and --columns are at least 1, --first and --seed not negative')
    try:
        settings = parse_settings([f'size={args.size[0]},{args.size[1]}', *args.set])
    except ValueError as error:
        raise SystemExit(f'error: {error}') from error
    tiles = [panels(render_person(args.seed, args.first + index, settings)) for index in range(args.num)]
    picture = np.ascontiguousarray(sheet(tiles, args.columns)[..., ::-1])
    args.out.write_bytes(cv2.imencode(args.out.suffix, picture)[1].tobytes())
    print(f'wrote {args.num} people to {args.out}')


if __name__ == '__main__':
    main()
