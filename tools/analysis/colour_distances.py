"""Measure how well the colours of a palette can be told apart, in normal vision and with three colour-blindnesses.

Differences are CIEDE2000: about 1 can just be seen where two colours touch, 10 at a glance. Below each kind of vision
stand its closest pairs. The background is left out, because it is not drawn.

Example:
    python tools/analysis/colour_distances.py --labels lip --palette colour_blind --closest 5
    python tools/analysis/colour_distances.py --labels sides
"""

import argparse

import numpy as np

from mmspd.anatomy import LABEL_SETS, PALETTES, SAFE_SIDE_COLOURS, SIDE_COLOURS
from mmspd.visualization.colour_vision import VISIONS, colour_distances

SIDES = 'sides'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--labels', choices=[*LABEL_SETS, SIDES], default='lip', help='(default: %(default)s)')
    parser.add_argument('--palette', choices=PALETTES, default=PALETTES[0], help='(default: %(default)s)')
    parser.add_argument('--closest', type=int, default=3, help='pairs to name (default: %(default)s)')
    return parser.parse_args()


def named_colours(labels: str, palette: str) -> dict[str, tuple[int, int, int]]:
    """Colours of classes without the background, or of sides, by name."""
    if labels == SIDES:
        return SIDE_COLOURS if palette == PALETTES[0] else SAFE_SIDE_COLOURS
    chosen = LABEL_SETS[labels]
    return dict(zip(chosen.classes[1:], chosen.colours(palette)[1:], strict=True))


def main() -> None:
    """Print the differences."""
    args = parse_args()
    colours = named_colours(args.labels, args.palette)
    names = list(colours)
    rows, columns = np.triu_indices(len(names), 1)
    for vision in VISIONS:
        distances = colour_distances(list(colours.values()), vision)[rows, columns]
        print(f'{vision:13} smallest {distances.min():.1f}, median {np.median(distances):.1f}')
        for pair in distances.argsort()[: max(0, args.closest)].tolist():
            print(f'    {distances[pair]:5.1f}  {names[rows[pair]]}, {names[columns[pair]]}')


if __name__ == '__main__':
    main()
