"""The parametric body: shape, pose, skinning. World in metres, z up; at rest it faces -y and its left is +x.

V vertices, B bones, K shape components, N vertices of any mesh that moves with the bones.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numba
import numpy as np

from mmspd.surface.body_file import read_body

__all__ = ['BodyModel', 'RestBody', 'Skin', 'body_model', 'pose_bones', 'skin_vertices']

_GROUPS: Final = ('cavities', 'eyes', 'tights', 'skirt')


@dataclass(frozen=True)
class Skin:
    """Which bones move the vertices of a mesh.

    Args:
        bones (np.ndarray): int32 (N, J), bone of each influence.
        weights (np.ndarray): float32 (N, J), summing to 1 over J.
    """

    bones: np.ndarray
    weights: np.ndarray

    def take(self, vertices: np.ndarray) -> 'Skin':
        """The rows of some vertices."""
        return Skin(self.bones[vertices], self.weights[vertices])

    @classmethod
    def rigid(cls, bone: int, count: int) -> 'Skin':
        """Of ``count`` vertices that follow one bone."""
        return cls(np.full((count, 1), bone, np.int32), np.ones((count, 1), np.float32))

    @classmethod
    def join(cls, skins: 'list[Skin]') -> 'Skin':
        """The rows of several meshes under each other."""
        width = max(skin.bones.shape[1] for skin in skins)
        padded = [[np.pad(a, ((0, 0), (0, width - a.shape[1]))) for a in (s.bones, s.weights)] for s in skins]
        bones, weights = (np.concatenate(arrays) for arrays in zip(*padded, strict=True))
        return cls(bones, weights)


@dataclass(frozen=True)
class RestBody:
    """A body of one shape in the rest pose.

    Args:
        vertices (np.ndarray): float32 (V, 3).
        bone_heads (np.ndarray): float32 (B, 3), where each bone begins.
    """

    vertices: np.ndarray
    bone_heads: np.ndarray


@dataclass(frozen=True, eq=False)
class BodyModel:
    """The body's arrays, ready for use.

    Args:
        template (np.ndarray): float32 (V, 3), mean shape in the rest pose, soles at z = 0.
        shape_basis (np.ndarray): float32 (K, (V + B) * 3), vertices and bone heads of a component of size 1.
        bone_heads (np.ndarray): float32 (B, 3).
        shapes (np.ndarray): float32 (S, K), components of plausible people.
        bone_names (tuple): Names of the bones; ``.L`` and ``.R`` end those of the person's sides.
        bone_parents (np.ndarray): int64 (B,), -1 for the root; parents come first.
        skin (Skin): Of all vertices.
        mirror (np.ndarray): int64 (V,), mirror image of each vertex.
        faces (dict): Name -> int32 (F, 3): 'skin' (charted), 'cavities', 'eyes', 'tights', 'skirt'.
        face_parts (np.ndarray): uint8, surface part of each skin face.
        corner_uv (np.ndarray): float32 (F, 3, 2), U, V of the corners of each skin face.
    """

    template: np.ndarray
    shape_basis: np.ndarray
    bone_heads: np.ndarray
    shapes: np.ndarray
    bone_names: tuple[str, ...]
    bone_parents: np.ndarray
    skin: Skin
    mirror: np.ndarray
    faces: dict[str, np.ndarray]
    face_parts: np.ndarray
    corner_uv: np.ndarray

    def bone(self, name: str) -> int:
        """Position of a bone; KeyError names an unknown one."""
        if name not in self.bone_names:
            raise KeyError(f'no bone {name!r}; there are {", ".join(self.bone_names)}')
        return self.bone_names.index(name)

    def shape(self, components: np.ndarray) -> RestBody:
        """The body of some shape components, float (K,), in units of their standard deviation."""
        change = (components.astype(np.float32) @ self.shape_basis).reshape(-1, 3)
        count = len(self.template)
        return RestBody(self.template + change[:count], self.bone_heads + change[count:])

    def random_shape(self, rng: np.random.Generator) -> RestBody:
        """A plausible body: a mixture of two people of the sample."""
        first, second = self.shapes[rng.integers(len(self.shapes), size=2)]
        share = rng.uniform(0.85, 1.0)  # mostly the first, or children would grow up
        return self.shape(share * first + (1 - share) * second)


@cache
def body_model() -> BodyModel:
    """The embedded body, read once in a process."""
    arrays = read_body()
    scale = float(arrays['basis_scale'])
    basis = np.concatenate([arrays['shape_basis'], arrays['bone_basis']], axis=1).astype(np.float32) * scale
    weights = arrays['weights'].astype(np.float32)
    chart_faces = arrays['chart_faces'].astype(np.int64)
    faces = {name: np.ascontiguousarray(arrays[f'{name}_faces'], np.int32) for name in _GROUPS}
    return BodyModel(
        template=arrays['template'],
        shape_basis=basis.reshape(len(basis), -1),
        bone_heads=arrays['bone_heads'],
        shapes=arrays['shapes'].astype(np.float32),
        bone_names=tuple(str(name) for name in arrays['bone_names']),
        bone_parents=arrays['bone_parents'].astype(np.int64),
        skin=Skin(arrays['weight_bones'].astype(np.int32), weights / weights.sum(axis=1, keepdims=True)),
        mirror=arrays['mirror_vertex'].astype(np.int64),
        faces=faces | {'skin': arrays['chart_vertex'].astype(np.int32)[chart_faces]},
        face_parts=arrays['chart_part'][chart_faces[:, 0]],
        corner_uv=(arrays['chart_uv'].astype(np.float32) / 65535)[chart_faces],
    )


def pose_bones(parents: np.ndarray, heads: np.ndarray, rotations: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Forward kinematics with rotations about the axes of the world, as they lie in the rest pose.

    Args:
        parents (np.ndarray): int (B,), -1 for the root; parents come first.
        heads (np.ndarray): float (B, 3), where each bone begins at rest.
        rotations (np.ndarray): float (B, 3, 3); a bone turns about its head, and its children turn with it.
        root (np.ndarray): float (3,), shift of the whole body.

    Returns:
        np.ndarray: float64 (B, 3, 4), what maps rest positions to posed ones.
    """
    return _pose(parents, *(np.ascontiguousarray(array, np.float64) for array in (heads, rotations, root)))


