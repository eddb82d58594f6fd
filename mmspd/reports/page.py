"""A report as one self-contained HTML page: no other file, no script, no address is needed to read it."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mmspd.reports.tables import Table, as_html, text_as_html

__all__ = ['Figure', 'Section', 'as_page']

_QUALITY = 90  # of JPEG
_STYLE = """
:root { color-scheme: light; --ink: #1c2530; --line: #d5dbe1; --soft: #f4f6f8; }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: var(--ink); background: #fff;
       font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin-bottom: .3rem; } h2 { margin-top: 2.5rem; border-bottom: 2px solid var(--line); }
nav a { margin-right: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1.2rem 0 .3rem; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
td.text { text-align: left; white-space: normal; min-width: 22rem; }
th { background: var(--soft); } th:first-child, td:first-child { text-align: left; }
tbody tr:hover { background: var(--soft); }
.note { font-size: .88rem; margin: .2rem 0; max-width: 60rem; }
figure { margin: 1.5rem 0; } figure img { max-width: 100%; height: auto; } figcaption { font-size: .92rem; }
summary { cursor: pointer; font-weight: 600; margin-top: 1rem; }
"""


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture with its caption.

    Attributes:
        caption: Below it, or what is shown of it while it is folded.
        picture: SVG text, or uint8 (H, W, 3), RGB.
        alt: A few words in its place, for those who cannot see it.
        folded: Whether it is shown only when asked for.
    """

    caption: str
    picture: str | np.ndarray
    alt: str
    folded: bool = False


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a page under its own heading.

    Attributes:
        heading: The heading.
        tables: First.
        figures: Below the tables.
        texts: Above both, a paragraph each.
    """

    heading: str
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    texts: Sequence[str] = ()


def as_page(title: str, summary: str, sections: Sequence[Section]) -> str:
    """The page.

    Args:
        title (str): Its title.
        summary (str): The sentence below it.
        sections (Sequence[Section]): Its parts.

    Returns:
        str: HTML. All text is escaped.
    """
    links = ''.join(f'<a href="#s{place}">{html.escape(part.heading)}</a>' for place, part in enumerate(sections))
    body = '\n'.join(_section(place, part) for place, part in enumerate(sections))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n'
        f'<body><h1>{html.escape(title)}</h1><p>{html.escape(summary)}</p><nav>{links}</nav>\n{body}\n</body></html>\n'
    )


def _section(place: int, part: Section) -> str:
    """A part as HTML, to be linked to by its place."""
    texts = ''.join(f'<p>{text_as_html(text)}</p>' for text in part.texts)
    contents = [*(as_html(table) for table in part.tables), *(_figure(figure) for figure in part.figures)]
    return f'<section id="s{place}"><h2>{html.escape(part.heading)}</h2>{texts}\n' + '\n'.join(contents) + '</section>'


def _figure(figure: Figure) -> str:
    """A figure as HTML, folded or not."""
    caption = text_as_html(figure.caption)
    image = f'<img alt="{html.escape(figure.alt)}" src="{_address(figure.picture)}">'
    if figure.folded:
        return f'<details><summary>{caption}</summary><figure>{image}</figure></details>'
    return f'<figure>{image}<figcaption>{caption}</figcaption></figure>'


def _address(picture: str | np.ndarray) -> str:
    """A picture's content as an address: images do not mix their ids and styles with the page's."""
    if isinstance(picture, str):
        kind, content = 'svg+xml', picture.encode()
    else:
        kind = 'jpeg'
        content = cv2.imencode('.jpg', picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    return f'data:image/{kind};base64,{base64.b64encode(content).decode()}'
