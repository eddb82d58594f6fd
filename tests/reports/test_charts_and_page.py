"""Charts are drawn with what they are given, and a page holds everything that it shows."""

import base64
import re
import xml.etree.ElementTree as ET

import cv2
import numpy as np

from mmspd.reports.charts import class_bars, confusion_chart, learning_curves
from mmspd.reports.page import Figure, Section, as_page
from mmspd.reports.tables import Table

SVG = '{http://www.w3.org/2000/svg}'


def texts(svg):
    return [''.join(element.itertext()).strip() for element in ET.fromstring(svg).iter(f'{SVG}text')]


def bars(svg):
    """Heights of filled shapes in the axes, in points."""
    heights = []
    for path in ET.fromstring(svg).iter(f'{SVG}path'):
        numbers = np.array(re.findall(r'-?[\d.]+', path.get('d', '')), dtype=float)
        if path.get('clip-path') and len(numbers) == 8 and 'fill: #0072b2' in path.get('style', '').lower():
            heights.append(np.ptp(numbers[1::2]))
    return heights


def test_bars_are_as_high_as_the_values():
    svg = class_bars('Title', ['hat', 'face', 'scarf'], {'SPD': np.array([[0.2, 0.4, np.nan]])})
    assert {'Title', 'hat', 'face', 'scarf', 'IoU', 'SPD'} <= set(texts(svg))
    first, second, third = bars(svg)
    assert abs(second / first - 2) < 1e-3
    assert third == 0


def test_a_bar_is_the_mean_of_its_runs_with_a_whisker_between_them():
    one = class_bars('Title', ['hat', 'face'], {'SPD': np.array([[0.2, 0.4]])})
    two = class_bars('Title', ['hat', 'face'], {'SPD': np.array([[0.1, 0.4], [0.3, 0.4]])})
    assert bars(two)[0] / bars(two)[1] == bars(one)[0] / bars(one)[1]
    more = class_bars('Title', ['hat', 'face'], {'SPD': np.array([[0.2, 0.4], [0.2, 0.4]])})
    assert two != more


def test_the_same_chart_is_the_same_text():
    drawn = [class_bars('T', ['hat'], {'S': np.array([[0.2], [0.3]]), 'P': np.array([[0.1], [0.9]])}) for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_every_run_is_a_line_and_every_model_a_name():
    steps = np.array([1, 2, 3])
    svg = learning_curves('Loss', 'loss', {'S': [(steps, steps * 1.0), (steps, steps * 2.0)], 'SP': [(steps, -steps)]})
    assert [text for text in texts(svg) if text in ('S', 'SP', 'iteration', 'Loss')].count('S') == 1
    lines = [path for path in ET.fromstring(svg).iter(f'{SVG}path') if path.get('clip-path')]
    assert len(lines) >= 3
    assert 'Loss' in texts(learning_curves('Loss', 'loss', {}))


def test_a_logarithmic_curve_leaves_out_what_has_no_logarithm():
    def heights(values, log):
        svg = learning_curves('Loss', 'loss', {'S': [(np.arange(len(values)), values)]}, log=log)
        lines = [path.get('d') for path in ET.fromstring(svg).iter(f'{SVG}path') if path.get('clip-path')]
        return np.array(re.findall(r'-?[\d.]+', lines[0]), dtype=float)[1::2]

    linear, drawn = (heights(np.array([1.0, 10.0, 100.0]), log) for log in (False, True))
    assert np.ptp(np.diff(linear)) > 10
    assert np.ptp(np.diff(drawn)) < 0.01
    assert len(heights(np.array([1.0, 10.0, 0.0]), True)) == 2


def test_the_confusion_matrix_shows_shares_of_labels():
    svg = confusion_chart('SPD', ['hat', 'face', 'scarf'], np.array([[3, 1, 0], [0, 5, 0], [0, 0, 0]]))
    numbers = [text for text in texts(svg) if re.fullmatch(r'\.\d\d|1', text)]
    assert numbers == ['.75', '.25', '1']


def test_a_page_is_self_contained_and_escaped():
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[..., 0] = 255
    table = Table('T', ('a',), (('1',),))
    figures = [
        Figure('a <red> one', picture, 'red & square'),
        Figure('folded', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'nothing', folded=True),
    ]
    page = as_page('R & D', 'two runs', [Section('LIP', [table], figures, ['5 < 6'])])
    assert '<title>R &amp; D</title>' in page
    assert '<h2>LIP</h2><p>5 &lt; 6</p>' in page
    assert '<red>' not in page
    assert re.findall('alt="([^"]*)"', page) == ['red &amp; square', 'nothing']
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(address.startswith(('data:image/', '#')) for address in addresses)
    assert '<script' not in page
    content = base64.b64decode(next(a for a in addresses if 'jpeg' in a).split(',')[1])
    # OpenCV reads blue, green, red.
    assert cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[10, 10].tolist() == [0, 0, 254]
    assert page.index('<details>') > page.index('a &lt;red&gt; one')
