"""Cuts the body into DensePose's 24 charts: a part for every face, U and V for every corner. Build time only.

The left side is charted and mirrored, so that mirrored parts are mirrored charts: a point and its mirror image have
the same U, V in the two parts of a pair, and U, 1 - U with the same V in the torso, whose charts are symmetric.

Limbs have (angle about the bone, length along it), U from the outer to the inner side, V from the near to the far end.
The two torso charts are mean-value embeddings in the disc (Floater 2003), which are injective; U runs from the person's
right to the left, V upwards. Hands, feet and head have the mesh's own texture coordinates, stretched to 0..1.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from disc_embedding import embed_in_disc
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

TORSO_BACK: Final = 1
TORSO_FRONT: Final = 2
# The parts of the person's left side: (front, back) of a limb, or the one chart.
LEFT_PARTS: Final = {
    'hand': (4,),
    'foot': (5,),
    'upper_leg': (10, 8),
    'lower_leg': (14, 12),
    'upper_arm': (15, 17),
    'lower_arm': (19, 21),
    'head': (24,),
}
MIRRORED: Final = {4: 3, 5: 6, 10: 9, 8: 7, 14: 13, 12: 11, 15: 16, 17: 18, 19: 20, 21: 22, 24: 23}
# Bones at the near and the far end of a limb.
AXES: Final = {
    'upper_leg': ('upperleg01.L', 'lowerleg01.L'),
    'lower_leg': ('lowerleg01.L', 'foot.L'),
    'upper_arm': ('upperarm01.L', 'lowerarm01.L'),
    'lower_arm': ('lowerarm01.L', 'wrist.L'),
}
REGIONS: Final = ('torso', *LEFT_PARTS)


def region_of_bone(name: str) -> str:
    """The region that moves with a bone."""
    prefixes = {
        'upperleg': 'upper_leg',
        'lowerleg': 'lower_leg',
        'foot': 'foot',
        'upperarm': 'upper_arm',
        'lowerarm': 'lower_arm',
        'wrist': 'hand',
        'finger': 'hand',
        'neck02': 'head',
        'neck03': 'head',
        'head': 'head',
    }
    return next((region for prefix, region in prefixes.items() if name.startswith(prefix)), 'torso')


def pair_quads(faces: np.ndarray, mirror: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Match every quad with its mirror image.

    Args:
        faces (np.ndarray): int (F, 4), corners in order.
        mirror (np.ndarray): int (V,), mirror image of each vertex.

    Returns:
        tuple: ``partner`` int (F,), the mirrored quad, or the quad itself where it has none; ``corner`` int (F, 4), the
        position in the partner of the mirror image of each corner.
    """
    known = {tuple(sorted(quad)): index for index, quad in enumerate(faces.tolist())}
    partner, corner = np.arange(len(faces)), np.tile(np.arange(4), (len(faces), 1))
    for index, quad in enumerate(mirror[faces].tolist()):
        other = known.get(tuple(sorted(quad)))
        if other is not None and other != index:
            partner[index] = other
            corner[index] = [faces[other].tolist().index(vertex) for vertex in quad]
    return partner, corner


