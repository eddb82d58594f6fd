"""Clothes made from the body's helper meshes: a close-fitting suit, a wide skirt, and the skin itself, moved outwards.

A garment is a cut: where it exists, as metres from its nearest border on the mean body, and how far it stands off.
"""

from typing import Final

import numpy as np

from mmspd.anatomy import PARSING_CLASSES
from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.bodies.landmarks import landmarks
from mmspd.synthetic.bodies.meshes import Paint, Piece, part_of_mesh

__all__ = ['make_garment', 'make_gloves', 'make_jumpsuit', 'make_skirt', 'make_socks', 'make_top', 'make_trousers']

_FAR: Final = 0.05  # as far from a border as matters, metres
_FOLDS: Final = 5  # waves that make the folds of a garment
_ON_ARM: Final = 0.5


def make_garment(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    normals: np.ndarray,
    mesh: str,
    label: str,
    paint: Paint,
    kept: np.ndarray,
    offset: np.ndarray,
    lift: float,
    folds: float = 0.003,
) -> Piece:
    """A garment that follows one of the body's meshes.

    Args:
        rng (np.random.Generator): Of the folds.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        normals (np.ndarray): float32 (V, 3), of that shape.
        mesh (str): 'tights', 'skirt' or 'skin'.
        label (str): Parsing class.
        paint (Paint): Colours.
        kept (np.ndarray): float (V,), metres inside the garment's border; negative where it has been cut off.
        offset (np.ndarray): float (V,), metres between mesh and cloth.
        lift (float): See :class:`Piece`.
        folds (float): Depth of the folds, metres. Defaults to 3 mm.

    Returns:
        Piece: The garment.
    """
    vertices, faces = part_of_mesh(model.faces[mesh], kept >= 0)
    positions, marks = model.template[vertices], landmarks(model)
    away = offset[vertices] + folds * _waves(rng, positions)
    # Along a sleeve the cloth's coordinates run along the arm, so that stripes go around it.
    along = marks.lengths['shoulder'] - marks.along_arm[vertices]
    share = np.clip(2 * marks.on_arm[vertices], 0, 1)
    height = (1 - share) * marks.height[vertices] + share * along
    across = marks.side[vertices] + 0.6 * marks.depth[vertices]
    return Piece(
        name=label,
        vertices=rest.vertices[vertices] + normals[vertices] * np.maximum(away, 0.002)[:, None].astype(np.float32),
        skin=model.skin.take(vertices),
        faces=faces,
        labels=np.full(len(faces), PARSING_CLASSES.index(label), np.uint8),
        kept=np.clip(kept[vertices], -_FAR, _FAR).astype(np.float32),
        coords=np.stack([across, height], axis=1).astype(np.float32),
        paint=paint,
        lift=lift,
    )


