"""The report of a check: a JSON file for programs, and one HTML page with the worst samples drawn for people."""

import base64
import html
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from mmspd.checking.findings import RULES, SEVERITIES, Finding
from mmspd.checking.pictures import annotated_entry, picture_of
from mmspd.checking.run import Checked
from mmspd.utils.whole_files import write_whole
from mmspd.version import __version__
from mmspd.visualization.drawing import Colour

__all__ = ['printable', 'summary', 'write_reports']

_LINES_A_RULE: Final = 20
_STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2.2rem }
.verdict { padding: .7rem 1rem; border-left: .5rem solid; background: #f4f4f4; font-weight: 600 }
.error { border-color: #b00020 } .warning { border-color: #c77700 } .note { border-color: #3a6ea5 }
.good { border-color: #1b7f3b } h2 { border-left: .3rem solid; padding-left: .5rem }
table { border-collapse: collapse } td, th { padding: .25rem .8rem; border-bottom: 1px solid #ddd; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums }
li { overflow-wrap: anywhere; font-size: .9rem } img { max-width: 100%; border: 1px solid #ccc; margin: .3rem 0 }
figure { margin: 1rem 0 } figcaption { font-size: .85rem; overflow-wrap: anywhere; color: #555 }
"""


def write_reports(
    checked: Checked, folder: Path, title: str, palettes: dict[str, Sequence[Colour]], pictures: int = 4
) -> tuple[Path, Path]:
    """Write ``check.json`` and ``check.html``, each whole or not at all, over older ones.

    Args:
        checked (Checked): What was found.
        folder (Path): Where to; made if it does not exist.
        title (str): What was checked.
        palettes (dict): For each data set, the colours of its classes.
        pictures (int): Largest number of samples to draw for each error and warning. Defaults to 4.

    Returns:
        tuple[Path, Path]: The two files.

    Raises:
        OSError: If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {'title': title, 'mmspd': __version__, 'verdict': checked.verdict, 'samples': checked.samples}
    text = json.dumps({**content, **checked.findings.to_json()}, indent=1, sort_keys=False)
    write_whole(folder / 'check.json', f'{text}\n'.encode(), folder)
    write_whole(folder / 'check.html', ''.join(_page(checked, title, palettes, pictures)).encode(), folder)
    return folder / 'check.json', folder / 'check.html'


def printable(text: str) -> str:
    """A text with escapes for what names may hold and terminals and pages should not: controls, broken UTF-8."""
    return ''.join(
        char if char.isprintable() or char == '\n' else char.encode('unicode_escape').decode() for char in text
    )


def _text(text: str) -> str:
    """A text within a page."""
    return html.escape(printable(text))


def summary(checked: Checked) -> Iterator[str]:
    """Lines for a terminal: each rule that found something, with an example and what to do."""
    for name, count in checked.findings.by_rule().items():
        rule = RULES[name]
        example = next(finding for finding in checked.findings.kept if finding.rule == name)
        yield f'{rule.severity:8} {count:6}  {name}: {rule.title}'
        yield f'{"":17}such as {printable(example.message)}'
        yield f'{"":17}what to do: {rule.remedy}'


def _page(checked: Checked, title: str, palettes: dict[str, Sequence[Colour]], pictures: int) -> Iterator[str]:
    worst = next((severity for severity in SEVERITIES if checked.findings.total(severity)), 'good')
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_text(title)}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><h1>{_text(title)}</h1>'
    yield f'<p class="verdict {worst}">{_text(checked.verdict)}</p><table><tr><th>data set<th>samples</tr>'
    for name, number in checked.samples.items():
        yield f'<tr><td>{_text(name)}<td class="number">{number}</tr>'
    yield '</table>'
    counts = checked.findings.by_rule()
    if counts:
        yield '<h2 class="note">What was found</h2><table><tr><th>rule<th>severity<th>meaning<th>number</tr>'
        for name, count in counts.items():
            rule = RULES[name]
            yield f'<tr><td><a href="#{name}">{name}</a><td>{rule.severity}<td>{_text(rule.title)}'
            yield f'<td class="number">{count}</tr>'
        yield '</table>'
    for name, count in counts.items():
        found = [finding for finding in checked.findings.kept if finding.rule == name]
        yield from _section(checked, name, count, found, palettes, pictures)


def _section(
    checked: Checked,
    name: str,
    count: int,
    found: list[Finding],
    palettes: dict[str, Sequence[Colour]],
    pictures: int,
) -> Iterator[str]:
    """A rule's part of the page: what to do, the first messages, and pictures of samples."""
    rule = RULES[name]
    yield f'<h2 id="{name}" class="{rule.severity}">{_text(rule.title)} ({count})</h2>'
    yield f'<p>{rule.severity}. What to do: {_text(rule.remedy)}.</p><ul>'
    for finding in found[:_LINES_A_RULE]:
        yield f'<li>{_text(finding.message)}'
    yield '</ul>'
    if count > _LINES_A_RULE:
        yield f'<p>and {count - _LINES_A_RULE} more; check.json lists {len(found)}.</p>'
    if rule.severity == 'note':
        return
    for sample, dataset in _worst_samples(checked, found)[:pictures]:
        shown = annotated_entry(checked.entries[dataset][sample])
        if shown is not None:
            code = base64.b64encode(picture_of(shown, palettes[dataset], sample)).decode()
            caption = _text(f'{dataset}: {sample}')
            yield f'<figure><img alt="{caption}" src="data:image/jpeg;base64,{code}"><figcaption>{caption}</figcaption>'
            yield '</figure>'


def _worst_samples(checked: Checked, found: list[Finding]) -> list[tuple[str, str]]:
    """Samples with such a finding, and their data sets; those with most findings of any kind first."""
    weights = Counter[tuple[str, str]]()
    for finding in checked.findings.kept:
        if finding.sample is not None:
            weights[finding.sample, finding.dataset] += 10 ** (2 - SEVERITIES.index(finding.severity))
    here = dict.fromkeys((finding.sample, finding.dataset) for finding in found if finding.sample is not None)
    return sorted(here, key=lambda key: -weights[key])
