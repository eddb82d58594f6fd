"""Tables of text, and how they are written: Markdown, CSV, HTML."""

import csv
import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ['Table', 'as_csv', 'as_html', 'as_markdown', 'text_as_html']

_SENTENCE: Final = 40  # characters of a cell that is read as text


@dataclass(frozen=True)
class Table:
    """A table for people.

    Attributes:
        title: What it shows.
        columns: Their headings.
        rows: As many cells each; an empty one was not measured.
        notes: Below it: protocol, units, what is compared with what. Code stands between backticks.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f'{self.title}: a row of {len(self.columns)} cells is expected, got {row}')


def as_markdown(tables: Sequence[Table]) -> str:
    """Tables one below the other, as GitHub's Markdown."""
    return '\n'.join(_markdown(table) for table in tables)


def as_csv(tables: Sequence[Table]) -> str:
    """Tables one below the other: title, columns, rows, a line for each note, and an empty one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    for table in tables:
        writer.writerow([table.title])
        writer.writerow(table.columns)
        writer.writerows(table.rows)
        writer.writerows([note] for note in table.notes)
        writer.writerow([])
    return text.getvalue()


def as_html(table: Table) -> str:
    """One table as HTML; text is escaped."""
    head = ''.join(f'<th scope="col">{html.escape(column)}</th>' for column in table.columns)
    rows = (''.join(_html_cell(cell) for cell in row) for row in table.rows)
    body = '\n'.join(f'<tr>{row}</tr>' for row in rows)
    notes = ''.join(f'<p class="note">{text_as_html(note)}</p>' for note in table.notes)
    caption = f'<caption>{text_as_html(table.title)}</caption>'
    return (
        f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>{notes}'
    )


def text_as_html(text: str) -> str:
    """Plain text as HTML: escaped, and what stands between backticks as code."""
    return re.sub('`([^`]*)`', r'<code>\1</code>', html.escape(text))


def _html_cell(cell: str) -> str:
    """A cell; a long one is text, which may be broken."""
    kind = ' class="text"' if len(cell) > _SENTENCE else ''
    return f'<td{kind}>{html.escape(cell)}</td>'


def _markdown(table: Table) -> str:
    """One table with its title as a heading."""

    def line(cells: Sequence[str]) -> str:
        escaped = (cell.replace('|', '\\|').replace('\n', ' ') for cell in cells)
        return '| ' + ' | '.join(escaped) + ' |'

    notes = [f'\n{note}' for note in table.notes]
    rows = [line(row) for row in table.rows]
    return '\n'.join(
        [f'### {table.title}\n', line(table.columns), line(['---'] * len(table.columns)), *rows, *notes, '']
    )
