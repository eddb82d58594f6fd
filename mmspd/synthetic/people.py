"""``render_person``: one picture of a dressed person with the annotation of all three tasks, from (seed, index)."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from mmspd.synthetic.annotation import Annotation, annotate
from mmspd.synthetic.bodies.body import BodyModel, RestBody, body_model, pose_bones
from mmspd.synthetic.bodies.figure import Figure, join_figures, make_figure, naked
from mmspd.synthetic.bodies.meshes import Piece
from mmspd.synthetic.bodies.skeleton import joint_positions
from mmspd.synthetic.bodies.skin import EyePaint, SkinPaint, make_body
from mmspd.synthetic.camera import Camera
from mmspd.synthetic.chance import choose
from mmspd.synthetic.clothing.accessories import sample_accessories
from mmspd.synthetic.clothing.outfits import sample_outfit
from mmspd.synthetic.framing import frame_person
from mmspd.synthetic.lighting import ShadowMap, ground_points, sample_light, shade, shadow_on_ground
from mmspd.synthetic.paint.colours import sample_hair_colour, sample_skin_colour
from mmspd.synthetic.photography import sample_jpeg_quality, take_photograph
from mmspd.synthetic.poses.pose_families import sample_pose
from mmspd.synthetic.rasterizer import Raster, interpolate, rasterize
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.synthetic.scenery.background_files import list_backgrounds, read_background
from mmspd.synthetic.scenery.backgrounds import FARTHEST, LEAST_FOCAL, Background, draw_background
from mmspd.synthetic.scenery.occluders import draw_occluder
from mmspd.synthetic.settings import PeopleSettings

__all__ = ['render_person']

# Every part of a picture has a random stream of its own: a new probability for hats leaves the pose as it was.
_STREAMS: Final = (
    'shape', 'pose', 'outfit', 'accessories', 'camera', 'light', 'background', 'occluder', 'second', 'photograph',
)  # fmt: skip
_FRONT_SPREAD, _BACK_SPREAD = 40.0, 30.0  # standard deviations of the person's turn, degrees
# Colour is sampled at pixel centres and halfway between: odd rows and columns of samples are pixel centres.
_STEP: Final = 0.5
_CENTRES: Final = slice(1, None, 2)


@dataclass(frozen=True, eq=False)
class Actor:
    """A posed person before the picture is taken.

    Args:
        rest (RestBody): Shape.
        transforms (np.ndarray): float64 (B, 3, 4), of the bones, in the world.
        figure (Figure): Body and clothes.
    """

    rest: RestBody
    transforms: np.ndarray
    figure: Figure


def render_person(seed: int, index: int, settings: PeopleSettings) -> RenderedPerson:
    """Render one person.

    Args:
        seed (int): Of the data set, not negative.
        index (int): Of the picture, not negative. The picture depends on seed, index, settings and, if there are
            any, the photographs of ``background_folder`` only.
        settings (PeopleSettings): Probabilities and ranges.

    Returns:
        RenderedPerson: Picture and annotation.
    """
    rng = {name: np.random.default_rng([seed, index, number]) for number, name in enumerate(_STREAMS)}
    model, (height, width) = body_model(), settings.size
    actor = _cast(rng, model, settings)
    body = naked(model, actor.rest, actor.transforms)
    camera = frame_person(
        rng['camera'],
        actor.figure.vertices[actor.figure.kept >= 0],
        joint_positions(model, actor.rest, actor.transforms),
        height,
        width,
        camera_height=settings.camera_height,
        distance=settings.distance,
        cut_legs=bool(rng['camera'].random() < settings.p_cut_legs),
        cut_head=bool(rng['camera'].random() < settings.p_cut_head),
    )
    scene = actor.figure
    if rng['second'].random() < settings.p_second_person:
        scene = join_figures(scene, _passer_by(rng['second'], model, settings, camera))
    raster = _seen(scene, camera, height, width)
    seen = raster.faces[_CENTRES, _CENTRES]
    annotation = annotate(model, actor.rest, actor.transforms, body, camera, scene.labels, seen)
    annotation = annotation.without(seen >= len(actor.figure.faces))  # the other person, should a limb reach that far
    image = _colour(rng, settings, scene, camera, raster)
    if rng['occluder'].random() < settings.p_occluder:
        image, annotation = _put_in_front(rng['occluder'], image, annotation)
    return _finish(rng['photograph'], settings, image, annotation)


def _cast(rng: dict[str, np.random.Generator], model: BodyModel, settings: PeopleSettings) -> Actor:
    """A random person who stands at the origin, turned towards the camera at -y or away from it."""
    rest = model.random_shape(rng['shape'])
    pose = sample_pose(rng['pose'], model, rest, choose(rng['pose'], settings.pose_weights))
    away = rng['pose'].random() < settings.p_back_view
    spread = rng['pose'].normal()
    turn = np.deg2rad(180 + _BACK_SPREAD * spread if away else _FRONT_SPREAD * spread)
    hair = sample_hair_colour(rng['shape'])
    pieces = _naked_pieces(rng['shape'], model, rest, hair)
    pieces += sample_outfit(rng['outfit'], model, rest, settings, pose.sits)
    pieces += sample_accessories(rng['accessories'], model, rest, settings, hair)
    transforms = _place(pose_bones(model.bone_parents, rest.bone_heads, pose.rotations, np.zeros(3)), turn, np.zeros(3))
    figure = make_figure(pieces, transforms)
    down = np.array([0.0, 0.0, -float(figure.vertices[figure.kept >= 0, 2].min())])
    return Actor(rest, _place(transforms, 0.0, down), replace(figure, vertices=figure.vertices + np.float32(down)))


def _naked_pieces(rng: np.random.Generator, model: BodyModel, rest: RestBody, hair: np.ndarray) -> list[Piece]:
    """Body, face and eyes in random colours, with brows that go with the hair's."""
    skin = sample_skin_colour(rng)
    lips = skin * np.array([0.72, 0.66, 0.95], np.float32)
    iris = np.array([0.03, 0.05, 0.08] if rng.random() < 0.75 else [0.3, 0.24, 0.15], np.float32)
    return make_body(model, rest, SkinPaint(skin, lips, 0.5 * hair + 0.2 * skin), EyePaint(iris))


