"""Garments: where their borders lie, that they cover what they should, and their pieces' consistency."""

import numpy as np
import pytest

from mmspd.anatomy import PARSING_CLASSES
from mmspd.synthetic.bodies.body import Skin
from mmspd.synthetic.bodies.landmarks import landmarks
from mmspd.synthetic.bodies.meshes import Piece, part_of_mesh, ring_faces, vertex_normals
from mmspd.synthetic.bodies.skin import EyePaint, SkinPaint, body_labels
from mmspd.synthetic.clothing.clothes import make_gloves, make_jumpsuit, make_skirt, make_socks, make_top, make_trousers
from tests.synthetic.mean_body import plain_paint

GREY = plain_paint(0.5)


def arguments(person, seed=0):
    return np.random.default_rng(seed), person.model, person.rest, person.normals


def rows_of(label, name):
    return np.flatnonzero((label == PARSING_CLASSES.index(name)).any(axis=1))


def test_landmarks(person):
    marks = landmarks(person.model)
    assert 0.8 < marks.lengths['crotch'] < 0.95 < marks.lengths['waist'] < 1.2
    assert 0.4 < marks.lengths['arm'] < 0.65
    assert 0.8 < marks.lengths['leg'] < 1.0
    # At the knee's bone the way along the leg is the length of the thigh.
    knee = person.model.bone_heads[person.model.bone('lowerleg01.R')]
    near = np.linalg.norm(person.model.template - knee, axis=1).argsort()[:40]
    assert marks.along_leg[near].mean() == pytest.approx(marks.lengths['knee'], abs=0.03)
    assert np.allclose(marks.along_arm[person.model.mirror], marks.along_arm, atol=1e-4)
    eyes = np.unique(person.model.faces['eyes'])
    assert (marks.above_jaw[eyes] > 0.05).all()
    assert (marks.above_hairline[eyes] < 0).all()
    top = person.model.template[:, 2].argmax()
    assert marks.above_hairline[top] > 0.02


def test_a_hem_is_level_and_where_it_was_asked_for(person):
    """The camera looks level at 0.9 m from 4 m, so that a height's row is (0.9 - height) / 4 * 360 + 89.5 nearly."""
    skirt = make_skirt(*arguments(person), 'Skirt', GREY, hem=0.5)
    rows = rows_of(person.annotate(pieces=[skirt]).label, 'Skirt')
    assert rows.max() == pytest.approx((0.9 - 0.5) / 4 * 360 + 89.5, abs=4)
    trousers = make_trousers(*arguments(person), GREY, length=0.88, waist=1.0)
    rows = rows_of(person.annotate(pieces=[trousers]).label, 'Pants')
    assert rows.min() == pytest.approx((0.9 - 1.0) / 4 * 360 + 89.5, abs=4)
    assert rows.max() > (0.9 - 0.15) / 4 * 360 + 89.5


@pytest.mark.parametrize('degrees', [0, 180])
def test_clothes_cover_the_body(person, degrees):
    """No skin shines through cloth, seen from the front or from behind."""
    suit = make_jumpsuit(*arguments(person), GREY, length=0.86, sleeve=0.5)
    label, bare = person.annotate(degrees, [suit]).label, person.annotate(degrees)
    inner = np.isin(bare.parts, (1, 2, 7, 8, 9, 10, 15, 16, 17, 18))
    inner[: np.flatnonzero(inner.any(axis=1))[0] + 16] = False  # the neckline
    assert (label[inner] == PARSING_CLASSES.index('Jumpsuits')).mean() > 0.995


def test_socks_and_gloves_by_side(person):
    socks, gloves = make_socks(*arguments(person), GREY, 0.2), make_gloves(*arguments(person), GREY, 0.03)
    bare, dressed = person.annotate(), person.annotate(pieces=[socks, gloves])
    assert (dressed.label[np.isin(bare.parts, (5, 6))] == PARSING_CLASSES.index('Socks')).all()
    assert (dressed.label[np.isin(bare.parts, (3, 4))] == PARSING_CLASSES.index('Glove')).mean() > 0.97
    assert (dressed.label[np.isin(bare.parts, (9, 10))] == bare.label[np.isin(bare.parts, (9, 10))]).all()


