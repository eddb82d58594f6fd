"""What is worn on head, neck and feet: encloses what it covers, on every shape, and is labelled by side."""

import numpy as np
import pytest

from mmspd.anatomy import PARSING_CLASSES
from mmspd.synthetic.bodies.body import body_model, pose_bones, skin_vertices
from mmspd.synthetic.bodies.landmarks import landmarks
from mmspd.synthetic.clothing.eyewear import EYEWEAR_STYLES, make_eyewear
from mmspd.synthetic.clothing.foot_grid import measure_foot
from mmspd.synthetic.clothing.footwear import SHOE_STYLES, make_shoes
from mmspd.synthetic.clothing.hair import make_long_hair, make_short_hair, make_tied_hair
from mmspd.synthetic.clothing.hats import HAT_STYLES, make_hat
from mmspd.synthetic.clothing.heads import measure_head
from mmspd.synthetic.clothing.scarves import SCARF_STYLES, make_scarf
from tests.synthetic.worn import as_layers, extreme_shapes, seen_from, share_enclosed, toes

MODEL = body_model()
LEFT, RIGHT = PARSING_CLASSES.index('LeftShoe'), PARSING_CLASSES.index('RightShoe')
CLOSED = [name for name, style in SHOE_STYLES.items() if not style.straps]


def grey(coords):
    return np.full((len(coords), 3), 0.5, np.float32)


def as_list(made):
    return made if isinstance(made, list) else [made]


MAKERS = {
    **{f'shoes {s}': (lambda rng, *body, s=s: make_shoes(rng, *body, grey, s)) for s in SHOE_STYLES},
    **{f'hat {s}': (lambda rng, *body, s=s: make_hat(rng, *body, grey, s)) for s in HAT_STYLES},
    **{f'eyewear {s}': (lambda rng, *body, s=s: make_eyewear(rng, *body, grey, s)) for s in EYEWEAR_STYLES},
    **{f'scarf {s}': (lambda rng, *body, s=s: make_scarf(rng, *body, grey, s, ends=2)) for s in SCARF_STYLES},
    'short hair': lambda rng, *body: make_short_hair(rng, *body, grey, 0.03, 0.5, -0.03),
    'hair under a hat': lambda rng, *body: make_short_hair(rng, *body, grey, 0.03, flat_under_hat=True),
    'long hair': lambda rng, *body: make_long_hair(rng, *body, grey, curls=0.3, before_shoulders=True),
    'ponytail': lambda rng, *body: make_tied_hair(rng, *body, grey, 'ponytail'),
    'bun': lambda rng, *body: make_tied_hair(rng, *body, grey, 'bun'),
}


@pytest.fixture(scope='module')
def bodies():
    rests = [MODEL.shape(MODEL.shapes[index]) for index in extreme_shapes()]
    rests.append(MODEL.shape(np.zeros(MODEL.shapes.shape[1])))
    return [(MODEL, rest) for rest in rests]


@pytest.mark.parametrize('name', MAKERS)
def test_pieces_are_sound_on_every_shape(name, bodies):
    allowed = {'shoes': {LEFT, RIGHT}, 'hat': {1}, 'eyewear': {4}, 'scarf': {11}}.get(name.split()[0], {2})
    for body in bodies:
        for piece in as_list(MAKERS[name](np.random.default_rng(3), *body)):
            assert np.isfinite(piece.vertices).all()
            assert np.isfinite(piece.kept).all()
            assert np.isfinite(piece.coords).all()
            assert piece.vertices.dtype == piece.kept.dtype == piece.coords.dtype == np.float32
            assert piece.faces.dtype == np.int32
            assert piece.labels.dtype == np.uint8
            assert piece.faces.min() == 0
            assert piece.faces.max() == len(piece.vertices) - 1
            assert set(piece.labels) <= allowed
            assert (piece.kept >= 0).any()
            np.testing.assert_allclose(piece.skin.weights.sum(axis=1), 1, atol=1e-5)
            assert piece.skin.bones.min() >= 0
            assert piece.skin.bones.max() < len(MODEL.bone_names)


