"""The mean body at rest, and what tests ask of it: its annotation in some clothes, seen from around it."""

import numpy as np

from mmspd.synthetic.annotation import annotate
from mmspd.synthetic.bodies.body import body_model, pose_bones
from mmspd.synthetic.bodies.figure import make_figure, naked
from mmspd.synthetic.bodies.meshes import rest_normals
from mmspd.synthetic.bodies.skin import EyePaint, SkinPaint, make_body
from mmspd.synthetic.camera import Camera
from mmspd.synthetic.rasterizer import rasterize

HEIGHT, WIDTH = 180, 140


def plain_paint(value):
    """A paint of one grey."""
    return lambda coords: np.full((len(coords), 3), value, np.float32)


class Model:
    """The mean body and what tests ask of it."""

    def __init__(self):
        self.model = body_model()
        self.rest = self.model.shape(np.zeros(self.model.shapes.shape[1]))
        self.normals = rest_normals(self.model, self.rest)
        self.body = make_body(
            self.model, self.rest, SkinPaint(*np.float32([[0.3] * 3, [0.1] * 3, [0.05] * 3])), EyePaint(np.zeros(3))
        )

    def look(self, degrees=0.0):
        """A camera 4 m away, in front of the body and walked around it to its left by so many degrees."""
        angle = np.deg2rad(degrees)
        position = np.array([4 * np.sin(angle), -4 * np.cos(angle), 0.9])
        return Camera.look(position, np.array([0.0, 0.0, 0.9]), 0.0, 360.0, (WIDTH / 2 - 0.5, HEIGHT / 2 - 0.5))

    def transforms(self, rotations=None):
        """At rest, or with some bones turned: name -> (3, 3)."""
        turns = np.tile(np.eye(3), (len(self.model.bone_names), 1, 1))
        for name, turn in (rotations or {}).items():
            turns[self.model.bone(name)] = turn
        return pose_bones(self.model.bone_parents, self.rest.bone_heads, turns, np.zeros(3))

    def annotate(self, degrees=0.0, pieces=(), transforms=None):
        """The annotation of the body in these clothes."""
        transforms = self.transforms() if transforms is None else transforms
        camera, figure = self.look(degrees), make_figure([*self.body, *pieces], transforms)
        pixels, depth = camera.project(figure.vertices)
        seen = rasterize(pixels, depth - figure.lift, figure.faces, (HEIGHT, WIDTH), figure.kept).faces
        body = naked(self.model, self.rest, transforms)
        return annotate(self.model, self.rest, transforms, body, camera, figure.labels, seen)
