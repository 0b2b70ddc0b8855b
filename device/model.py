"""Networks that look at a face, above all the one that reads it; this alone imports the runtime.

Nothing about a particular model is known here: labels, input and temperature
come out of the model file itself (``device.model_file``). ``Network`` runs a file of any
kind; other kinds than ``Model`` are in modules of their own.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic

import numpy as np
import numpy.typing as npt

from device.errors import ModelError
from device.model_file import AnyCard, Card, unpack_as
from device.preprocess import Framing
from device.records import Grey

_log = logging.getLogger(__name__)

# Names for the settings, and where each runtime keeps its interpreter. The
# first that is installed is used: LiteRT is faster by a factor of ten or so.
RUNTIMES = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
# The packages that they come in.
RUNTIME_PACKAGES = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime"}


class Network(Generic[AnyCard]):
    """A model file of any kind, loaded: a grey picture goes in, whole numbers come out.

    path: the ``.tflite`` file.
    card: what kind of card, and so of network, it must have.
    runtime: a name out of ``RUNTIMES``, or "auto" for the first that is installed.
    threads: how many threads the runtime may use.
    exact: without the runtime's fast kernels (XNNPACK). They round differently,
        so a logit may move by some steps; without them the runtimes are at most a
        step apart, with few exceptions, and take five times as long.

    Raises ModelError, naming the file, where it cannot be used.
    """

    def __init__(
        self,
        path: Path,
        card: type[AnyCard],
        *,
        runtime: str = "auto",
        threads: int = 1,
        exact: bool = False,
    ) -> None:
        self.path = path
        # The file is read and not mapped: what becomes of it later changes nothing here.
        self.card, self.labels, content = unpack_as(path, card)
        spec = self.card.framing
        self.framing = Framing(spec.scale, spec.shift_x, spec.shift_y)
        self.runtime, module = _load_runtime(runtime)
        kernels = module.OpResolverType
        self._interpreter = _interpret(
            path,
            module.Interpreter,
            model_content=content,
            num_threads=threads,
            experimental_op_resolver_type=kernels.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            if exact
            else kernels.AUTO,
        )
        self._input, self._output = self._check_tensors(path)
        self._from_grey = _quantised_levels(self._input)
        # Where the runtime keeps both; what these return must not outlive an inference.
        self._input_buffer = self._interpreter.tensor(self._input["index"])
        self._output_buffer = self._interpreter.tensor(self._output["index"])
        scale, zero = self._output["quantization"]
        self.step, self.zero = float(scale), int(zero)
        self.output_shape = tuple(int(n) for n in self._output["shape"][1:])

    @property
    def id(self) -> str:
        """The model's name and the first digits of its digest."""
        return self.card.id

    @property
    def side_px(self) -> int:
        """The side of the square picture that the network wants."""
        return self.card.input.width_px

    def run(self, crop: Grey) -> npt.NDArray[np.int8]:
        """Return int8 ``output_shape``: what the network makes of ``crop``, quantised.

        A number q of it stands for ``step * (q - zero)``. It is the runtime's own memory, and
        must be let go of before the next inference.
        crop: uint8 (side_px, side_px), grey levels 0-255.

        Raises ValueError for a crop of another shape or type.
        """
        side = self.side_px
        if crop.shape != (side, side) or crop.dtype != np.uint8:
            raise ValueError(f"a crop is uint8 ({side}, {side}), got {crop.dtype} {crop.shape}")
        # Every crop's level is below 256; "clip" only spares a check and a copy.
        np.take(self._from_grey, crop, out=self._input_buffer()[0, :, :, 0], mode="clip")
        self._interpreter.invoke()
        raw: npt.NDArray[np.int8] = self._output_buffer()[0]
        return raw

    def _check_tensors(self, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the details of input and output, once they are what the card promises."""
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        spec = self.card.input
        wanted_input = (1, spec.height_px, spec.width_px, spec.channels)
        if len(inputs) != 1 or tuple(inputs[0]["shape"]) != wanted_input:
            shapes = [tuple(int(n) for n in tensor["shape"]) for tensor in inputs]
            raise ModelError(f"{path}: input {shapes}, but its card says {wanted_input}")
        if spec.height_px != spec.width_px or spec.channels != 1:
            raise ModelError(
                f"{path}: input {wanted_input}: Mien feeds square grey pictures, (1, side, side, 1)"
            )
        # Of a classifier (1, labels), of what answers place by place (1, rows, columns, labels).
        shapes = [tuple(int(n) for n in tensor["shape"]) for tensor in outputs]
        if len(outputs) != 1 or shapes[0][0] != 1 or shapes[0][-1] != len(self.labels):
            raise ModelError(
                f"{path}: output {shapes}, but labels.txt has {len(self.labels)} names"
            )
        for tensor in (inputs[0], outputs[0]):
            if tensor["dtype"] != np.int8 or not tensor["quantization"][0]:
                raise ModelError(f"{path}: {tensor['name']} is not quantised int8: convert it anew")
        return inputs[0], outputs[0]


class Model(Network[Card]):
    """A network that reads a face: each of its ``labels`` has a logit.

    What it takes, and raises, is as in ``Network``.
    """

    def __init__(
        self, path: Path, *, runtime: str = "auto", threads: int = 1, exact: bool = False
    ) -> None:
        super().__init__(path, Card, runtime=runtime, threads=threads, exact=exact)
        if self.output_shape != (len(self.labels),):
            raise ModelError(
                f"{path}: output {[(1, *self.output_shape)]}, "
                f"but labels.txt has {len(self.labels)} names"
            )

    @property
    def logit_step(self) -> float:
        """The distance of two neighbouring logits: the output is quantised."""
        return self.step

    def logits(self, crop: Grey) -> npt.NDArray[np.float32]:
        """Return float32 (labels,): what the network says of ``crop`` before the softmax.

        crop: uint8 (side_px, side_px), grey levels 0-255.

        Raises ValueError for a crop of another shape or type.
        """
        logits: npt.NDArray[np.float32] = (self.run(crop) - np.float32(self.zero)) * np.float32(
            self.step
        )
        return logits

    def probabilities(self, crop: Grey) -> npt.NDArray[np.float64]:
        """Return float64 (labels,): probabilities 0-1 in the order of ``labels``, calibrated."""
        return softmax(self.logits(crop), self.card.temperature)


def softmax(logits: npt.NDArray[np.floating[Any]], temperature: float) -> npt.NDArray[np.float64]:
    """Return probabilities float64 of the shape of ``logits``, over its last axis."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _load_runtime(wanted: str) -> tuple[str, Any]:
    """Return the name and the module of the runtime to use."""
    names = list(RUNTIMES) if wanted == "auto" else [wanted]
    for name in names:
        try:
            module = importlib.import_module(RUNTIMES[name])
        except ModuleNotFoundError as error:
            # A missing part of a runtime that is there is another matter.
            if error.name not in (RUNTIMES[name], RUNTIMES[name].split(".")[0]):
                raise
            continue
        return name, module
    packages = " or ".join(RUNTIME_PACKAGES[name] for name in names)
    raise ModelError(f"no TFLite runtime: .venv/bin/pip install {packages}")


def _interpret(path: Path, interpreter_type: Any, **options: object) -> Any:
    try:
        with _native_messages():
            interpreter = interpreter_type(**options)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else "no reason given"
        raise ModelError(f"{path}: the runtime cannot load it: {reason}") from error
    return interpreter


@contextmanager
def _native_messages() -> Iterator[None]:
    """Turn what the runtime's C++ part writes to stderr into debug messages.

    LiteRT greets everybody with a line about XNNPACK, and has no switch for it.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with tempfile.TemporaryFile() as caught:
            os.dup2(caught.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(stderr, 2)
                caught.seek(0)
                for line in caught.read().decode(errors="replace").splitlines():
                    _log.debug("%s", line)
    finally:
        os.close(stderr)


def _quantised_levels(tensor: dict[str, Any]) -> npt.NDArray[np.int8]:
    """Return int8 (256,): the quantised value of each grey level."""
    scale, zero = tensor["quantization"]
    levels = np.round(np.arange(256) / scale) + zero
    quantised: npt.NDArray[np.int8] = np.clip(levels, -128, 127).astype(np.int8)
    return quantised