@pytest.mark.parametrize('name', MAKERS)
def test_same_seed_same_bytes_and_other_seed_other_ones(name, bodies):
    first, again, other = (as_list(MAKERS[name](np.random.default_rng(seed), *bodies[0])) for seed in (5, 5, 6))
    for one, two in zip(first, again, strict=True):
        for field in ('vertices', 'kept', 'coords'):
            assert getattr(one, field).tobytes() == getattr(two, field).tobytes()
    joined = [
        b''.join(piece.vertices.tobytes() + piece.kept.tobytes() for piece in pieces) for pieces in (first, other)
    ]
    assert joined[0] != joined[1]


@pytest.mark.parametrize('style', SHOE_STYLES)
def test_shoes_are_labelled_by_side_and_mirror_each_other(style, bodies):
    for piece in make_shoes(np.random.default_rng(0), *bodies[-1], grey, style):
        middle = piece.vertices[piece.faces].mean(axis=1)
        # The person faces -y and has the left at positive x.
        assert (middle[piece.labels == LEFT, 0] > 0).all()
        assert (middle[piece.labels == RIGHT, 0] < 0).all()
        half = len(piece.vertices) // 2
        np.testing.assert_array_equal(piece.vertices[:half] * [-1, 1, 1], piece.vertices[half:])
        # Each follows its own foot, and by as much.
        names = np.array(MODEL.bone_names)[piece.skin.bones]
        for side, (own, other) in enumerate((('foot.L', 'foot.R'), ('foot.R', 'foot.L'))):
            rows = slice(side * half, (side + 1) * half)
            weights = piece.skin.weights[rows]
            assert np.where(names[rows] == own, weights, 0).sum(axis=1).max() == 1
            assert not weights[names[rows] == other].any()
        np.testing.assert_array_equal(piece.skin.weights[:half], piece.skin.weights[half:])


@pytest.mark.parametrize('style', [name for name in CLOSED if name != 'flat'])
def test_every_ray_from_the_toes_meets_the_shoe_or_the_foot(style, bodies):
    rng = np.random.default_rng(1)
    for body in bodies:
        places = body[1].vertices[toes()[::25]].astype(np.float64)
        # Forwards, sideways, up and down, never back through the opening.
        towards = rng.normal(size=places.shape)
        towards[:, 1] = -np.abs(towards[:, 1]) - 0.3
        assert share_enclosed(make_shoes(rng, *body, grey, style), places, towards) == 1


@pytest.mark.parametrize('style', CLOSED)
def test_no_toe_shows_through_a_shoe(style, bodies):
    faces = MODEL.faces['skin']
    of_toes = np.isin(faces, toes()).all(axis=1) | (np.isin(faces, MODEL.mirror[toes()]).all(axis=1))
    for body in bodies:
        rest = body[1]
        pieces = make_shoes(np.random.default_rng(2), *body, grey, style, lift=0.003)
        target = rest.vertices[toes()].mean(axis=0)
        for yaw, pitch in ((0, 0.1), (0, 0.9), (np.pi / 2, 0.1), (-0.9, 0.2), (0.6, -0.8)):
            owner, drawn = seen_from([(rest.vertices, faces, None, 0.0), *as_layers(pieces)], target, yaw, pitch, 0.3)
            assert (owner > 0).sum() > 500
            assert not of_toes[drawn[0][owner == 0]].any()


