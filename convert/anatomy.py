"""What is inside a TFLite file, and whether every runtime of ours can run it."""

from __future__ import annotations

import importlib
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from convert.network import import_tensorflow
from device.errors import ModelError

# The newest version of each op that tflite-runtime 2.14, its last release, loads.
# Measured: files with each version of each op were given to it.
NEWEST_VERSION = {
    "ADD": 5, "AVERAGE_POOL_2D": 3, "CONCATENATION": 4, "CONV_2D": 7, "DEPTHWISE_CONV_2D": 7,
    "FULLY_CONNECTED": 10, "HARD_SWISH": 1, "LEAKY_RELU": 2, "LOGISTIC": 3, "MAXIMUM": 4,
    "MAX_POOL_2D": 3, "MEAN": 3, "MINIMUM": 4, "MUL": 7, "PAD": 4, "PADV2": 4, "PRELU": 1,
    "QUANTIZE": 3, "RELU": 3, "RELU6": 3, "RESHAPE": 1, "RESIZE_BILINEAR": 4, "SLICE": 6,
    "SOFTMAX": 3, "SPLIT": 4, "SQUEEZE": 2, "STRIDED_SLICE": 8, "SUB": 5, "SUM": 2, "TANH": 3,
    "TRANSPOSE": 6,
}  # fmt: skip
# XNNPACK had no fast int8 form of these; what to use in their place.
SLOW = {
    "AVERAGE_POOL_2D": "GlobalAveragePooling2D, which becomes MEAN",
    "HARD_SWISH": "ReLU or ReLU6",
    "SOFTMAX": "logits; the device applies the softmax",
}
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


@dataclass(frozen=True)
class Op:
    """One operation of the graph.

    version: of the op's definition; a runtime knows those up to some number.
    macs: multiplications and additions for one picture, in pairs.
    channels, weight_scales: how many the output has, and how many scales the
        weights have: as many, or 1 for all of them. 0: no weights.
    """

    name: str
    version: int
    macs: int = 0
    channels: int = 0
    weight_scales: int = 0


@dataclass(frozen=True)
class Anatomy:
    """The ops of a TFLite file in order, and how its input is quantised."""

    ops: tuple[Op, ...]
    input_scale: float
    input_zero_point: int
    float_tensors: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one picture."""
        return sum(op.macs for op in self.ops)

    def counts(self) -> dict[str, int]:
        """Return how often each op occurs, the most frequent first."""
        return dict(Counter(op.name for op in self.ops).most_common())

    def slow(self) -> dict[str, str]:
        """Return the ops in it that are slow on a Pi, with what to use in their place."""
        return {name: SLOW[name] for name in self.counts() if name in SLOW}


def dissect(tflite: bytes) -> Anatomy:
    """Return the anatomy of the TFLite file with the content ``tflite``."""
    import_tensorflow()
    schema = importlib.import_module("tensorflow.lite.python.schema_py_generated")
    model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    graph = model.subgraphs[0]
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if name[0] != "_"}
    ops = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        # Old files keep the number in the field that was there before.
        name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        ops.append(_op(name, code.version, operator, graph.tensors))
    entry = graph.tensors[graph.inputs[0]].quantization
    floats = sum(tensor.type == schema.TensorType.FLOAT32 for tensor in graph.tensors)
    return Anatomy(tuple(ops), float(entry.scale[0]), int(entry.zeroPoint[0]), floats)


def _op(name: str, version: int, operator: Any, tensors: list[Any]) -> Op:
    if name not in _WEIGHTED:
        return Op(name, version)
    weights = tensors[operator.inputs[1]]
    # Each weight is used once for each place of the output.
    *places, channels = (int(n) for n in tensors[operator.outputs[0]].shape)
    macs = math.prod(int(n) for n in weights.shape) * math.prod(places)
    return Op(name, version, macs, channels, len(weights.quantization.scale))


def check(anatomy: Anatomy) -> None:
    """Raise ModelError unless all our runtimes can run such a file, in int8 throughout."""
    for op in anatomy.ops:
        newest = NEWEST_VERSION.get(op.name)
        if newest is None:
            raise ModelError(f"op {op.name}: not known to run on the device: use other layers")
        if op.version > newest:
            raise ModelError(
                f"op {op.name} has version {op.version}, tflite-runtime 2.14 loads up to {newest}: "
                "convert with another TensorFlow version"
            )
        if op.name.endswith("CONV_2D") and op.weight_scales != op.channels:
            raise ModelError(
                f"op {op.name} has {op.weight_scales} scales for {op.channels} channels: "
                "its weights are not quantised per channel"
            )
    if anatomy.ops[-1].name == "SOFTMAX":
        raise ModelError("the model ends in a softmax: give one that returns logits")
    if anatomy.float_tensors:
        raise ModelError(f"{anatomy.float_tensors} tensors are still in float: not all is int8")
    if (anatomy.input_scale, anatomy.input_zero_point) != (1.0, -128):
        raise ModelError(
            f"input scale {anatomy.input_scale}, zero point {anatomy.input_zero_point}: grey 0-255 "
            "must become -128-127 exactly"
        )