def _waves(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    """A smooth random function of place (N, 3) -> (N,), about -1..1, with waves of 5 to 16 cm."""
    directions = rng.normal(size=(_FOLDS, 3))
    directions *= (2 * np.pi / rng.uniform(0.05, 0.16, _FOLDS) / np.linalg.norm(directions, axis=1))[:, None]
    return np.sin(points @ directions.T + rng.uniform(0, 2 * np.pi, _FOLDS)).sum(axis=1) / np.sqrt(_FOLDS)


def _neckline(model: BodyModel, radius: float, notch: float) -> np.ndarray:
    """Metres from the edge of a round neckline, and of a V cut ``notch`` metres deep in front, (V,)."""
    marks = landmarks(model)
    kept = marks.from_neck - radius
    kept = np.where(marks.height > 1.35, kept, _FAR)
    if notch > 0:
        low = marks.lengths['neck'] - 0.06 - notch
        slanted = np.abs(marks.side) - (marks.height - low) * 0.08 / notch
        kept = np.where(marks.depth < -0.02, np.minimum(kept, slanted), kept)
    return kept


def _sleeves(model: BodyModel, length: float) -> np.ndarray:
    """Metres from the sleeves' ends, which lie ``length`` metres down the arm, (V,)."""
    marks = landmarks(model)
    return np.where(marks.on_arm > 0.05, length - marks.along_arm, _FAR)


def make_top(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    normals: np.ndarray,
    label: str,
    paint: Paint,
    hem: float,
    sleeve: float,
    neckline: tuple[float, float] = (0.08, 0.0),
    thickness: float = 0.008,
    looseness: float = 0.0,
    opening: float | None = None,
    lift: float = 0.01,
) -> Piece:
    """A shirt, a jumper, a jacket, or the upper part of a coat or dress.

    Args:
        rng (np.random.Generator): Of the folds.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        normals (np.ndarray): float32 (V, 3), of that shape.
        label (str): Parsing class.
        paint (Paint): Colours.
        hem (float): Height of the hem on the mean body, metres.
        sleeve (float): Length of the sleeves from the shoulder, metres; 0.03 for none.
        neckline (tuple): Radius of the neckline and depth of a V, metres.
        thickness (float): From the body's surface, metres.
        looseness (float): What the cloth stands off more at waist and cuffs, metres.
        opening (float, optional): Half width of an open front at the hem, metres; None for a closed one.
        lift (float): See :class:`Piece`.

    Returns:
        Piece: The garment.
    """
    marks = landmarks(model)
    trunk = marks.on_arm < _ON_ARM
    kept = np.minimum(_neckline(model, *neckline), _sleeves(model, sleeve))
    kept = np.minimum(kept, np.where(trunk, marks.height - hem, _FAR))
    if opening is not None:
        widening = np.clip((marks.lengths['neck'] - marks.height) / (marks.lengths['neck'] - hem), 0, 1)
        gap = 0.012 + (opening - 0.012) * widening
        kept = np.where((marks.depth < 0) & trunk, np.minimum(kept, np.abs(marks.side) - gap), kept)
    down_trunk = np.clip((1.4 - marks.height) / 0.4, 0, 1)
    down_arm = np.clip(marks.along_arm / marks.lengths['arm'], 0, 1)
    offset = thickness + looseness * np.where(trunk, down_trunk, down_arm)
    return make_garment(rng, model, rest, normals, 'tights', label, paint, kept, offset, lift, _folds(looseness))


def _folds(looseness: float) -> float:
    """Depth of the folds of a garment, metres: the looser the deeper."""
    return 0.0015 + 0.12 * looseness


def make_trousers(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    normals: np.ndarray,
    paint: Paint,
    length: float,
    waist: float,
    thickness: float = 0.007,
    looseness: float = 0.0,
    lift: float = 0.006,
) -> Piece:
    """Trousers, shorts or leggings: ``length`` metres along the leg from the hip, ``waist`` metres high.

    The other arguments are those of :func:`make_top`; ``looseness`` is that of the hem.
    """
    marks = landmarks(model)
    kept = np.minimum(waist - marks.height, length - marks.along_leg)
    offset = thickness + looseness * np.clip(marks.along_leg / marks.lengths['leg'], 0, 1) ** 0.7
    return make_garment(rng, model, rest, normals, 'tights', 'Pants', paint, kept, offset, lift, _folds(looseness))


def make_jumpsuit(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    normals: np.ndarray,
    paint: Paint,
    length: float,
    sleeve: float,
    neckline: tuple[float, float] = (0.08, 0.0),
    thickness: float = 0.009,
    looseness: float = 0.01,
    lift: float = 0.008,
) -> Piece:
    """Top and trousers in one; the arguments are those of :func:`make_top` and :func:`make_trousers`."""
    marks = landmarks(model)
    kept = np.minimum(_neckline(model, *neckline), _sleeves(model, sleeve))
    kept = np.minimum(kept, length - marks.along_leg)
    offset = thickness + looseness * np.clip(marks.along_leg / marks.lengths['leg'], 0, 1)
    return make_garment(rng, model, rest, normals, 'tights', 'Jumpsuits', paint, kept, offset, lift, _folds(looseness))


def make_skirt(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    normals: np.ndarray,
    label: str,
    paint: Paint,
    hem: float,
    flare: float = 0.0,
    opening: float | None = None,
    thickness: float = 0.008,
    lift: float = 0.012,
) -> Piece:
    """A skirt, or the lower part of a dress or long coat, from the waist down to ``hem`` metres above the ground.

    Args:
        rng (np.random.Generator): Of the folds.
        model (BodyModel): The body.
        rest (RestBody): Its shape.
        normals (np.ndarray): float32 (V, 3), of that shape.
        label (str): Parsing class.
        paint (Paint): Colours.
        hem (float): Height of the hem on the mean body, metres.
        flare (float): Metres by which it widens for each metre down; negative for a narrow one.
        opening (float, optional): Half width of an open front, metres; None for a closed one.
        thickness (float): From the mesh, metres.
        lift (float): See :class:`Piece`.

    Returns:
        Piece: The garment.
    """
    marks = landmarks(model)
    kept = marks.height - hem
    if opening is not None:
        kept = np.where(marks.depth < 0, np.minimum(kept, np.abs(marks.side) - opening), kept)
    offset = thickness + flare * np.clip(marks.lengths['waist'] - marks.height, 0, None)
    return make_garment(
        rng, model, rest, normals, 'skirt', label, paint, kept, offset, lift, 0.004 + 0.02 * max(flare, 0)
    )


def make_socks(
    rng: np.random.Generator, model: BodyModel, rest: RestBody, normals: np.ndarray, paint: Paint, height: float
) -> Piece:
    """Socks, tights if ``height`` (metres up the leg from the ankle) reaches far enough."""
    marks = landmarks(model)
    kept = marks.along_leg - (marks.lengths['leg'] - height)
    kept = np.where(marks.on_arm > 0, -_FAR, kept)
    return make_garment(rng, model, rest, normals, 'skin', 'Socks', paint, kept, np.full(len(kept), 0.004), 0.003, 0.0)


def make_gloves(
    rng: np.random.Generator,
    model: BodyModel,
    rest: RestBody,
    normals: np.ndarray,
    paint: Paint,
    cuff: float,
    thickness: float = 0.004,
) -> Piece:
    """Gloves that reach ``cuff`` metres up the arm from the wrist."""
    marks = landmarks(model)
    kept = np.where(marks.on_arm > _ON_ARM, marks.along_arm - (marks.lengths['arm'] - cuff), -_FAR)
    offset = np.full(len(kept), thickness)
    return make_garment(rng, model, rest, normals, 'skin', 'Glove', paint, kept, offset, 0.022, 0.0)