def test_an_open_coat_shows_the_shirt(person):
    shirt = make_top(*arguments(person), 'UpperClothes', GREY, hem=0.95, sleeve=0.1, lift=0.012)
    coat = {
        opening: make_top(*arguments(person), 'Coat', GREY, hem=0.95, sleeve=0.5, thickness=0.025, opening=opening,
                          lift=0.026)
        for opening in (None, 0.06)
    }  # fmt: skip
    seen = {
        opening: (person.annotate(pieces=[shirt, piece]).label == PARSING_CLASSES.index('UpperClothes')).sum()
        for opening, piece in coat.items()
    }
    assert seen[None] < 0.1 * seen[0.06]
    behind = person.annotate(180, [shirt, coat[0.06]]).label
    assert (behind == PARSING_CLASSES.index('UpperClothes')).sum() < 0.1 * seen[0.06]


def test_a_notch_shows_skin_in_front_only(person):
    straight, notched = (
        make_top(*arguments(person), 'UpperClothes', GREY, hem=0.95, sleeve=0.1, neckline=(0.08, depth))
        for depth in (0.0, 0.15)
    )
    for degrees, factor in ((0, 1.3), (180, 0.98)):
        bare = [np.isin(person.annotate(degrees, [piece]).label, (0,)) for piece in (straight, notched)]
        body = np.isin(person.annotate(degrees).parts, (1, 2))
        first, second = ((mask & body).sum() for mask in bare)
        assert second > factor * first
        if degrees == 180:
            assert second < 1.05 * first


def test_folds_depend_on_the_seed_alone(person):
    first, again, other = (
        make_trousers(*arguments(person, seed), GREY, 0.8, 1.0, looseness=0.03) for seed in (1, 1, 2)
    )
    assert (first.vertices == again.vertices).all()
    assert np.abs(first.vertices - other.vertices).max() > 1e-3


def test_pieces_must_fit_together(person):
    with pytest.raises(ValueError, match=r'hat: vertices, kept, coords and skin of \[1, 2\] rows'):
        Piece('hat', np.zeros((2, 3)), Skin.rigid(0, 2), np.zeros((0, 3), np.int32), np.zeros(0), np.zeros(2),
              np.zeros((1, 2)), GREY)  # fmt: skip


def test_small_meshes():
    faces = ring_faces(2, 3)
    assert len(faces) == 6
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    assert set(np.unique(edges, axis=0, return_counts=True)[1]) == {1, 2}
    assert len(ring_faces(2, 3, closed=False)) == 4
    vertices, part = part_of_mesh(np.array([[0, 1, 2], [4, 5, 6]]), np.arange(7) == 5)
    assert vertices.tolist() == [4, 5, 6]
    assert part.tolist() == [[0, 1, 2]]
    normals = vertex_normals(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]]), np.array([[0, 1, 2]]))
    assert normals.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_skin_labels():
    labels = body_labels()
    names = {part: PARSING_CLASSES[labels[part]] for part in range(1, 25)}
    assert {names[part] for part in (4, 15, 17, 19, 21)} == {'LeftArm'}
    assert {names[part] for part in (3, 16, 18, 20, 22)} == {'RightArm'}
    assert {names[part] for part in (5, 8, 10, 12, 14)} == {'LeftLeg'}
    assert {names[part] for part in (6, 7, 9, 11, 13)} == {'RightLeg'}
    assert {names[part] for part in (1, 2, 23, 24)} == {'Background'}


def test_paints():
    skin, lips, brows = np.float32([[0.5] * 3, [0.2] * 3, [0.1] * 3])
    paint = SkinPaint(skin, lips, brows)
    places = np.float32([[0, 1.588], [0.033, 1.706], [0.033, 1.66], [10.0, 1.588], [0.0, 1.0]])
    assert np.allclose(paint(places)[:, 0], [0.2, 0.1, 0.5, 0.5, 0.5])
    eye = EyePaint(np.float32([0.3, 0.2, 0.1]))(np.float32([[0, 0], [0.004, 0], [0.01, 0]]))
    assert eye[0, 0] < 0.05
    assert eye[1].tolist() == pytest.approx([0.3, 0.2, 0.1])
    assert eye[2, 0] > 0.5