@numba.njit(cache=True)
def _pose(parents: np.ndarray, heads: np.ndarray, rotations: np.ndarray, root: np.ndarray) -> np.ndarray:
    """The loop of :func:`pose_bones`."""
    transforms = np.zeros((len(parents), 3, 4))
    for bone in range(len(parents)):
        transforms[bone, :, :3] = rotations[bone]
        for row in range(3):
            turned = 0.0
            for axis in range(3):
                turned += rotations[bone, row, axis] * heads[bone, axis]
            transforms[bone, row, 3] = heads[bone, row] - turned
        parent = parents[bone]
        if parent < 0:
            transforms[bone, :, 3] += root
            continue
        local = transforms[bone].copy()
        for row in range(3):
            for column in range(4):
                value = transforms[parent, row, 3] if column == 3 else 0.0
                for axis in range(3):
                    value += transforms[parent, row, axis] * local[axis, column]
                transforms[bone, row, column] = value
    return transforms


def skin_vertices(vertices: np.ndarray, skin: Skin, transforms: np.ndarray) -> np.ndarray:
    """Linear blend skinning.

    Args:
        vertices (np.ndarray): float (N, 3) at rest.
        skin (Skin): Of these vertices.
        transforms (np.ndarray): float (B, 3, 4).

    Returns:
        np.ndarray: float32 (N, 3), posed.
    """
    return _skin(np.ascontiguousarray(vertices, np.float32), skin.bones, skin.weights, transforms.astype(np.float32))


@numba.njit(cache=True)
def _skin(vertices: np.ndarray, bones: np.ndarray, weights: np.ndarray, transforms: np.ndarray) -> np.ndarray:
    """The loop of :func:`skin_vertices`."""
    posed = np.zeros_like(vertices)
    for vertex in range(vertices.shape[0]):
        x, y, z = vertices[vertex]
        for influence in range(bones.shape[1]):
            weight = weights[vertex, influence]
            if weight == 0:
                continue
            matrix = transforms[bones[vertex, influence]]
            for axis in range(3):
                value = matrix[axis, 0] * x + matrix[axis, 1] * y + matrix[axis, 2] * z + matrix[axis, 3]
                posed[vertex, axis] += weight * value
    return posed