def _place(transforms: np.ndarray, turn: float, shift: np.ndarray) -> np.ndarray:
    """Turn a posed skeleton about the vertical axis by radians, then shift it."""
    cosine, sine = np.cos(turn), np.sin(turn)
    rotation = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    placed = rotation @ transforms
    placed[:, :, 3] += shift
    return placed


def _passer_by(rng: np.random.Generator, model: BodyModel, settings: PeopleSettings, camera: Camera) -> Figure:
    """Another person, 0.7 to 4 m behind the first as the camera sees it, to either side."""
    streams = {name: np.random.default_rng(rng.integers(2**63)) for name in _STREAMS}
    actor = _cast(streams, model, settings)
    ahead, right = camera.rotation[2] * [1, 1, 0], camera.rotation[0] * [1, 1, 0]
    ahead, right = ahead / np.linalg.norm(ahead), right / np.linalg.norm(right)
    distance = rng.uniform(0.7, 4.0)
    aside = rng.choice([-1, 1]) * rng.uniform(0.25, 0.7 + 0.1 * distance)
    shift = np.float32(distance * ahead + aside * right)
    return replace(actor.figure, vertices=actor.figure.vertices + shift)


def _seen(scene: Figure, camera: Camera, height: int, width: int) -> Raster:
    """What is seen at pixel centres (odd rows and columns) and halfway between and around them."""
    pixels, depth = camera.project(scene.vertices)
    shape = (2 * height + 1, 2 * width + 1)
    return rasterize(pixels, depth - scene.lift, scene.faces, shape, scene.kept, first=-_STEP, step=_STEP)


