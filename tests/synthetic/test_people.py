"""Whole pictures: their annotation holds together, and depends on what it should."""

import dataclasses

import numpy as np
import pytest

from mmspd.anatomy import COARSE_PARTS, FINE_TO_COARSE, JOINTS, NUM_CLASSES, NUM_PARTS, PARSING_CLASSES
from mmspd.surface.body_file import body_surface
from mmspd.surface.lookup import charts_to_points
from mmspd.synthetic.bodies.body import body_model
from mmspd.synthetic.clothing.accessories import sample_accessories
from mmspd.synthetic.people import render_person
from mmspd.synthetic.settings import PeopleSettings

SETTINGS = PeopleSettings(size=(120, 90))
PLAIN = PeopleSettings(size=(120, 90), p_occluder=0, p_second_person=0, p_cut_legs=0, p_cut_head=0)
ALWAYS = PeopleSettings(
    size=(120, 90), p_hat=1, p_sunglasses=1, p_gloves=1, p_scarf=1, p_coat=1, p_socks=1, p_skirt=1, p_dress=0,
    p_jumpsuits=0, p_bare_feet=0, p_back_view=0, p_occluder=0, p_second_person=0, p_cut_legs=0, p_cut_head=0,
)  # fmt: skip
NAMED = {name: number for number, name in enumerate(PARSING_CLASSES)}


@pytest.fixture(scope='module')
def people():
    return [render_person(7, index, SETTINGS) for index in range(24)]


def test_fields(people):
    for person in people:
        assert person.image.shape == (120, 90, 3)
        assert person.image.dtype == person.label.dtype == person.parts.dtype == np.uint8
        assert person.label.max() < NUM_CLASSES
        assert person.parts.max() <= NUM_PARTS
        assert person.uv.min() >= 0
        assert person.uv.max() <= 1
        assert not person.uv[person.parts == 0].any()
        assert (person.coarse[person.parts > 0] == np.asarray(FINE_TO_COARSE)[person.parts[person.parts > 0]]).all()
        present = np.isfinite(person.joints).all(axis=1)
        assert not person.occluded[~present].any()
        inside = (person.joints[present] > -0.5) & (person.joints[present] < [89.5, 119.5])
        assert inside.all()
        rows, columns = np.nonzero((person.label > 0) | (person.coarse >= 0))
        assert person.box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert 60 <= person.jpeg_quality <= 95


def test_people_fill_their_pictures_and_differ(people):
    shares = [(person.coarse >= 0).mean() for person in people]
    assert 0.05 < min(shares) <= max(shares) < 0.95
    assert len({person.image.tobytes() for person in people}) == len(people)
    shown = set(np.concatenate([np.unique(person.label) for person in people]).tolist())
    assert len(shown) > 14
    assert any(person.occluded.any() for person in people)
    assert any(np.isnan(person.joints).any() for person in people)


@pytest.mark.parametrize(('side', 'other'), [('Left', 'Right'), ('Right', 'Left')])
def test_sides_of_labels_and_surface_agree(people, side, other):
    seen = 0
    for person in people:
        for limb in ('Arm', 'Leg', 'Shoe'):
            parts = person.coarse[person.label == NAMED[side + limb]]
            names = {COARSE_PARTS[part] for part in np.unique(parts[parts >= 0])}
            assert not any(other in name for name in names)
            if limb != 'Shoe':  # a shoe may hide a hand of its own side
                assert all(('Hand' in name or 'Arm' in name) == (limb == 'Arm') for name in names)
            seen += len(names)
    assert seen > 20


def test_the_same_place_again_and_another_elsewhere():
    first, again = render_person(7, 3, SETTINGS), render_person(7, 3, SETTINGS)
    for field in dataclasses.fields(first):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name), equal_nan=field.name == 'joints')
    assert not np.array_equal(first.image, render_person(8, 3, SETTINGS).image)


def test_each_thing_has_a_random_stream_of_its_own():
    """Other noise and no shadow: the same person in the same place, in other light."""
    first, other = (
        render_person(7, 5, dataclasses.replace(PLAIN, p_noise=noise, p_shadow=shadow))
        for noise, shadow in ((0, 1), (1, 0))
    )
    assert (first.label == other.label).all()
    assert (first.parts == other.parts).all()
    assert (first.joints == other.joints).all()
    assert (first.image != other.image).any()


def test_with_another_hat_the_rest_is_worn_as_before():
    model = body_model()
    rest = model.shape(np.zeros(model.shapes.shape[1]))
    for seed in range(6):
        with_hat, without = (
            sample_accessories(
                np.random.default_rng(seed), model, rest, dataclasses.replace(SETTINGS, p_hat=hat), np.full(3, 0.1)
            )
            for hat in (1.0, 0.0)
        )
        first, second = (
            {piece.name: piece for piece in pieces if piece.name != 'Hat' and 'hair' not in piece.name.lower()}
            for pieces in (with_hat, without)
        )
        assert 'Hat' in {piece.name for piece in with_hat}
        assert first.keys() == second.keys()
        for name, piece in first.items():
            assert piece.vertices.tobytes() == second[name].vertices.tobytes()
            assert piece.paint == second[name].paint


