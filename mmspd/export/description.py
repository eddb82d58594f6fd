"""What an exported file says of itself: names, colours and sizes that whoever runs it needs, as JSON."""

import colorsys
import json
from typing import Any, Final

from mmspd.anatomy import JOINTS, LABEL_SETS, LabelSet, label_set
from mmspd.apis.crops import BOX_MARGIN
from mmspd.export.network import ExportNetwork
from mmspd.version import __version__

__all__ = ['FORMAT_VERSION', 'METADATA_KEY', 'describe', 'to_json']

METADATA_KEY: Final = 'mmspd'
FORMAT_VERSION: Final = 1  # of the description and of the inputs and outputs


def describe(network: ExportNetwork, precision: str, labels: LabelSet | str | None = None) -> dict[str, Any]:
    """The description of a network.

    Args:
        network (ExportNetwork): What is exported.
        precision (str): Of its arithmetic: ``'fp32'``, ``'fp16'``, ``'int8'``.
        labels (LabelSet | str, optional): Names and colours of its classes, or the name of a label set. Defaults to
            None: they are known by their number.

    Returns:
        dict: ``format_version``, ``mmspd_version``, ``precision``, ``input_size`` (width, height), ``box_margin`` (what
        is shown around a person's box on each side, of its width and height); of branches that exist ``classes``
        (names), ``palette`` (red, green, blue of each), ``joints`` (names), ``sigma`` and ``chart_size`` (cells).

    Raises:
        ValueError: A label set that does not exist, or of another number of classes.
    """
    model = network.model
    described: dict[str, Any] = dict(
        format_version=FORMAT_VERSION,
        mmspd_version=__version__,
        precision=precision,
        input_size=list(network.input_size),
        box_margin=BOX_MARGIN,
    )
    if model.seg_head:
        classes, palette = _classes(model.seg_head.out_channels, labels)
        described.update(classes=classes, palette=palette)
    if model.pose_head:
        number = model.pose_head.num_joints
        names = JOINTS if number == len(JOINTS) else [f'joint {place}' for place in range(number)]
        described.update(joints=list(names), sigma=model.pose_head.sigma)
    if model.densepose_head:
        described['chart_size'] = model.densepose_head.chart_size
    return described


def to_json(described: dict[str, Any]) -> str:
    """A description as it stands in a file."""
    return json.dumps(described, ensure_ascii=False)


def _classes(number: int, labels: LabelSet | str | None) -> tuple[list[str], list[list[int]]]:
    """Names and colours of the classes; numbers and evenly spread hues where nothing is known of them."""
    given = label_set(labels) if isinstance(labels, str) else labels
    if given is not None and len(given.classes) != number:
        raise ValueError(
            f'the model has {number} classes, and label set {given.name!r} {len(given.classes)}: name another'
        )
    known = given or next((each for each in LABEL_SETS.values() if len(each.classes) == number), None)
    if known is not None:
        return list(known.classes), [list(colour) for colour in known.palette]
    hues = [colorsys.hsv_to_rgb(place / number, 1.0, 1.0) for place in range(1, number)]
    colours = [[0, 0, 0], *([round(255 * each) for each in hue] for hue in hues)]
    return [f'class {place}' for place in range(number)], colours
