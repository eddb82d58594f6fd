"""Settings of rendered people: defaults, checks, and their two written forms."""

import dataclasses
import json

import pytest

from mmspd.synthetic.settings import POSE_FAMILIES, PeopleSettings, parse_settings

PROBABILITIES = [item.name for item in dataclasses.fields(PeopleSettings) if item.name.startswith('p_')]


def test_the_documented_defaults():
    settings = PeopleSettings()
    assert settings.size == (384, 384)
    assert settings.pose_weights == {'stand': 0.34, 'walk': 0.2, 'sit': 0.14, 'reach': 0.2, 'lean': 0.12}
    assert sum(settings.pose_weights.values()) == pytest.approx(1)
    assert (settings.camera_height, settings.distance, settings.jpeg_quality) == ((0.5, 2.0), (2.0, 8.0), (60, 95))
    assert (settings.p_back_view, settings.p_cut_head, settings.p_noise) == (0.22, 0.04, 0.8)
    assert (settings.background_folder, settings.p_photo_background, settings.surface_points) == (None, 1.0, 100)
    assert (settings.p_vignette, settings.p_speckle) == (0.3, 0.15)
    assert len(PROBABILITIES) == 25


def test_every_field_is_documented():
    text = PeopleSettings.__doc__
    for item in dataclasses.fields(PeopleSettings):
        assert item.name in text, item.name


@pytest.mark.parametrize('name', PROBABILITIES)
@pytest.mark.parametrize('value', [-0.01, 1.01, float('nan'), float('inf'), '0.5', None, True])
def test_every_probability_is_checked(name, value):
    with pytest.raises(ValueError, match=rf'^{name}: expected a probability of 0..1, got {value!r}$'):
        PeopleSettings(**{name: value})


@pytest.mark.parametrize(
    ('name', 'value', 'message'),
    [
        ('size', (31, 64), '32..2048'),
        ('size', (64, 2049), r'each of 32\.\.2048, got \(64, 2049\)$'),
        ('size', (64.0, 64), 'whole pixels'),
        ('size', (64, True), 'whole pixels'),
        ('size', 64, 'height and width'),
        ('size', (64, 64, 3), 'height and width'),
        ('camera_height', (2, 1), r'the first not above the second, got \(2, 1\)'),
        ('camera_height', (0.0, 1), '0.1..5'),
        ('distance', (0.5, 1), '1..50'),
        ('distance', (2, float('nan')), '1..50'),
        ('distance', 'near', '1..50'),
        ('distance', 'ab', '1..50'),
        ('distance', (2, 10**400), '1..50'),
        ('size', (64, 10**5000), 'got tuple of too many digits to show'),
        ('jpeg_quality', (0, 50), '1..100'),
        ('jpeg_quality', (50.5, 60), 'whole'),
        ('surface_points', -1, '0..10000'),
        ('surface_points', 5.5, 'whole number'),
        ('pose_sit', -1, 'a weight of 0'),
        ('background_folder', 7, 'path'),
        ('background_folder', '', 'path'),
        ('background_folder', 'a\0b', 'path'),
    ],
)
def test_values_out_of_range_are_named(name, value, message):
    with pytest.raises(ValueError, match=message) as caught:
        PeopleSettings(**{name: value})
    assert str(caught.value).startswith(f'{name}: expected ')


@pytest.mark.parametrize('name', ['p_hat', 'surface_points', 'size', 'pose_sit'])
def test_a_hostile_value_does_not_fill_the_screen(name):
    for value, shown in (
        ('x' * 10_000, "'xxx"),
        (10**400, '1000'),
        (-(10**400), '-1000'),
        (10**5000, 'int of too many digits to show'),
    ):
        with pytest.raises(ValueError, match=f'^{name}: expected .*, got {shown}') as caught:
            PeopleSettings.from_json({name: value})
        assert len(str(caught.value)) < 200


def test_some_pose_must_be_possible():
    none = {f'pose_{family}': 0 for family in POSE_FAMILIES}
    with pytest.raises(ValueError, match=r'pose_stand, .*pose_lean: expected at least one weight above 0'):
        PeopleSettings(**none)
    assert PeopleSettings(**none | {'pose_sit': 2}).pose_weights['sit'] == 2


def test_clothes_that_exclude_each_other_are_at_most_certain():
    assert PeopleSettings(p_dress=0.7, p_jumpsuits=0.1, p_skirt=0.2).p_dress == 0.7
    with pytest.raises(ValueError, match=r'sum of at most 1, got 0.7 \+ 0.2 \+ 0.2 = 1.1: lower the others, too'):
        PeopleSettings(p_dress=0.7, p_jumpsuits=0.2, p_skirt=0.2)


def test_json_round_trip():
    settings = PeopleSettings(size=(64, 48), p_hat=0.125, background_folder='photos', jpeg_quality=(1, 1))
    assert PeopleSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    assert PeopleSettings.from_json({}) == PeopleSettings()
    # One form for one meaning, whatever was given.
    assert PeopleSettings(distance=[2, 8]) == PeopleSettings()
    assert hash(PeopleSettings(size=[384, 384])) == hash(PeopleSettings())


@pytest.mark.parametrize('values', [[], 'size', None, {'sizes': [64, 64]}])
def test_json_of_another_kind_is_refused(values):
    with pytest.raises(ValueError, match=r'expected settings as an object|there is no setting .* did you mean size'):
        PeopleSettings.from_json(values)


def test_assignments_by_hand():
    settings = parse_settings(
        ['p_hat=0.5', 'size=64,48', 'distance = 2, 3.5', 'surface_points=7', 'background_folder=a=b', 'p_coat=1e-1']
    )
    assert settings == PeopleSettings(
        p_hat=0.5, size=(64, 48), distance=(2, 3.5), surface_points=7, background_folder='a=b', p_coat=0.1
    )
    assert parse_settings(['background_folder=none'], settings).background_folder is None
    assert parse_settings(['p_hat=1'], settings).size == (64, 48)
    assert parse_settings([]) == PeopleSettings()


@pytest.mark.parametrize(
    ('assignments', 'message'),
    [
        (['p_hat'], 'expected name=value'),
        (['p_hatt=1'], "no setting 'p_hatt': did you mean p_hat"),
        (['=1'], 'there is no setting'),
        (['zzz=1'], 'there are size, pose_stand'),
        (['p_hat=often'], "p_hat: expected a probability of 0..1, got 'often'"),
        (['p_hat=nan'], 'p_hat: expected a probability'),
        (['p_hat='], "p_hat: expected a probability of 0..1, got ''"),
        (['surface_points=1_0'], "surface_points: expected a whole number of 0..10000, got '1_0'"),
        (['distance=2,1_0'], 'distance: expected'),
        (['p_hat=1' + 400 * '0'], 'p_hat: expected a probability of 0..1, got 1000'),
        (['p_hat=1' + 5000 * '0'], 'p_hat: expected a probability of 0..1, got inf'),
        (['p_hat=0.1,0.2'], 'p_hat: expected a probability'),
        (['size=64'], 'size: expected height and width'),
        (['size=64,48,3'], 'size: expected height and width'),
        (['p_hat=0.1', 'p_hat=0.2'], 'p_hat is given twice'),
    ],
)
def test_wrong_assignments_are_refused(assignments, message):
    with pytest.raises(ValueError, match=message):
        parse_settings(assignments)
