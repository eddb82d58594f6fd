"""The body's arrays, its shape, its bones and its skin."""

import numpy as np
import pytest

from mmspd.anatomy import SURFACE_MIRROR
from mmspd.synthetic.bodies.body import Skin, body_model, pose_bones, skin_vertices


def quarter_turn(axis):
    """A right-handed turn by 90 degrees about a coordinate axis."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((3, 3))
    matrix[axis, axis] = matrix[second, first] = 1
    matrix[first, second] = -1
    return matrix


def test_left_is_positive_x_and_the_face_looks_along_negative_y():
    model = body_model()
    assert model.bone_heads[model.bone('wrist.L'), 0] > 0.2 > -0.2 > model.bone_heads[model.bone('wrist.R'), 0]
    eyes = model.template[np.unique(model.faces['eyes'])]
    assert eyes[:, 1].max() < model.bone_heads[model.bone('head'), 1]
    assert 1.4 < model.template[:, 2].max() < 2.0
    assert model.template[:, 2].min() == pytest.approx(0, abs=1e-3)
    with pytest.raises(KeyError, match=r'no bone .tail'):
        model.bone('tail')


def test_the_body_is_symmetric():
    model = body_model()
    assert (model.mirror[model.mirror] == np.arange(len(model.mirror))).all()
    flipped = model.template[model.mirror] * [-1, 1, 1]
    assert np.abs(flipped - model.template).max() < 1e-5
    parts_of = np.zeros((len(model.template), 25), bool)
    for face, part in zip(model.faces['skin'], model.face_parts, strict=True):
        parts_of[face, part] = True
    assert (parts_of[model.mirror][:, SURFACE_MIRROR] == parts_of).all()
    assert parts_of[:, 1:].any(axis=0).all()


def test_skin_weights():
    model = body_model()
    assert np.allclose(model.skin.weights.sum(axis=1), 1, atol=1e-5)
    assert model.skin.weights.min() >= 0
    hand = model.skin.take(np.unique(model.faces['skin'][model.face_parts == 4]))
    names = {model.bone_names[bone] for bone in np.unique(hand.bones[hand.weights > 0.5])}
    assert 'wrist.L' in names
    assert all(name.endswith('.L') for name in names)


def test_shapes_differ_and_stay_plausible():
    model = body_model()
    heights = [np.ptp(model.shape(shape).vertices[:, 2]) for shape in model.shapes[:60]]
    assert min(heights) < 1.5 < 1.8 < max(heights) < 2.3
    assert min(heights) > 0.9
    same = model.shape(np.zeros(model.shapes.shape[1]))
    assert np.array_equal(same.vertices, model.template)
    first, second = (model.random_shape(np.random.default_rng(seed)).vertices for seed in (1, 1))
    assert np.array_equal(first, second)


def test_no_rotation_changes_nothing():
    model = body_model()
    transforms = pose_bones(model.bone_parents, model.bone_heads, np.tile(np.eye(3), (66, 1, 1)), np.zeros(3))
    assert np.allclose(skin_vertices(model.template, model.skin, transforms), model.template, atol=1e-5)


def test_the_bones_are_one_tree():
    model = body_model()
    assert (model.bone_parents[1:] < np.arange(1, len(model.bone_parents))).all()
    assert (np.flatnonzero(model.bone_parents < 0) == [0]).all()
    finger, wrist = model.bone('finger3-1.L'), model.bone('wrist.L')
    assert model.bone_parents[finger] == wrist


def test_children_turn_with_their_parents():
    """Three bones in a row along x; the second turns by 90 degrees about z: the third's head moves to (1, 1, 0)."""
    heads = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    turns = np.stack([np.eye(3), quarter_turn(2), np.eye(3)])
    transforms = pose_bones(np.array([-1, 0, 1]), heads, turns, np.array([0.0, 0, 5]))
    posed = [matrix @ [*head, 1] for matrix, head in zip(transforms, heads, strict=True)]
    assert np.allclose(posed, [[0, 0, 5], [1, 0, 5], [1, 1, 5]])


def test_blending():
    """A vertex that belongs half to a bone at rest and half to one moved by 2 moves by 1."""
    transforms = np.tile(np.eye(3, 4), (2, 1, 1))
    transforms[1, 0, 3] = 2
    skin = Skin(np.array([[0, 1]], np.int32), np.array([[0.5, 0.5]], np.float32))
    assert skin_vertices(np.array([[1.0, 2, 3]]), skin, transforms).tolist() == [[2, 2, 3]]
    joined = Skin.join([skin, Skin.rigid(1, 2)])
    assert joined.bones.tolist() == [[0, 1], [1, 0], [1, 0]]
    assert joined.weights.tolist() == [[0.5, 0.5], [1, 0], [1, 0]]
