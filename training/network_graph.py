"""The graph of a network as TensorBoard shows it, without TensorFlow.

TensorFlow would show its own operations, some thousands of them; here a node is a
layer, which is what people build networks of.
"""

from __future__ import annotations

from typing import Any

import keras
from tensorboard.compat.proto.graph_pb2 import GraphDef  # type: ignore[import-untyped]
from tensorboard.compat.proto.node_def_pb2 import NodeDef  # type: ignore[import-untyped]


def graph_of(model: keras.Model) -> Any:
    """Return the GraphDef of a functional ``model``: a node for each layer.

    A node's operation is the class of the layer; its attributes are the shapes of
    what it returns, the number of its weights and the type it computes in. A
    network within the network is a box that opens.
    """
    graph = GraphDef()
    _add(graph, model, "", [])
    return graph


def _add(graph: Any, model: keras.Model, box: str, given: list[str]) -> str:
    """Add the layers of ``model`` to ``graph``; return the node that gives its output.

    box: what the names of its nodes begin with. given: the nodes in place of its inputs.
    """
    outputs: dict[str, str] = {}
    waiting = list(given)
    for layer in model.operations:
        sources = [outputs[name] for name in _sources(layer)]
        if isinstance(layer, keras.layers.InputLayer) and waiting:
            sources = [waiting.pop(0)]
        name = f"{box}{layer.name}"
        if isinstance(layer, keras.Model):
            outputs[layer.name] = _add(graph, layer, f"{name}/", sources)
        else:
            graph.node.append(_node(layer, name, sources))
            outputs[layer.name] = name
    first = keras.tree.flatten(model.outputs)[0]
    return outputs[first._keras_history.operation.name]


def _sources(layer: Any) -> list[str]:
    """Return the names of the layers whose outputs ``layer`` takes, where it is first called."""
    calls = layer._inbound_nodes
    tensors = calls[0].input_tensors if calls else []
    return [tensor._keras_history.operation.name for tensor in tensors]


def _node(layer: Any, name: str, sources: list[str]) -> Any:
    node = NodeDef(name=name, op=type(layer).__name__, input=sources)
    for tensor in keras.tree.flatten(layer.output):
        # TensorBoard writes the shapes that it finds under this name on the edges.
        shape = node.attr["_output_shapes"].list.shape.add()
        for side in tensor.shape:
            shape.dim.add(size=-1 if side is None else side)
    if isinstance(layer, keras.Layer):
        node.attr["weights"].i = layer.count_params()
        node.attr["computes_in"].s = layer.compute_dtype.encode("ascii")
    return node