def test_sandals_show_toes_and_soles_reach_below_the_floor(bodies):
    body = bodies[-1]
    target = body[1].vertices[toes()].mean(axis=0)
    pieces = make_shoes(np.random.default_rng(0), *body, grey, 'sandal')
    owner, drawn = seen_from(
        [(body[1].vertices, MODEL.faces['skin'], None, 0), *as_layers(pieces)], target, 0, 0.5, 0.3
    )
    assert np.isin(MODEL.faces['skin'][drawn[0][owner == 0]], toes()).any()
    for style, kind in SHOE_STYLES.items():
        _, soles = make_shoes(np.random.default_rng(0), *body, grey, style)
        assert -kind.sole[1] - 1e-6 <= soles.vertices[:, 2].min() <= -kind.sole[0] + 1e-6


@pytest.mark.parametrize('style', HAT_STYLES)
def test_hats_enclose_the_scalp(style, bodies):
    rng = np.random.default_rng(0)
    marks = landmarks(MODEL)
    skin = np.unique(MODEL.faces['skin'])
    scalp = skin[(marks.above_hairline[skin] > 0.02) & (MODEL.template[skin, 2] > 1.74)]
    for body in bodies:
        head = measure_head(*body[:2])
        places = body[1].vertices[scalp[::5]].astype(np.float64)
        assert len(places) > 10
        for _ in range(2):
            hat = make_hat(rng, *body, grey, style)
            assert share_enclosed(hat, places, places - head.centre) == 1


@pytest.mark.parametrize('style', HAT_STYLES)
def test_a_hat_covers_flat_hair_and_leaves_the_eyes_free(style, bodies):
    for body in bodies:
        rest = body[1]
        hair = make_short_hair(np.random.default_rng(0), *body, grey, 0.04, flat_under_hat=True)
        hat = make_hat(np.random.default_rng(1), *body, grey, style)
        target = rest.bone_heads[MODEL.bone('head')] + [0, 0, 0.12]
        owner, drawn = seen_from(
            [(rest.vertices, MODEL.faces['eyes'], None, 0.0), *as_layers([hair, *hat])], target, 0, 0.0, 0.5
        )
        # A brim that hangs may shade half of them.
        least = 0.4 if style in ('sun_hat', 'bucket_hat') else 0.9
        assert (owner == 0).sum() >= least * (drawn[0] >= 0).sum() > 0
        owner, drawn = seen_from(as_layers([hair, *hat]), target, 0.5, 1.2, 0.7)
        assert (owner == 0).sum() <= 0.02 * (drawn[0] >= 0).sum()


def test_long_hair_leaves_the_face_free(bodies):
    faces = MODEL.faces['skin']
    marks = landmarks(MODEL)
    face = (
        (marks.above_jaw > 0.005) & (marks.above_hairline < -0.02) & (np.abs(marks.side) < 0.05) & (marks.depth < -0.1)
    )
    of_face = face[faces].all(axis=1)
    for body in bodies:
        rest = body[1]
        target = rest.bone_heads[MODEL.bone('head')]
        for seed in range(3):
            hair = make_long_hair(np.random.default_rng(seed), *body, grey, before_shoulders=True)
            layers = [(rest.vertices, faces, None, 0.0), *as_layers(hair)]
            owner, drawn = seen_from(layers, target, 0, 0.0, 0.5)
            shown = of_face[drawn[0]] & (drawn[0] >= 0)
            assert shown.sum() > 500
            assert (owner[shown] == 0).all()
            owner, drawn = seen_from(layers, target, np.pi, 0.0, 0.5)
            assert (owner > 0).sum() > 0.3 * (owner >= 0).sum()


def test_sunglasses_hide_both_eyes_and_are_before_the_face(bodies):
    for style in EYEWEAR_STYLES:
        for body in bodies:
            rest = body[1]
            lenses, frame = make_eyewear(np.random.default_rng(0), *body, grey, style)
            meshes = [(rest.vertices, MODEL.faces[name], None, 0.0) for name in ('skin', 'eyes')]
            target = rest.bone_heads[MODEL.bone('head')] + [0, 0, 0.05]
            owner, drawn = seen_from([*meshes, *as_layers([lenses, frame])], target, 0, 0.0, 0.3)
            assert not (owner == 1).any()
            # The bridge of the nose may hide a little of the largest lenses.
            assert np.isin(owner[drawn[2] >= 0], (2, 3)).mean() > 0.985


