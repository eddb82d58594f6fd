"""Bar charts of how often classes, joints and surface parts occur."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmspd.visualization.drawing import Colour

__all__ = ['Bars', 'bar_charts']


@dataclass(frozen=True)
class Bars:
    """One chart.

    Attributes:
        title: What is shown, with its unit.
        names: One for each bar.
        values: Likewise.
        colours: Likewise, 0..255.
        second: Values of a darker bar within each, or None.
    """

    title: str
    names: Sequence[str]
    values: Sequence[float]
    colours: Sequence[Colour]
    second: Sequence[float] | None = None


def bar_charts(charts: Sequence[Bars], title: str) -> bytes:
    """Draw charts beside each other.

    Args:
        charts (Sequence[Bars]): At least one.
        title (str): Above them.

    Returns:
        bytes: A PNG.
    """
    height = 1.2 + 0.22 * max(len(chart.names) for chart in charts)
    figure = Figure(figsize=(5.0 * len(charts), height), layout='constrained')
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for position, chart in enumerate(charts, start=1):
        axes = figure.add_subplot(1, len(charts), position)
        colours = [tuple(channel / 255 for channel in colour) for colour in chart.colours]
        axes.barh(range(len(chart.names)), chart.values, color=colours, edgecolor='#444', linewidth=0.5)
        if chart.second is not None:
            axes.barh(range(len(chart.names)), chart.second, color='none', edgecolor='#222', hatch='////', linewidth=0)
        axes.set_yticks(range(len(chart.names)), chart.names, fontsize=8)
        axes.invert_yaxis()
        axes.set_title(chart.title, fontsize=10)
        for row, value in enumerate(chart.values):
            axes.annotate(f' {value:.1f}', (value, row), va='center', fontsize=7)
        axes.margins(x=0.12, y=0.01)
        axes.spines[['top', 'right']].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=110)
    return buffer.getvalue()
