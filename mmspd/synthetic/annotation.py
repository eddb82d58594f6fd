"""What is annotated of a rendered person: labels, joints, and the body's surface below the clothes."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, PARSING_CLASSES
from mmspd.synthetic.bodies.body import BodyModel, RestBody
from mmspd.synthetic.bodies.skeleton import joint_positions, occluded_joints
from mmspd.synthetic.camera import Camera
from mmspd.synthetic.rasterizer import rasterize
from mmspd.synthetic.rendered_person import box_around

__all__ = ['Annotation', 'annotate']

_HEAD: Final = COARSE_PARTS.index('Head')


def _sides(names: tuple[str, ...]) -> np.ndarray:
    """1 for names of the left, -1 for names of the right, 0 for others, int (N,)."""
    return np.array([('Left' in name) - ('Right' in name) for name in names])


# Whether a class (row) and a coarse part (column; the last is none) belong to opposite sides.
_OTHER_SIDE: Final = np.outer(_sides(PARSING_CLASSES), np.append(_sides(COARSE_PARTS), 0)) < 0


@dataclass(frozen=True)
class Annotation:
    """Maps of one person; see :class:`~mmspd.synthetic.rendered_person.RenderedPerson` for the fields.

    Args:
        label (np.ndarray): uint8 (H, W).
        parts (np.ndarray): uint8 (H, W).
        uv (np.ndarray): float32 (H, W, 2).
        coarse (np.ndarray): int8 (H, W).
        pixels (np.ndarray): float64 (16, 2), where the joints project to, in the picture or not.
    """

    label: np.ndarray
    parts: np.ndarray
    uv: np.ndarray
    coarse: np.ndarray
    pixels: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """float32 (4,), around what shows of the person."""
        return box_around((self.label > 0) | (self.coarse >= 0))

    def without(self, covered: np.ndarray) -> 'Annotation':
        """The annotation with the pixels of a mask, bool (H, W), hidden by something."""
        return replace(
            self,
            label=np.where(covered, 0, self.label).astype(np.uint8),
            parts=np.where(covered, 0, self.parts).astype(np.uint8),
            uv=np.where(covered[..., None], 0, self.uv).astype(np.float32),
            coarse=np.where(covered, -1, self.coarse).astype(np.int8),
        )

    def visible_joints(self) -> tuple[np.ndarray, np.ndarray]:
        """Joints in the picture, float32 (16, 2) with nan outside of it, and which are hidden, bool (16,)."""
        height, width = self.label.shape
        inside = np.all((self.pixels > -0.5) & (self.pixels < [width - 0.5, height - 0.5]), axis=1)
        joints = np.where(inside[:, None], self.pixels, np.nan).astype(np.float32)
        return joints, occluded_joints(self.pixels, self.coarse) & inside


def annotate(
    model: BodyModel,
    rest: RestBody,
    transforms: np.ndarray,
    body: np.ndarray,
    camera: Camera,
    labels: np.ndarray,
    seen: np.ndarray,
) -> Annotation:
    """Annotate a person in front of everything else.

    Args:
        model (BodyModel): The body.
        rest (RestBody): The person's shape.
        transforms (np.ndarray): float64 (B, 3, 4), the pose.
        body (np.ndarray): float32 (V, 3), vertices of the naked body in the world.
        camera (Camera): Which sees it.
        labels (np.ndarray): uint8 (F,), class of each triangle of the dressed scene.
        seen (np.ndarray): int32 (H, W), the triangle of the scene at each pixel's centre, -1 for none.

    Returns:
        Annotation: Classes from the dressed scene; surface from the naked body, which clothes do not hide, so that a
        skirt or hair beside the body has none, and a shoe none of the other leg's.
    """
    faces = np.concatenate([model.faces['skin'], model.faces['cavities'], model.faces['eyes']])
    raster = rasterize(*camera.project(body), faces, seen.shape)
    charted = (raster.faces >= 0) & (raster.faces < len(model.face_parts))
    parts = np.zeros(seen.shape, np.uint8)
    parts[charted] = model.face_parts[raster.faces[charted]]
    uv = np.zeros((*seen.shape, 2), np.float32)
    corners = model.corner_uv[raster.faces[charted]]
    uv[charted] = np.clip(np.einsum('pc,pca->pa', raster.weights[charted], corners), 0, 1)
    coarse = np.asarray(FINE_TO_COARSE, np.int8)[parts]
    # Eyes and mouth have no chart, but they are the head's.
    coarse[(raster.faces >= 0) & ~charted] = _HEAD
    label = np.where(seen >= 0, labels[seen], 0).astype(np.uint8)
    # A shoe that stands out before the other foot: what it hides is not its own surface.
    other_side = _OTHER_SIDE[label, coarse]
    parts[other_side], uv[other_side], coarse[other_side] = 0, 0, -1
    pixels, _ = camera.project(joint_positions(model, rest, transforms))
    return Annotation(label, parts, uv, coarse, pixels)