def split_quads(faces: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Triangles (2 F, 3) of quads (F, 4); mirrored quads are cut along mirrored diagonals."""
    partner, corner = pair_quads(faces, mirror)
    triangles = []
    for index, quad in enumerate(faces):
        start = 0
        if partner[index] < index:  # the diagonal that starts at corner 0 of the partner
            start = int(corner[partner[index]][0]) % 2
        a, b, c, d = np.roll(quad, -start)
        triangles += [(a, b, c), (a, c, d)]
    return np.array(triangles)


def texture_islands(texture_faces: np.ndarray) -> np.ndarray:
    """For each quad (F, 4) the number of its connected piece of the texture, int (F,)."""
    edges = np.concatenate([texture_faces[:, [i, (i + 1) % 4]] for i in range(4)])
    size = texture_faces.max() + 1
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(size, size))
    return connected_components(graph, directed=False)[1][texture_faces[:, 0]]


def face_regions(faces: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Region of each quad, int (F,) into REGIONS, each connected: stray quads join what surrounds them."""
    bones = [REGIONS.index(region_of_bone(str(name))) for name in arrays['bone_names']]
    strengths = np.zeros((len(arrays['weights']), len(REGIONS)))
    regions_of_weights = np.array(bones)[arrays['weight_bones']]
    for column in range(regions_of_weights.shape[1]):
        np.add.at(strengths, (np.arange(len(strengths)), regions_of_weights[:, column]), arrays['weights'][:, column])
    votes = strengths[faces].sum(axis=1)
    return join_strays(faces, votes.argmax(axis=1), arrays['template'][faces].mean(axis=1)[:, 0] > 0)


def join_strays(faces: np.ndarray, regions: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Keep the largest piece of every region on either side; smaller pieces take the region of their neighbours."""
    neighbours = face_graph(faces)
    regions = regions.copy()
    for region in np.unique(regions):
        for side in (left, ~left):
            members = np.flatnonzero((regions == region) & side)
            count, piece = connected_components(neighbours[members][:, members], directed=False)
            sizes = np.bincount(piece, minlength=count)
            for stray in np.flatnonzero(np.arange(count) != sizes.argmax()):
                inside = members[piece == stray]
                around = np.setdiff1d(neighbours[inside].indices, members)
                regions[inside] = np.bincount(regions[around]).argmax()
    return regions


def face_graph(faces: np.ndarray) -> csr_matrix:
    """Which faces (F, K) share an edge, bool (F, F)."""
    count = faces.shape[1]
    edges = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    _, edge = np.unique(edges, axis=0, return_inverse=True)
    rows = np.repeat(np.arange(len(faces)), count)
    incidence = csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, edge.ravel())))
    return (incidence @ incidence.T).tocsr()


def limb_coordinates(
    points: np.ndarray, near: np.ndarray, far: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position about a limb of the left side.

    Args:
        points (np.ndarray): (N, 3), metres.
        near (np.ndarray): (3,), where the limb begins.
        far (np.ndarray): (3,), where it ends.

    Returns:
        tuple: ``forward`` (N,), distance in front of the axis; ``angle`` (N,) 0 at the outer, pi at the inner side, in
        front or behind alike; ``length`` (N,) along the axis, metres.
    """
    axis = (far - near) / np.linalg.norm(far - near)
    front = np.array([0.0, -1.0, 0.0])
    front -= front @ axis * axis
    front /= np.linalg.norm(front)
    outer = np.cross(axis, front)
    outer *= np.sign(outer[0])
    relative = points - near
    forward = relative @ front
    return forward, np.arctan2(forward, relative @ outer), relative @ axis


def stretch(values: np.ndarray) -> np.ndarray:
    """Map each column of (N, 2) to 0..1."""
    low, high = values.min(axis=0), values.max(axis=0)
    return (values - low) / (high - low)


def _limb_plane(points: np.ndarray, near: np.ndarray, far: np.ndarray, behind: bool) -> np.ndarray:
    """Angle from the outer to the inner side and length of points (N, 3) of one half of a limb, (N, 2)."""
    _, angle, length = limb_coordinates(points, near, far)
    if behind:
        angle = -angle
    return np.stack([np.where(angle < -np.pi / 2, angle + 2 * np.pi, angle), length], axis=1)


def _torso_plane(template: np.ndarray, faces: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """U, V of the corners of one torso chart's quads, (F, 4, 2)."""
    vertices, local = np.unique(faces, return_inverse=True)
    local = local.reshape(-1, 4)
    own_mirror = np.searchsorted(vertices, mirror[vertices])
    triangles = np.concatenate([local[:, [0, 1, 2]], local[:, [0, 2, 3]]])
    return embed_in_disc(template[vertices], triangles, own_mirror)[local]


def chart_body(
    template: np.ndarray,
    faces: np.ndarray,
    texture_faces: np.ndarray,
    texture: np.ndarray,
    arrays: dict[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Charts of the body's skin.

    Args:
        template (np.ndarray): float (V, 3), metres, mean shape in the rest pose.
        faces (np.ndarray): int (F, 4), quads of the body.
        texture_faces (np.ndarray): int (F, 4), their texture vertices.
        texture (np.ndarray): float (T, 2), texture coordinates.
        arrays (dict): With ``bone_names``, ``bone_heads``, ``weight_bones``, ``weights``, ``mirror_vertex``.

    Returns:
        tuple: ``chart_vertex``, ``chart_part``, ``chart_uv``, ``chart_faces`` (see mmspd.surface.body_file), and the
        quads that no chart covers: insides of mouth and eye sockets.
    """
    mirror = arrays['mirror_vertex'].astype(int)
    island = texture_islands(texture_faces)
    # The sockets and the mouth are islands of their own within the head.
    hidden = np.isin(island, [i for i in np.unique(island) if _is_cavity(template, faces[island == i])])
    rest, faces, texture_faces = faces[hidden], faces[~hidden], texture_faces[~hidden]
    regions = face_regions(faces, arrays)
    # The head is one island of the texture; neck that lies on the trunk's would tear its chart.
    head, trunk = REGIONS.index('head'), REGIONS.index('torso')
    island = island[~hidden]
    head_island = np.bincount(island[regions == head]).argmax()
    regions = np.where(island == head_island, head, np.where(regions == head, trunk, regions))
    partner, corner = pair_quads(faces, mirror)
    centre = template[faces].mean(axis=1)
    bone = {str(name): position for name, position in zip(arrays['bone_names'], arrays['bone_heads'], strict=True)}
    parts = np.zeros(len(faces), dtype=int)
    uv = np.zeros((len(faces), 4, 2))
    in_front = centre[:, 1] < np.interp(centre[:, 2], *side_line(centre[regions == 0]))
    parts[regions == 0] = np.where(in_front, TORSO_FRONT, TORSO_BACK)[regions == 0]
    parts = _connect(faces, parts, (TORSO_FRONT, TORSO_BACK))
    for region, numbers in LEFT_PARTS.items():
        members = np.flatnonzero((regions == REGIONS.index(region)) & (centre[:, 0] > 0))
        if region in AXES:
            near, far = (bone[name] for name in AXES[region])
            forward, _, _ = limb_coordinates(centre[members], near, far)
            parts[members] = np.where(forward > 0, *numbers)
            parts = _connect(faces, parts, numbers)
        else:
            parts[members] = numbers[0]
        for number in numbers:
            members = np.flatnonzero(parts == number)
            if region in AXES:
                plane = _limb_plane(template[faces[members]].reshape(-1, 3), near, far, behind=number == numbers[1])
            else:
                plane = texture[texture_faces[members]].reshape(-1, 2)
            uv[members] = stretch(plane).reshape(-1, 4, 2)
            parts[partner[members]] = MIRRORED[number]
            for index in members:
                uv[partner[index], corner[index]] = uv[index]
    for number in (TORSO_FRONT, TORSO_BACK):
        members = np.flatnonzero(parts == number)
        uv[members] = _torso_plane(template, faces[members], mirror)
    return _collect(faces, parts, uv, mirror), rest


def side_line(centres: np.ndarray, bins: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Where the torso's side lies: heights (K,) and the y there (K,), from the outermost faces of each height."""
    edges = np.linspace(centres[:, 2].min(), centres[:, 2].max() + 1e-6, bins + 1)
    heights, depths = [], []
    for low, high in pairwise(edges):
        slab = centres[(centres[:, 2] >= low) & (centres[:, 2] < high)]
        outermost = slab[np.abs(slab[:, 0]) >= np.quantile(np.abs(slab[:, 0]), 0.9)]
        heights.append((low + high) / 2)
        depths.append(np.median(outermost[:, 1]))
    smooth = np.convolve(np.pad(depths, 1, mode='edge'), [0.25, 0.5, 0.25], mode='valid')
    return np.array(heights), smooth


def _connect(faces: np.ndarray, parts: np.ndarray, numbers: tuple[int, ...]) -> np.ndarray:
    """Make each of two neighbouring parts one piece: strays of one join the other."""
    parts = parts.copy()
    graph = face_graph(faces)
    for number, other in (numbers, numbers[::-1]):
        members = np.flatnonzero(parts == number)
        count, piece = connected_components(graph[members][:, members], directed=False)
        largest = np.bincount(piece, minlength=count).argmax()
        parts[members[piece != largest]] = other
    return parts


def _is_cavity(template: np.ndarray, faces: np.ndarray) -> bool:
    """Whether a texture island of the body lies within the head: small, and in front of nothing."""
    points = template[faces].reshape(-1, 3)
    head_height = template[:, 2].max() - 0.3
    return bool(points[:, 2].min() > head_height and np.ptp(points[:, 0]) < 0.12)


def _collect(faces: np.ndarray, parts: np.ndarray, uv: np.ndarray, mirror: np.ndarray) -> dict[str, np.ndarray]:
    """Triangles of charts with a corner for each different (vertex, part, U, V)."""
    quantised = np.rint(uv * 65535).astype(np.int64)
    corners = np.concatenate([np.repeat(parts, 4)[:, None], faces.reshape(-1, 1), quantised.reshape(-1, 2)], axis=1)
    unique, index = np.unique(corners, axis=0, return_inverse=True)
    quads = index.reshape(-1, 4)
    mesh_triangles = split_quads(faces, mirror).reshape(-1, 2, 3)
    # The chart corner of each triangle's mesh vertex, looked up within its quad.
    position = (faces[:, None, None, :] == mesh_triangles[..., None]).argmax(axis=3)
    triangles = np.take_along_axis(quads[:, None, :], position, axis=2).reshape(-1, 3)
    return {
        'chart_vertex': unique[:, 1].astype(np.uint16),
        'chart_part': unique[:, 0].astype(np.uint8),
        'chart_uv': unique[:, 2:].astype(np.uint16),
        'chart_faces': triangles.astype(np.uint16),
    }