def test_scarves_stay_outside_the_neck(bodies):
    for style in SCARF_STYLES:
        for body in bodies:
            rest = body[1]
            target = rest.bone_heads[MODEL.bone('neck01')]
            # From the side no part of a loop is behind the body.
            for yaw, ends in ((0, 2), (np.pi / 2, 0)):
                scarf = make_scarf(np.random.default_rng(0), *body, grey, style, ends=ends)
                layers = [(rest.vertices, MODEL.faces['skin'], None, 0.0), *as_layers([scarf])]
                owner, drawn = seen_from(layers, target, yaw, 0.0, 0.5)
                assert (owner == 1).sum() > 0.75 * (drawn[1] >= 0).sum() > 300


def test_pieces_follow_a_bent_neck_and_ankle(bodies):
    body = bodies[-1]
    rest = body[1]
    turn = np.broadcast_to(np.eye(3), (len(MODEL.bone_names), 3, 3)).copy()
    bent = np.array([[1, 0, 0], [0, np.cos(0.3), -np.sin(0.3)], [0, np.sin(0.3), np.cos(0.3)]])
    for name in ('neck02', 'head', 'foot.L', 'foot.R'):
        turn[MODEL.bone(name)] = bent
    transforms = pose_bones(MODEL.bone_parents, rest.bone_heads, turn, np.zeros(3))
    head = transforms[MODEL.bone('head')]
    for piece in make_hat(np.random.default_rng(0), *body, grey, 'fedora'):
        expected = piece.vertices @ head[:, :3].T + head[:, 3]
        np.testing.assert_allclose(skin_vertices(piece.vertices, piece.skin, transforms), expected, atol=1e-5)
    posed = skin_vertices(rest.vertices, MODEL.skin, transforms)
    faces = MODEL.faces['skin']
    of_toes = np.isin(faces, toes()).all(axis=1) | np.isin(faces, MODEL.mirror[toes()]).all(axis=1)
    for style in CLOSED:
        pieces = make_shoes(np.random.default_rng(0), *body, grey, style)
        layers = [(skin_vertices(p.vertices, p.skin, transforms), p.faces, p.kept, p.lift) for p in pieces]
        owner, drawn = seen_from([(posed, faces, None, 0.0), *layers], posed[toes()].mean(axis=0), 0.4, 0.3, 0.3)
        assert (owner > 0).sum() > 500
        assert not of_toes[drawn[0][owner == 0]].any()


def test_hair_ends_where_it_is_told(bodies):
    body = bodies[-1]
    for length in (1.56, 1.3):
        _, hanging = make_long_hair(np.random.default_rng(0), *body, grey, length=length)
        lowest = hanging.vertices[hanging.kept >= 0, 2].min()
        assert length - 0.02 < lowest < length + 0.06


def test_rings_of_the_mean_foot_lie_on_it():
    foot = measure_foot(MODEL, MODEL.shape(np.zeros(MODEL.shapes.shape[1])), 0.3)
    assert foot.size == pytest.approx(1, abs=0.01)
    assert foot.forward[1] < -0.99
    assert foot.mean[:, :, 2].max() == pytest.approx(0.3, abs=0.04)
    assert np.abs(foot.points - foot.mean).max() < 0.01


def test_unknown_styles_are_refused_by_name(bodies):
    body, rng = bodies[-1], np.random.default_rng(0)
    for maker in (make_shoes, make_hat, make_eyewear, make_scarf, make_tied_hair):
        with pytest.raises(ValueError, match="'crown'"):
            maker(rng, *body, grey, 'crown')
    with pytest.raises(ValueError, match='3 ends; expected one of wound'):
        make_scarf(rng, *body, grey, 'wound', ends=3)
