"""The naked body as pieces: limbs and trunk, face, eyes, insides of the mouth. Torso skin is label 0, as in LIP."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, PARSING_CLASSES
from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.bodies.landmarks import landmarks
from mmspd.synthetic.bodies.meshes import Paint, Piece, part_of_mesh

__all__ = ['EyePaint', 'SkinPaint', 'body_labels', 'make_body']

FACE: Final = PARSING_CLASSES.index('Face')
_LIMBS: Final = {'Arm': ('Hand', 'UpperArm', 'LowerArm'), 'Leg': ('Foot', 'UpperLeg', 'LowerLeg')}
# Places on the mean face, metres: half distance of the eyes, heights.
_LIPS: Final = (1.588, 0.025, 0.009)
_BROWS: Final = (1.7, 0.033, 0.021, 0.0045)
_IRIS: Final = 0.0062
_FACE_DEPTH: Final = -0.07


@dataclass(frozen=True)
class SkinPaint:
    """Colour of skin with lips and brows; coordinates are x and height on the mean body, 10 m away off the face.

    Args:
        skin (np.ndarray): float32 (3,), albedo.
        lips (np.ndarray): float32 (3,).
        brows (np.ndarray): float32 (3,).
    """

    skin: np.ndarray
    lips: np.ndarray
    brows: np.ndarray

    def __call__(self, coords: np.ndarray) -> np.ndarray:
        """Albedo float32 (P, 3) at places (P, 2)."""
        colours = np.tile(self.skin.astype(np.float32), (len(coords), 1))
        on_face = np.flatnonzero((np.abs(coords[:, 0]) < 0.08) & (coords[:, 1] > 1.5))
        side, height = np.abs(coords[on_face, 0]), coords[on_face, 1]
        lips = (side / _LIPS[1]) ** 2 + ((height - _LIPS[0]) / _LIPS[2]) ** 2 < 1
        arch = _BROWS[0] + 0.006 - ((side - _BROWS[1]) / _BROWS[2]) ** 2 * 0.008
        brows = (np.abs(side - _BROWS[1]) < _BROWS[2]) & (np.abs(height - arch) < _BROWS[3])
        colours[on_face[lips]], colours[on_face[brows]] = self.lips, self.brows
        return colours


@dataclass(frozen=True)
class EyePaint:
    """White with an iris; coordinates are metres from the eye's centre."""

    iris: np.ndarray

    def __call__(self, coords: np.ndarray) -> np.ndarray:
        """Albedo float32 (P, 3) at places (P, 2)."""
        distance = np.hypot(coords[:, 0], coords[:, 1])[:, None]
        white, black = np.array([0.75, 0.77, 0.8]), np.array([0.01, 0.01, 0.01])
        return np.where(distance > _IRIS, white, np.where(distance > 0.4 * _IRIS, self.iris, black)).astype(np.float32)


def body_labels() -> np.ndarray:
    """Parsing class of bare skin for each surface part, uint8 (25,); the head's is that of the neck, 0."""
    labels = np.zeros(len(FINE_TO_COARSE), np.uint8)
    for part, coarse in enumerate(FINE_TO_COARSE):
        name = COARSE_PARTS[coarse] if coarse >= 0 else ''
        for limb, stems in _LIMBS.items():
            if any(stem in name for stem in stems):
                side = 'Left' if 'Left' in name else 'Right'
                labels[part] = PARSING_CLASSES.index(side + limb)
    return labels


def make_body(model: BodyModel, rest: RestBody, paint: SkinPaint, eyes: EyePaint) -> list[Piece]:
    """The naked body.

    Args:
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        paint (SkinPaint): Of the skin.
        eyes (EyePaint): Of the eyes.

    Returns:
        list[Piece]: Body with neck, face, insides of the mouth, eyes.
    """
    inner = SkinPaint(paint.lips * 0.3, paint.lips, paint.brows)
    paints: dict[str, Paint] = {'eyes': eyes, 'cavities': inner}
    pieces = []
    for cut in _cuts(model):
        own_paint = paints.get(cut.name, paint)
        skin = model.skin.take(cut.vertices)
        pieces.append(
            Piece(cut.name, rest.vertices[cut.vertices], skin, cut.faces, cut.labels, cut.kept, cut.coords, own_paint,
                  gloss=0.12 if cut.name in ('body', 'face') else 0.2)
        )  # fmt: skip
    return pieces


class _Cut(NamedTuple):
    """A part of the body's mesh: what of a piece is the same for all shapes."""

    name: str
    vertices: np.ndarray
    faces: np.ndarray
    labels: np.ndarray
    kept: np.ndarray
    coords: np.ndarray


@lru_cache(maxsize=2)
def _cuts(model: BodyModel) -> list[_Cut]:
    """Skin below and above the jaw, insides of the mouth, eyes."""
    marks = landmarks(model)
    side = np.where(marks.depth < _FACE_DEPTH, marks.side, marks.side + 10)
    coords = np.stack([side, marks.height], axis=1).astype(np.float32)
    skin_faces, labels = model.faces['skin'], body_labels()[model.face_parts]
    cuts, all_vertices = [], np.ones(len(side), bool)
    for name, kept in (('body', -marks.above_jaw), ('face', marks.above_jaw)):
        chosen = (kept >= 0)[skin_faces].any(axis=1)
        vertices, faces = part_of_mesh(skin_faces[chosen], all_vertices)
        own = labels[chosen] if name == 'body' else np.full(len(faces), FACE, np.uint8)
        cuts.append(_Cut(name, vertices, faces, own, kept[vertices].astype(np.float32), coords[vertices]))
    for name in ('cavities', 'eyes'):
        vertices, faces = part_of_mesh(model.faces[name], all_vertices)
        points = model.template[vertices]
        left = points[:, 0] > 0
        centres = np.where(left[:, None], points[left].mean(axis=0), points[~left].mean(axis=0))
        place = (points - centres)[:, [0, 2]].astype(np.float32) if name == 'eyes' else coords[vertices]
        everywhere = np.full(len(vertices), 0.05, np.float32)
        cuts.append(_Cut(name, vertices, faces, np.full(len(faces), FACE, np.uint8), everywhere, place))
    return cuts