def test_probabilities_of_one_and_none():
    shown = np.zeros(NUM_CLASSES)
    for index in range(8):
        label = render_person(1, index, ALWAYS).label
        shown += np.isin(np.arange(NUM_CLASSES), label)
    for name in ('Hat', 'Sunglasses', 'Glove', 'Scarf', 'Coat', 'Skirt'):
        assert shown[NAMED[name]] >= 5, name
    assert shown[NAMED['Dress']] == shown[NAMED['Jumpsuits']] == shown[NAMED['Pants']] == 0
    never = dataclasses.replace(
        PLAIN, p_hat=0, p_sunglasses=0, p_gloves=0, p_scarf=0, p_coat=0, p_socks=0, p_skirt=0, p_dress=0, p_jumpsuits=0,
        p_bare_feet=1,
    )  # fmt: skip
    for index in range(4):
        shown_now = {PARSING_CLASSES[label] for label in np.unique(render_person(2, index, never).label)}
        assert shown_now <= {
            'Background',
            'Hair',
            'UpperClothes',
            'Pants',
            'Face',
            'LeftArm',
            'RightArm',
            'LeftLeg',
            'RightLeg',
        }


def test_back_views_show_backs():
    fronts, backs = (2, 9, 10, 13, 14), (1, 7, 8, 11, 12)
    for probability, more, less in ((0.0, fronts, backs), (1.0, backs, fronts)):
        parts = np.concatenate([
            render_person(4, index, dataclasses.replace(PLAIN, p_back_view=probability, pose_stand=1, pose_walk=0,
                                                        pose_sit=0, pose_reach=0, pose_lean=0)).parts.ravel()
            for index in range(6)
        ])  # fmt: skip
        assert np.isin(parts, more).sum() > 1.3 * np.isin(parts, less).sum()


def test_another_person_is_background():
    """With and without somebody behind, the annotation is the same but where they reach before the person."""
    alone = PLAIN
    together = dataclasses.replace(PLAIN, p_second_person=1.0)
    for index in range(4):
        first, second = render_person(11, index, alone), render_person(11, index, together)
        assert (first.label == second.label).mean() > 0.999
        assert (first.image != second.image).mean() > 0.02


def test_what_is_in_front_hides_everything():
    hidden = 0
    for index in range(6):
        first = render_person(12, index, PLAIN)
        second = render_person(12, index, dataclasses.replace(PLAIN, p_occluder=1.0))
        gone = (first.coarse >= 0) & (second.coarse < 0)
        assert not second.label[gone].any()
        assert not second.parts[gone].any()
        assert (second.label[~gone & (second.label > 0)] == first.label[~gone & (second.label > 0)]).all()
        hidden += gone.mean()
    assert hidden > 0.05


def test_cuts():
    legless = dataclasses.replace(
        PLAIN, p_cut_legs=1.0, pose_stand=1, pose_walk=0, pose_sit=0, pose_reach=0, pose_lean=0
    )
    ankles = [JOINTS.index('left_ankle'), JOINTS.index('right_ankle')]
    for index in range(5):
        assert np.isnan(render_person(3, index, legless).joints[ankles]).all()
        assert np.isfinite(render_person(3, index, PLAIN).joints).all()


def test_surface_coordinates_lead_back_to_the_body(people):
    """I, U, V rounded to a byte name a place within half a centimetre, in the mean, of the one that was seen."""
    surface, template = body_surface(), body_model().template
    parts = np.concatenate([person.parts[person.parts > 0] for person in people])
    uv = np.concatenate([person.uv[person.parts > 0] for person in people]).astype(np.float64)
    chosen = np.random.default_rng(0).permutation(len(parts))[:3000]
    places = []
    for values in (uv[chosen], np.rint(uv[chosen] * 255) / 255):
        found = charts_to_points(surface, parts[chosen], values)
        corners = template[np.asarray(surface.vertex_of)[np.asarray(surface.faces)[found.faces]]]
        places.append((corners * found.weights[..., None]).sum(axis=1))
    error = np.linalg.norm(places[0] - places[1], axis=1)
    assert error.mean() < 0.005
    assert np.quantile(error, 0.99) < 0.02


@pytest.mark.parametrize(
    'changes',
    [{'size': (32, 2048)}, {'size': (2048, 32)}, {'size': (32, 32)}, {'distance': (50, 50)}, {'distance': (1, 1)},
     {'camera_height': (5, 5), 'p_cut_legs': 1, 'p_cut_head': 1}],
)  # fmt: skip
def test_extreme_settings(changes):
    for index in range(3):
        person = render_person(0, index, dataclasses.replace(SETTINGS, **changes))
        assert (person.coarse >= 0).any()


def test_small_pictures_and_a_folder_of_photographs(tmp_path):
    import cv2

    assert render_person(0, 0, PeopleSettings(size=(32, 32))).label.shape == (32, 32)
    photograph = np.full((60, 80, 3), (0, 255, 0), np.uint8)
    cv2.imwrite(str(tmp_path / 'green.png'), photograph)
    settings = dataclasses.replace(PLAIN, background_folder=str(tmp_path), p_colour_cast=0, p_low_resolution=0)
    person = render_person(0, 1, settings)
    off = (person.label == 0) & (person.coarse < 0)
    blue, green, red = person.image[off].astype(int).T
    assert (green > np.maximum(blue, red)).mean() > 0.9
