"""Measure the embedded body's table of distances along its surface, from the body's file.

The body is an adult of mean shape in the rest pose; paths lead over charted faces alone, so not through the mouth. It
takes about five minutes on one core. To be run again whenever body.npz changes.

Example:
    python tools/synthetic/build_geodesics.py --out mmspd/surface/body_geodesics.npz
"""

import argparse
from pathlib import Path

from mmspd.surface.body_file import body_surface, read_body
from mmspd.surface.geodesics import GEODESICS_FILE, build_table, save_table
from mmspd.surface.mesh_geodesics import MeshGeodesics


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=GEODESICS_FILE, help='file to write (default: the embedded one)')
    parser.add_argument('--landmarks', type=int, default=1500, help='vertices in the table (default: %(default)s)')
    parser.add_argument(
        '--edge-points', type=int, default=7, help='points on each edge that paths may cross at (default: %(default)s)'
    )
    return parser.parse_args()


def main() -> None:
    """Measure the table and write it."""
    args = parse_args()
    try:
        faces = body_surface().mesh_faces
        mesh = MeshGeodesics.of_mesh(read_body()['template'], faces, args.edge_points)
        table = build_table(mesh, args.landmarks)
        save_table(table, args.out)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    print(
        f'{args.out}: {args.out.stat().st_size / 1e6:.2f} MB, {table.num_landmarks} landmarks; a vertex is '
        f'{table.snap_mean * 1000:.1f} mm from its landmark in the mean, {table.snap_max * 1000:.1f} mm at most'
    )


if __name__ == '__main__':
    main()
