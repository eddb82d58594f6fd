"""Colour differences against published values, simulated colour-blindness, and what the palettes reach."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from mmspd.anatomy import ATR_CLASSES, LABEL_SETS, PARSING_CLASSES, SAFE_SIDE_COLOURS, SIDE_COLOURS
from mmspd.visualization.colour_vision import VISIONS, ciede2000, colour_distances, simulate, to_lab
from mmspd.visualization.contours import U_COLOURS, V_COLOURS

TOOL = Path(__file__).resolve().parents[2] / 'tools' / 'analysis' / 'colour_distances.py'

# Sharma, Wu and Dalal (2005), of table 1: hues across 0 degrees, greys, small and large differences.
PUBLISHED = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, -1, 2), (50, 0, 0), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
]


@pytest.mark.parametrize(('first', 'second', 'expected'), PUBLISHED)
def test_published_differences(first, second, expected):
    assert ciede2000(np.array(first), np.array(second)) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(np.array(second), np.array(first)) == pytest.approx(expected, abs=5e-5)


def test_lab_of_known_colours():
    # White and black by definition; sRGB's red as commonly tabulated for D65.
    np.testing.assert_allclose(to_lab(np.array([[255, 255, 255], [0, 0, 0]])), [[100, 0, 0], [0, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(to_lab(np.array([255, 0, 0])), [53.24, 80.09, 67.20], atol=0.01)


@pytest.mark.parametrize('vision', VISIONS)
def test_greys_look_grey_to_everybody(vision):
    np.testing.assert_allclose(VISIONS[vision].sum(axis=1), 1, atol=2e-6)
    np.testing.assert_allclose(simulate([[0, 0, 0], [120, 120, 120]], vision), [[0] * 3, [120] * 3], atol=1e-3)


def test_what_each_kind_confuses():
    """Colours of equal lightness: red and green for two kinds, blue and green for the third."""
    red_green, blue_green = [(205, 80, 60), (120, 130, 50)], [(60, 150, 200), (60, 160, 130)]
    for vision in ('protanopia', 'deuteranopia'):
        assert colour_distances(red_green, vision)[0, 1] < 0.6 * colour_distances(red_green)[0, 1]
    assert colour_distances(blue_green, 'tritanopia')[0, 1] < 0.6 * colour_distances(blue_green)[0, 1]
    np.testing.assert_allclose(simulate(red_green, 'normal'), red_green, atol=1e-9)
    with pytest.raises(ValueError, match="normal, protanopia, deuteranopia, tritanopia, got 'mono'"):
        simulate(red_green, 'mono')


def smallest(colours, vision):
    distances = colour_distances(colours, vision)
    return distances[np.triu_indices(len(distances), 1)].min()


@pytest.mark.parametrize('vision', VISIONS)
@pytest.mark.parametrize('labels', LABEL_SETS.values(), ids=lambda labels: labels.name)
def test_the_safe_palette_is_safe_and_the_default_is_not(labels, vision):
    assert len(labels.safe_palette) == len(labels.classes)
    assert smallest(labels.safe_palette[1:], vision) > 14.2
    assert smallest(labels.palette[1:], vision) < 10
    distances = colour_distances(labels.safe_palette, vision)
    assert min(distances[pair] for pair in labels.mirror_pairs) > 25
    if vision != 'normal':
        assert smallest(labels.palette[1:], vision) < 5


@pytest.mark.parametrize('vision', VISIONS)
def test_what_touches_on_a_body_is_farther_apart(vision):
    distances = colour_distances(LABEL_SETS['lip'].safe_palette, vision)
    for pair in ('Face Hair', 'Hat Hair', 'UpperClothes Coat', 'UpperClothes Pants', 'Coat Pants', 'Skirt LeftLeg',
                 'Dress RightArm', 'Socks RightShoe', 'LeftLeg LeftShoe', 'Scarf Face', 'Glove LeftArm'):  # fmt: skip
        first, second = (PARSING_CLASSES.index(name) for name in pair.split())
        assert distances[first, second] > 23, pair


@pytest.mark.parametrize('vision', VISIONS)
def test_sides_and_lines(vision):
    assert list(SAFE_SIDE_COLOURS) == list(SIDE_COLOURS)
    assert smallest(list(SAFE_SIDE_COLOURS.values()), vision) > 32
    assert smallest(list(SIDE_COLOURS.values()), 'deuteranopia') < 8
    between = colour_distances([*U_COLOURS, *V_COLOURS], vision)[: len(U_COLOURS), len(U_COLOURS) :]
    assert between.min() > 15, 'U and V'


def test_atrs_safe_palette_is_lips_by_name():
    lip = dict(zip([name.lower() for name in PARSING_CLASSES], LABEL_SETS['lip'].safe_palette, strict=True))
    others = {'sunglass': 'sunglasses', 'belt': 'glove', 'bag': 'coat'}
    for name, colour in zip(ATR_CLASSES, LABEL_SETS['atr'].safe_palette, strict=True):
        assert colour == lip[others.get(name, name.replace('-', ''))], name


def test_the_tool_prints_the_smallest_differences(monkeypatch, capsys):
    monkeypatch.setattr('sys.argv', ['tool', '--labels', 'lip', '--palette', 'colour_blind', '--closest', '2'])
    runpy.run_path(str(TOOL), run_name='__main__')
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(' ')] == list(VISIONS)
    assert len(lines) == 3 * len(VISIONS)
    distances = colour_distances(LABEL_SETS['lip'].safe_palette[1:], 'normal')
    np.fill_diagonal(distances, np.inf)
    first, second = np.unravel_index(distances.argmin(), distances.shape)
    assert lines[0].startswith(f'normal        smallest {distances.min():.1f},')
    assert lines[1].split() == [
        f'{distances.min():.1f}', f'{PARSING_CLASSES[first + 1]},', PARSING_CLASSES[second + 1]
    ]  # fmt: skip