def _colour(
    rng: dict[str, np.random.Generator], settings: PeopleSettings, scene: Figure, camera: Camera, raster: Raster
) -> np.ndarray:
    """The picture in linear light, float32 (H, W, 3): people before a background."""
    light = sample_light(rng['light'], settings.p_shadow)
    shadows = ShadowMap(light, scene.vertices, scene.faces, scene.kept) if light.casts_shadow else None
    rows, columns = np.nonzero(raster.faces >= 0)
    where = rows, columns
    values = np.concatenate([scene.vertices, scene.normals, scene.coords], axis=1)
    seen = interpolate(raster, where, scene.faces, values)
    albedo, gloss = _paint(scene, raster.faces[where], seen[:, 6:])
    layer = np.zeros((*raster.faces.shape, 4), np.float32)
    layer[where] = np.concatenate(
        [shade(albedo, seen[:, 3:6], seen[:, :3], gloss, light, camera, shadows), np.ones((len(gloss), 1), np.float32)],
        axis=1,
    )
    # A tent over the samples around each pixel's centre.
    tent = np.array([0.25, 0.5, 0.25], np.float32)
    layer = cv2.sepFilter2D(layer, -1, tent, tent)[_CENTRES, _CENTRES]
    distance = float(camera.rotation[2] @ (scene.vertices[0] - camera.position))
    background = _background(rng['background'], settings, camera, distance)
    image = background.image * np.float32(light.ambient + light.on_ground)
    if shadows is not None and background.floor.any():
        image *= shadow_on_ground(shadows, camera, background.floor, light)
    return layer[..., :3] + (1 - layer[..., 3:]) * image


def _paint(scene: Figure, faces: np.ndarray, coords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Albedo float32 (P, 3) and gloss float32 (P,) of samples that show ``faces``, int (P,), at ``coords`` (P, 2)."""
    piece_of = scene.piece_of[faces]
    order = np.argsort(piece_of, kind='stable')
    ends = np.searchsorted(piece_of[order], np.arange(len(scene.pieces) + 1))
    albedo = np.zeros((len(faces), 3), np.float32)
    for number, piece in enumerate(scene.pieces):
        own = order[ends[number] : ends[number + 1]]
        if len(own):
            albedo[own] = piece.paint(coords[own])
    return albedo, np.array([piece.gloss for piece in scene.pieces], np.float32)[piece_of]


def _background(rng: np.random.Generator, settings: PeopleSettings, camera: Camera, distance: float) -> Background:
    """What is behind a person at ``distance`` metres: one of the user's photographs, if chance has it, or a scene."""
    height, width = settings.size
    if settings.background_folder is not None and rng.random() < settings.p_photo_background:
        files = _photographs(settings.background_folder)
        image = read_background(files[rng.integers(len(files))], rng, height, width)
        rows, columns = (grid.ravel() for grid in np.indices((height, width)))
        floor = ground_points(camera, rows, columns)[1].reshape(height, width)
        floor[: 2 * height // 3] = False  # the lower third of a photograph is taken for the ground
        return Background(image, floor)
    # The scene need not fit the camera exactly: beyond what can be drawn, the nearest that can.
    focal, distance = max(camera.focal, LEAST_FOCAL * max(height, width)), min(distance, FARTHEST)
    return draw_background(rng, height, width, camera.horizon, focal, float(camera.position[2]), distance=distance)


@lru_cache(maxsize=4)
def _photographs(folder: str) -> tuple[Path, ...]:
    """The photographs of a folder, listed once in a process."""
    return tuple(list_backgrounds(folder))


def _put_in_front(rng: np.random.Generator, image: np.ndarray, annotation: Annotation) -> tuple[np.ndarray, Annotation]:
    """Draw something in front of the person; a pixel half covered is its."""
    height, width = annotation.label.shape
    colour, alpha = draw_occluder(rng, height, width, annotation.box)
    return image * (1 - alpha[..., None]) + colour * alpha[..., None], annotation.without(alpha >= 0.5)


def _finish(
    rng: np.random.Generator, settings: PeopleSettings, image: np.ndarray, annotation: Annotation
) -> RenderedPerson:
    """Take the photograph and find out which joints can be seen."""
    photograph = take_photograph(
        rng,
        image,
        p_colour_cast=settings.p_colour_cast,
        p_vignette=settings.p_vignette,
        p_blur=settings.p_blur,
        p_motion_blur=settings.p_motion_blur,
        p_noise=settings.p_noise,
        p_low_resolution=settings.p_low_resolution,
        p_speckle=settings.p_speckle,
    )
    joints, occluded = annotation.visible_joints()
    return RenderedPerson(
        image=photograph,
        label=annotation.label,
        joints=joints,
        occluded=occluded,
        parts=annotation.parts,
        uv=annotation.uv,
        coarse=annotation.coarse,
        box=annotation.box,
        jpeg_quality=sample_jpeg_quality(rng, *settings.jpeg_quality),
    )
