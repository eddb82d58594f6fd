"""Rings, their cloth coordinates and the small arithmetic around them."""

import numpy as np

from mmspd.anatomy import PARSING_CLASSES
from mmspd.synthetic.bodies.body import Skin
from mmspd.synthetic.clothing.lofts import gaussian_blur, join_pieces, ring_coords, ring_piece, smooth_step


def test_lofts_by_hand():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])
    rings = np.stack([np.c_[square, np.full(4, height)] for height in (0, 2)])
    # Girth 4, so that each of 4 columns is 1 further; the last column is as far as the second.
    np.testing.assert_allclose(ring_coords(rings), [[0, 0], [1, 0], [2, 0], [1, 0], [0, 2], [1, 2], [2, 2], [1, 2]])
    np.testing.assert_allclose(smooth_step(np.array([-1, 0.5, 2.0]), 0, 1), [0, 0.5, 1])
    blur = gaussian_blur(3, 1.0, closed=False)
    near, far = np.exp(-0.5), np.exp(-2)
    np.testing.assert_allclose(blur[0], np.array([1, near, far]) / (1 + near + far))
    np.testing.assert_allclose(gaussian_blur(3, 1.0, closed=True)[0], np.array([1, near, near]) / (1 + 2 * near))


def test_joined_pieces_keep_their_faces_and_labels():
    rings = np.arange(18.0).reshape(2, 3, 3)
    first, second = (ring_piece(label, rings, Skin.rigid(0, 6), len, closed=False) for label in ('Hat', 'Hair'))
    both = join_pieces('both', [first, second])
    # Two quads of two triangles each, in either piece.
    assert both.labels.tolist() == [PARSING_CLASSES.index('Hat')] * 4 + [PARSING_CLASSES.index('Hair')] * 4
    np.testing.assert_array_equal(both.vertices[both.faces[4:]], second.vertices[second.faces])
    np.testing.assert_array_equal(both.vertices[:6], first.vertices)
