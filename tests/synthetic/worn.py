"""What the tests of shoes, hats and the like look at: bodies of extreme shapes, and what hides what."""

import numpy as np

from mmspd.synthetic.bodies.body import body_model
from mmspd.synthetic.camera import Camera
from mmspd.synthetic.rasterizer import rasterize

MODEL = body_model()


def extreme_shapes():
    """The shortest and the tallest, the leanest and the stoutest of the sample."""
    skin = np.unique(MODEL.faces['skin'])
    heights, girths = [], []
    for components in MODEL.shapes:
        points = MODEL.shape(components).vertices[skin]
        heights.append(points[:, 2].max())
        waist = points[np.abs(points[:, 2] - 0.6 * heights[-1]) < 0.02]
        girths.append(np.ptp(waist[:, 1]) / heights[-1])
    return [int(choice(values)) for values in (heights, girths) for choice in (np.argmin, np.argmax)]


def toes():
    """Skin vertices of the left toes."""
    skin = np.unique(MODEL.faces['skin'])
    return skin[(MODEL.template[skin, 0] > 0) & (MODEL.template[skin, 1] < -0.165) & (MODEL.template[skin, 2] < 0.1)]


def share_enclosed(pieces, origins, towards):
    """Share of rays (N,) that hit what is kept of some piece; the plane's equation solved for all pairs."""
    enclosed = np.zeros(len(origins), bool)
    for piece in pieces:
        a, b, c = (piece.vertices[piece.faces[:, corner]].astype(np.float64) for corner in range(3))
        kept = piece.kept[piece.faces]
        for index in np.flatnonzero(~enclosed):
            matrix = np.stack([b - a, c - a, np.broadcast_to(-towards[index], a.shape)], axis=2)
            safe = np.abs(np.linalg.det(matrix)) > 1e-16
            u, v, t = np.linalg.solve(matrix[safe], (origins[index] - a[safe])[..., None])[..., 0].T
            value = kept[safe, 0] * (1 - u - v) + kept[safe, 1] * u + kept[safe, 2] * v
            enclosed[index] = ((u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (t > 0) & (value >= 0)).any()
    return enclosed.mean()


def seen_from(layers, target, yaw, pitch, extent):
    """Which layer (vertices, faces, kept, lift) shows in each of 200 x 200 pixels, -1: none; and all their faces."""
    away = np.array([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    camera = Camera.look(target + 3 * away, target, 0.0, 3 * 200 / extent, (100, 100))
    nearest, owner, faces = np.full((200, 200), np.inf), np.full((200, 200), -1), []
    for number, (vertices, mesh, kept, lift) in enumerate(layers):
        raster = rasterize(*camera.project(vertices), mesh, (200, 200), kept)
        wins = raster.depth - lift < nearest
        owner[wins], nearest[wins] = number, raster.depth[wins] - lift
        faces.append(raster.faces)
    return owner, faces


def as_layers(pieces):
    return [(piece.vertices, piece.faces, piece.kept, piece.lift) for piece in pieces]
