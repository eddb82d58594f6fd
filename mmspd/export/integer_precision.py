"""ONNX graphs whose backbone and parsing run in 8-bit integers.

The branches for joints and the surface stay in float32, as joints are read from small differences between the cells of
a heatmap; so does the first convolution, whose few weights cost most accuracy.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from mmspd.export.onnx_file import check_graph, import_optional
from mmspd.export.pictures import as_input

__all__ = ['to_int8']

_IN_FLOAT: Final = ('model.pose_head.', 'model.densepose_head.')  # begin the names of weights


def to_int8(graph: Any, pictures: Sequence[np.ndarray], input_size: tuple[int, int]) -> Any:
    """Quantize convolutions of the backbone, the neck and parsing to 8 bits, with ranges measured on pictures.

    Weights have a range for each output channel, activations one for each tensor; nodes that quantize stand beside
    float32 nodes (the QDQ format of standard operators), which onnxruntime joins to integer convolutions. Weights use 7
    of the 8 bits: without VNNI, CPUs add two products in 16 bits, and sums of greater ones are cut off there.

    Args:
        graph (onnx.ModelProto): Of :func:`~mmspd.export.onnx_file.make_onnx`.
        pictures (Sequence[np.ndarray]): uint8 (h, w, 3), B, G, R, other ones than it is judged on.
        input_size (tuple): (W, H) of the network input.

    Returns:
        onnx.ModelProto: About half as large.

    Raises:
        ImportError: onnx or onnxruntime is missing.
    """
    onnx, quantization = import_optional('onnx'), import_optional('onnxruntime.quantization')
    convolutions = [node for node in graph.graph.node if node.op_type == 'Conv']
    kept = convolutions[:1] + [node for node in convolutions if node.input[1].startswith(_IN_FLOAT)]

    class Reader(quantization.CalibrationDataReader):  # type: ignore[name-defined]
        """Hands the pictures over, one after another."""

        def __init__(self) -> None:
            self.inputs = _calibration_inputs(graph, pictures, input_size)

        def get_next(self) -> dict[str, np.ndarray] | None:
            """The next picture's inputs, None after the last."""
            return next(self.inputs, None)

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, 'float.onnx'), Path(folder, 'int8.onnx')
        onnx.save(onnx.shape_inference.infer_shapes(graph), source)
        quantization.quantize_static(
            str(source),
            str(target),
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=['Conv'],
            nodes_to_exclude=[node.name for node in kept],
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            reduce_range=True,
        )
        quantized = onnx.load(target)
    check_graph(quantized)
    return quantized


def _calibration_inputs(
    graph: Any, pictures: Sequence[np.ndarray], input_size: tuple[int, int]
) -> Iterator[dict[str, np.ndarray]]:
    """Each picture as the graph's inputs, with the box that the network chooses."""
    names = [each.name for each in graph.graph.input]
    for picture in pictures:
        image = as_input(picture, input_size)[0][None, :, :, ::-1].transpose(0, 3, 1, 2)
        given = dict(image=np.ascontiguousarray(image, dtype=np.float32), boxes=np.zeros((1, 4), dtype=np.float32))
        yield {name: given[name] for name in names}
