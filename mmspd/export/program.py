"""``torch.export`` programs (.pt2): the graph for PyTorch itself, without mmspd or any mm package."""

import io
from typing import Any

import numpy as np
import torch

from mmspd.export.comparison import Run
from mmspd.export.description import METADATA_KEY, to_json
from mmspd.export.network import ExportNetwork

__all__ = ['make_program', 'program_runner', 'program_with_description']


def make_program(network: ExportNetwork) -> Any:
    """Export a network with a free batch size.

    Args:
        network (ExportNetwork): What to export.

    Returns:
        torch.export.ExportedProgram: Its inputs and outputs in the order of the network's names.

    Raises:
        RuntimeError: A PyTorch before 2.1, which has no ``torch.export``, or too old for a network's operations.
        ValueError: The network has an operation that cannot be exported, as a decode head of mmseg may.
    """
    if not hasattr(torch, 'export'):
        raise RuntimeError(f'torch.export needs torch 2.1 or later, found {torch.__version__}')
    batch = torch.export.Dim('batch', min=1)
    inputs = network.example_inputs(2)
    try:
        with torch.no_grad():
            return torch.export.export(network, inputs, dynamic_shapes=tuple({0: batch} for _ in inputs))
    except Exception as error:  # torch.export raises many kinds, most of them private
        parts = ', '.join(type(part).__name__ for part in network.model.children())
        raise ValueError(f'a part of this model ({parts}) cannot be exported by torch.export: {error}') from error


def program_with_description(program: Any, described: dict[str, Any]) -> bytes:
    """The bytes of a .pt2 file with the description in its extra file ``mmspd.json``."""
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files={f'{METADATA_KEY}.json': to_json(described)})
    return buffer.getvalue()


def program_runner(content: bytes, output_names: list[str]) -> Run:
    """Run a program's bytes as :func:`mmspd.export.onnx_file.onnx_runner` runs those of an ONNX model."""
    module = torch.export.load(io.BytesIO(content)).module()

    def run(images: np.ndarray, boxes: np.ndarray) -> dict[str, np.ndarray]:
        given = (torch.from_numpy(images), torch.from_numpy(boxes))[: 2 if 'boxes_used' in output_names else 1]
        with torch.no_grad():
            return {name: value.numpy() for name, value in zip(output_names, module(*given), strict=True)}

    return run
