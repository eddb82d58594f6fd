"""Tables as text: every cell in its place, and nothing of it taken for markup."""

import csv
import io

import pytest

from mmspd.reports.tables import Table, as_csv, as_html, as_markdown, text_as_html

TABLE = Table('A & B', ('model', 'IoU'), (('S | P', '0.5'), ('<b>', '')), ('Of 1 < 2.',))


def test_markdown():
    assert as_markdown([TABLE]) == (
        '### A & B\n\n| model | IoU |\n| --- | --- |\n| S \\| P | 0.5 |\n| <b> |  |\n\nOf 1 < 2.\n'
    )


def test_csv_is_read_again():
    rows = list(csv.reader(io.StringIO(as_csv([TABLE, TABLE]))))
    assert rows == [['A & B'], ['model', 'IoU'], ['S | P', '0.5'], ['<b>', ''], ['Of 1 < 2.'], []] * 2


def test_html_is_escaped():
    assert text_as_html('`a<b` > `c`') == '<code>a&lt;b</code> &gt; <code>c</code>'
    assert '<td class="text">' + 41 * 'x' in as_html(Table('T', ('a', 'b'), ((41 * 'x', 40 * 'y'),)))
    assert '<td>' + 40 * 'y' in as_html(Table('T', ('a', 'b'), ((41 * 'x', 40 * 'y'),)))
    text = as_html(TABLE)
    assert '<caption>A &amp; B</caption>' in text
    assert '<td>&lt;b&gt;</td><td></td>' in text
    assert '<p class="note">Of 1 &lt; 2.</p>' in text
    assert '<b>' not in text


def test_rows_of_another_length_are_refused():
    with pytest.raises(ValueError, match='A: a row of 2 cells'):
        Table('A', ('x', 'y'), (('1',),))
