"""Charts of a report, as SVG: bars, curves, matrices. Drawn without a display."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

__all__ = ['class_bars', 'confusion_chart', 'learning_curves']

# Okabe and Ito's colours, which colour-blind readers tell apart; then again with other lines.
_COLOURS: Final = ('#0072B2', '#E69F00', '#009E73', '#D55E00', '#CC79A7', '#56B4E9', '#000000')
_LINES: Final = ('-', '--', ':')
_BAR: Final = 0.8  # of a class's share of the axis
_MOST_MARKED: Final = 20  # points of a curve that are seen one by one
_LEAST_WRITTEN: Final = 0.05  # share of a label that its cell says in figures


def class_bars(title: str, classes: Sequence[str], values: Mapping[str, np.ndarray]) -> str:
    """Bars of each class, one for each model, the mean over its runs, with the lowest and the highest one.

    Args:
        title (str): Above the chart.
        classes (Sequence[str]): C names.
        values (Mapping): float64 (R, C) by model, R runs each, 0..1; NaN is drawn as nothing.

    Returns:
        str: SVG.
    """
    figure = Figure(figsize=(max(6.0, 0.55 * len(classes) + 1.5), 3.8), layout='constrained')
    axes = figure.subplots()
    places = np.arange(len(classes))
    width = _BAR / max(len(values), 1)
    for number, (model, runs) in enumerate(values.items()):
        runs = np.asarray(runs, dtype=np.float64)
        mean = runs.mean(axis=0)
        reach = np.nan_to_num([mean - runs.min(axis=0), runs.max(axis=0) - mean])
        middle = places - _BAR / 2 + (number + 0.5) * width
        whiskers = reach if len(runs) > 1 else None
        colour = _COLOURS[number % len(_COLOURS)]
        axes.bar(middle, np.nan_to_num(mean), width, yerr=whiskers, label=model, color=colour, error_kw={'lw': 0.8})
    axes.set_xticks(places, classes, rotation=45, ha='right')
    axes.set_ylabel('IoU')
    axes.set_title(title, loc='left')
    axes.margins(x=0.01)
    axes.grid(axis='y', lw=0.4)
    axes.set_axisbelow(True)
    axes.legend(loc='upper left', bbox_to_anchor=(1, 1), fontsize='small', frameon=False)
    return _svg(figure)


def learning_curves(
    title: str, label: str, curves: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray]]], log: bool = False
) -> str:
    """A value over the iterations of training, one line for each run, one colour for each model.

    Args:
        title (str): Above the chart.
        label (str): Of the vertical axis.
        curves (Mapping): For each model the iterations (T,) and values (T,) of each run.
        log (bool): Whether the vertical axis is logarithmic; values of 0 and less are then not drawn. Defaults to
            False.

    Returns:
        str: SVG.
    """
    figure = Figure(figsize=(7.4, 3.8), layout='constrained')
    axes = figure.subplots()
    for number, (model, runs) in enumerate(curves.items()):
        style: dict[str, Any] = {
            'color': _COLOURS[number % len(_COLOURS)],
            'ls': _LINES[number // len(_COLOURS) % len(_LINES)],
            'lw': 1.2,
            'alpha': 0.8,  # lines that lie on each other
        }
        for place, (steps, values) in enumerate(runs):
            marker = '.' if len(steps) <= _MOST_MARKED else ''
            axes.plot(steps, values, label='_nolegend_' if place else model, marker=marker, **style)
    if log:
        axes.set_yscale('log', nonpositive='mask')
    axes.set_xlabel('iteration')
    axes.set_ylabel(label)
    axes.set_title(title, loc='left')
    if curves:
        axes.legend(loc='upper left', bbox_to_anchor=(1, 1), fontsize='small', frameon=False)
    return _svg(figure)


def confusion_chart(title: str, classes: Sequence[str], matrix: np.ndarray) -> str:
    """Which share of a label's pixels was predicted as what.

    Args:
        title (str): Above the chart.
        classes (Sequence[str]): C names.
        matrix (np.ndarray): int64 (C, C), rows are labels; one without pixels stays white. Shares of 0.05 and more
            are written out.

    Returns:
        str: SVG.
    """
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    side = 0.34 * len(classes) + 2.2
    figure = Figure(figsize=(side, side), layout='constrained')
    axes = figure.subplots()
    picture = axes.imshow(shares, cmap='Blues', vmin=0, vmax=1)
    for row, column in np.argwhere(shares >= _LEAST_WRITTEN):
        text = f'{shares[row, column]:.2f}'
        ink = 'white' if shares[row, column] > 0.5 else 'black'
        short = '1' if text == '1.00' else text[1:]
        axes.text(column, row, short, ha='center', va='center', fontsize=7, color=ink)
    axes.set_xticks(range(len(classes)), classes, rotation=90)
    axes.set_yticks(range(len(classes)), classes)
    axes.set_xlabel('predicted')
    axes.set_ylabel('label')
    axes.set_title(title, loc='left')
    figure.colorbar(picture, ax=axes, shrink=0.7, label="share of the label's pixels")
    return _svg(figure)


def _svg(figure: Figure) -> str:
    """The figure as SVG, the same for the same figure, with its text as text."""
    text = io.StringIO()
    with matplotlib.rc_context({'svg.hashsalt': 'mmspd', 'svg.fonttype': 'none'}):
        FigureCanvasSVG(figure).print_svg(text, metadata={'Date': None})
    return text.getvalue()
