"""ONNX graphs whose convolutions run in float16, and everything about boxes and places in float32.

onnxruntime's converter rounds the inputs, so boxes too, to float16 first: by a quarter of a pixel at 500. Here float16
begins at convolutions alone and goes on through what only joins or passes on their results.
"""

from typing import Any, Final

import numpy as np

from mmspd.export.onnx_file import check_graph, import_optional

__all__ = ['to_fp16']

_HALF: Final = frozenset({'Conv', 'ConvTranspose'})
_HALF_AFTER_HALF: Final = frozenset({'Add', 'Concat', 'MaxPool', 'Relu'})


def to_fp16(graph: Any) -> Any:
    """Convert convolutions and their weights to float16; inputs and outputs stay float32.

    Args:
        graph (onnx.ModelProto): Of :func:`~mmspd.export.onnx_file.make_onnx`; it is changed.

    Returns:
        onnx.ModelProto: The same, about half as large.

    Raises:
        ImportError: onnx is missing.
    """
    _Converter(graph.graph).convert()
    check_graph(graph)
    return graph


class _Converter:
    """The state of one conversion.

    Args:
        graph (onnx.GraphProto): Changed by :meth:`convert`.
    """

    def __init__(self, graph: Any) -> None:
        self.onnx = import_optional('onnx')
        self.graph = graph
        self.weights = {each.name: each for each in graph.initializer}
        self.half: set[str] = set()  # tensors that are float16 now
        self.casts: dict[tuple[str, bool], str] = {}  # name and wanted kind -> name of that kind
        self.nodes: list[Any] = []

    def convert(self) -> None:
        """Rewrite the graph."""
        for node in self.graph.node:
            wanted = self._is_half(node)
            for place, name in enumerate(node.input):
                if name and wanted != (name in self.half):
                    node.input[place] = self._cast(name, wanted)
            self.nodes.append(node)
            self.half.update(node.output if wanted else ())
        results = [each.name for each in self.graph.output if each.name in self.half]
        for name in results:
            self._keep_result(name)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        used = {name for node in self.nodes for name in node.input}
        kept = [each for each in self.weights.values() if each.name in used]
        del self.graph.initializer[:]
        self.graph.initializer.extend(kept)
        del self.graph.value_info[:]  # of types that have changed

    def _is_half(self, node: Any) -> bool:
        """Whether a node runs in float16."""
        if node.op_type in _HALF_AFTER_HALF:
            return all(name in self.half for name in node.input if name)
        return node.op_type in _HALF

    def _cast(self, name: str, to_half: bool) -> str:
        """The name of a tensor's values in the other kind."""
        key = (name, to_half)
        if key not in self.casts:
            self.casts[key] = f'{name}_{"half" if to_half else "float"}'
            if name in self.weights:
                values = self.onnx.numpy_helper.to_array(self.weights[name]).astype(np.float16)
                self.weights[self.casts[key]] = self.onnx.numpy_helper.from_array(values, self.casts[key])
            else:
                self._add_cast(name, self.casts[key], to_half)
        return self.casts[key]

    def _add_cast(self, name: str, target: str, to_half: bool) -> None:
        """A node that converts."""
        kind = self.onnx.TensorProto.FLOAT16 if to_half else self.onnx.TensorProto.FLOAT
        self.nodes.append(self.onnx.helper.make_node('Cast', [name], [target], name=f'{target}_cast', to=kind))

    def _keep_result(self, name: str) -> None:
        """Give a result of the graph that is float16 another name, and its own to the values in float32."""
        renamed = f'{name}_in_half'
        for node in self.nodes:
            for names in (node.input, node.output):
                for place, each in enumerate(names):
                    names[place] = renamed if each == name else each
        self._add_cast(renamed, name, False)
