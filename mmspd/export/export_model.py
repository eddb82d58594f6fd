"""One call from a model to an exported file that was checked against it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from mmspd.anatomy import LabelSet
from mmspd.export.comparison import TOLERANCES, Differences, Run, Tolerance, compare, find_excesses, require_answers
from mmspd.export.description import describe
from mmspd.export.half_precision import to_fp16
from mmspd.export.integer_precision import to_int8
from mmspd.export.network import ExportNetwork
from mmspd.export.onnx_file import make_onnx, onnx_runner, with_description
from mmspd.export.pictures import CALIBRATION_SEED, CHECK_SEED, NUM_CALIBRATED, NUM_CHECKED, rendered_pictures
from mmspd.export.program import make_program, program_runner, program_with_description
from mmspd.utils.whole_files import write_whole

__all__ = ['FORMATS', 'PRECISIONS', 'ExportReport', 'export_model', 'onnx_model']

FORMATS: Final = ('onnx', 'torch')
PRECISIONS: Final = tuple(TOLERANCES)


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        path: The file.
        format: One of ``FORMATS``.
        precision: One of ``PRECISIONS``.
        bytes: Its size.
        description: What the file says of itself, see :mod:`mmspd.export.description`.
        differences: From the model; None where they were not measured.
    """

    path: Path
    format: str
    precision: str
    bytes: int
    description: dict[str, Any]
    differences: Differences | None

    def __str__(self) -> str:
        """A few lines for people."""
        width, height = self.description['input_size']
        head = f'{self.path}: {self.format}, {self.precision}, {width}x{height} pixels, {self.bytes / 2**20:.1f} MiB'
        if self.differences is None:
            return f'{head}\nnot compared with the model'
        figures = {name: figure for name, figure in asdict(self.differences).items() if figure is not None}
        number = figures.pop('pictures')
        listed = ', '.join(f'{name} {figure:.6g}' for name, figure in figures.items())
        return f'{head}\ncompared with the model on {number} rendered people: {listed}'


def export_model(
    model: nn.Module,
    input_size: tuple[int, int],
    out: str | Path,
    format: str = 'onnx',
    precision: str = 'fp32',
    labels: LabelSet | str | None = None,
    check: bool = True,
    tolerance: Tolerance | None = None,
) -> ExportReport:
    """Export a model, compare the result with it on 20 rendered people, and write it if it holds the tolerance.

    Args:
        model (nn.Module): An SPD with its weights; it stays as it is.
        input_size (tuple): (W, H) of the network input; the file takes no other.
        out (str | Path): The file to write, whole or not at all; its folder is made, an older file replaced.
        format (str): ``'onnx'``, or ``'torch'`` for a ``torch.export`` program.
        precision (str): ``'fp32'``, or for ONNX ``'fp16'`` or ``'int8'``.
        labels (LabelSet | str, optional): Names and colours of the classes, or the name of a label set. Defaults to
            None: they are known by their number.
        check (bool): Whether to compare. A file that was not compared says so in its description.
        tolerance (Tolerance, optional): Defaults to None: the precision's of
            :data:`~mmspd.export.comparison.TOLERANCES`.

    Returns:
        ExportReport: What was written, and how far it is from the model.

    Raises:
        ValueError: The model cannot be exported, has weights or outputs that are not finite numbers, says the same of
            every picture, or exceeds the tolerance; the message has the figures.
        ImportError: A package is missing; the message says what to install.
        OSError: The file cannot be written.
    """
    if format not in FORMATS or precision not in PRECISIONS:
        raise ValueError(f'format is one of {FORMATS}, precision one of {PRECISIONS}, got {format!r}, {precision!r}')
    if format == 'torch' and precision != 'fp32':
        raise ValueError(f"format='torch' is written in precision='fp32' alone, got {precision!r}")
    out = Path(out)
    if out.is_dir():
        raise IsADirectoryError(f'{out} is a folder, expected the name of a file to write')
    _require_finite_weights(model)
    network = ExportNetwork(model, input_size)
    described = describe(network, precision, labels)
    graph = make_program(network) if format == 'torch' else onnx_model(network, precision)
    pack = program_with_description if format == 'torch' else with_description
    differences = None
    if check:
        content = pack(graph, described)
        run: Run = program_runner(content, network.output_names) if format == 'torch' else onnx_runner(content)
        pictures = rendered_pictures(NUM_CHECKED, CHECK_SEED, input_size)
        differences = compare(model, run, pictures, input_size)
        require_answers(run, pictures, input_size)
        excesses = find_excesses(differences, tolerance or TOLERANCES[precision])
        if excesses:
            raise ValueError(
                f'{out} was not written: on {NUM_CHECKED} rendered people it is too far from the model in {precision}: '
                f'{"; ".join(excesses)}. check=False writes it all the same'
            )
    described['compared'] = None if differences is None else asdict(differences)
    content = pack(graph, described)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, content, scratch=out.parent)
    return ExportReport(out, format, precision, len(content), described, differences)


def _require_finite_weights(model: nn.Module) -> None:
    """Raise ValueError if a parameter or buffer has values that are not finite numbers."""
    broken = [name for name, value in model.state_dict().items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise ValueError(
            f'{len(broken)} of the weights of the model are not finite numbers, such as {broken[0]}: did its training '
            'diverge?'
        )


def onnx_model(network: ExportNetwork, precision: str) -> Any:
    """The ONNX model (onnx.ModelProto) of a network in one of ``PRECISIONS``, not compared with it."""
    graph = make_onnx(network)
    if precision == 'fp16':
        return to_fp16(graph)
    if precision == 'int8':
        pictures = rendered_pictures(NUM_CALIBRATED, CALIBRATION_SEED, network.input_size)
        return to_int8(graph, pictures, network.input_size)
    return graph
