"""ONNX files: one graph of standard operators, the batch's size free, with its description inside.

PyTorch's exporter by tracing makes them. The one by ``torch.export`` gives the same operators for these networks, takes
twenty times as long and needs another package; tracing works with every supported PyTorch.
"""

import importlib
import inspect
import io
import json
import warnings
from typing import Any, Final

import numpy as np
import torch

from mmspd.export.comparison import Run
from mmspd.export.description import METADATA_KEY, to_json
from mmspd.export.network import ExportNetwork

__all__ = [
    'OPSET',
    'check_graph',
    'import_optional',
    'make_onnx',
    'onnx_runner',
    'read_description',
    'with_description',
]

OPSET: Final = 17  # the first with GridSample is 16
_REMEDY: Final = 'pip install "onnx>=1.16" "onnxruntime>=1.18"'


def import_optional(name: str) -> Any:
    """A module that only export to ONNX needs.

    Raises:
        ImportError: It is missing; the message says what to install.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f'export to ONNX needs {name.partition(".")[0]}: {_REMEDY}') from error


def make_onnx(network: ExportNetwork) -> Any:
    """Trace a network.

    Args:
        network (ExportNetwork): What to export.

    Returns:
        onnx.ModelProto: Of opset 17, float32, checked by :func:`check_graph`.

    Raises:
        ImportError: onnx is missing.
        ValueError: The network has an operation that the exporter does not know, as a decode head of mmseg may.
    """
    onnx = import_optional('onnx')
    names = [*network.input_names, *network.output_names]
    options: dict[str, Any] = dict(dynamo=False) if 'dynamo' in inspect.signature(torch.onnx.export).parameters else {}
    buffer = io.BytesIO()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            # Of the tracer: that sizes are constants, which they are; of PyTorch: that there is another exporter.
            warnings.simplefilter('ignore')
            torch.onnx.export(
                network,
                network.example_inputs(2),
                buffer,  # type: ignore[arg-type]  # as the exporter by tracing takes it
                input_names=network.input_names,
                output_names=network.output_names,
                dynamic_axes={name: {0: 'batch'} for name in names},
                opset_version=OPSET,
                **options,
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        parts = ', '.join(type(part).__name__ for part in network.model.children())
        raise ValueError(f'a part of this model ({parts}) cannot be written as ONNX: {error}') from error
    graph = onnx.load_model_from_string(buffer.getvalue())
    _drop_identities(graph.graph)
    check_graph(graph)
    return graph


def _drop_identities(graph: Any) -> None:
    """Connect what follows an ``Identity`` to what comes before; the exporter leaves one for each equal weight."""
    results = {each.name for each in graph.output}
    dropped = [node for node in graph.node if node.op_type == 'Identity' and node.output[0] not in results]
    source = {node.output[0]: node.input[0] for node in dropped}
    for node in dropped:
        graph.node.remove(node)
    for node in graph.node:
        for place, name in enumerate(node.input):
            while name in source:
                name = source[name]
            node.input[place] = name


def check_graph(graph: Any) -> None:
    """Check that a model is valid ONNX of standard operators alone.

    Args:
        graph (onnx.ModelProto): The model.

    Raises:
        ValueError: It is not; the message says what is wrong.
    """
    onnx = import_optional('onnx')
    foreign = sorted(
        {f'{node.domain}::{node.op_type}' for node in graph.graph.node if node.domain not in ('', 'ai.onnx')}
    )
    if foreign or graph.functions:
        raise ValueError(f'expected standard ONNX operators alone, got {", ".join(foreign) or "functions"}')
    try:
        onnx.checker.check_model(graph, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ValueError(f'the exported graph is no valid ONNX: {error}') from error


def with_description(graph: Any, described: dict[str, Any]) -> bytes:
    """The bytes of a model (onnx.ModelProto) with its description in ``metadata_props``, in place of an older one."""
    kept = [(each.key, each.value) for each in graph.metadata_props if each.key != METADATA_KEY]
    del graph.metadata_props[:]
    for key, value in [*kept, (METADATA_KEY, to_json(described))]:
        graph.metadata_props.add(key=key, value=value)
    return graph.SerializeToString()


def read_description(content: bytes) -> dict[str, Any]:
    """The description in an exported model's bytes.

    Raises:
        ValueError: The bytes are no ONNX, or not of mmspd.
    """
    onnx = import_optional('onnx')
    try:
        graph = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf raises another kind in each of its implementations
        raise ValueError(f'not an ONNX file: {error}') from error
    found = [each.value for each in graph.metadata_props if each.key == METADATA_KEY]
    if not found:
        raise ValueError(f'an ONNX file without the metadata {METADATA_KEY!r}: it was not exported by mmspd')
    return json.loads(found[0])


def onnx_runner(content: bytes, threads: int | None = None) -> Run:
    """Run a model with onnxruntime on the CPU.

    Args:
        content (bytes): The ONNX model.
        threads (int, optional): Of the CPU. Defaults to None: onnxruntime's choice.

    Returns:
        Callable: From images float32 (N, 3, H, W) and boxes float32 (N, 4) to outputs by name.

    Raises:
        ImportError: onnxruntime is missing.
    """
    onnxruntime = import_optional('onnxruntime')
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = onnxruntime.InferenceSession(content, options, providers=['CPUExecutionProvider'])
    inputs = [each.name for each in session.get_inputs()]
    outputs = [each.name for each in session.get_outputs()]

    def run(images: np.ndarray, boxes: np.ndarray) -> dict[str, np.ndarray]:
        given = dict(image=images, boxes=boxes)
        return dict(zip(outputs, session.run(None, {name: given[name] for name in inputs}), strict=True))

    return run
