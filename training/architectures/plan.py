"""Plans of small networks: a name that says everything, and what the network costs.

A plan is written as, for ``mien-nano``, ``searched-k3c16-i3c48n1x4-p3c56n3e-p3c96n2e``: a first
convolution of 3x3 with 16 channels and a step of 2, then stages of blocks, each at half the
picture of the one before. A stage is the kind of its blocks, their kernel, their channels and
their number; then ``x4``, how many times more channels they have inside, for the kinds that
have more; and ``e`` for squeeze-and-excite.

Nothing here needs Keras: thousands of plans are weighed in a second.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from device.errors import ConfigError
from training.labels import LABELS, SIDE

PREFIX = "searched-"
KINDS = {
    "p": "one convolution",
    "r": "residual: two convolutions and a shortcut (He et al. 2015)",
    "b": "bottleneck: a convolution at half the channels between two of 1x1 (He et al. 2015)",
    "i": "inverted residual: a convolution of each channel alone (Sandler et al. 2018)",
    "f": "fused inverted residual: a whole convolution in its place (Gupta and Tan 2019)",
}
# Of these kinds the channels inside are a multiple of those that come in.
EXPANDING = "if"
_STEM = re.compile(r"k([357])c([1-9]\d{0,2})")
_STAGE = re.compile(r"([prbif])([357])c([1-9]\d{0,2})n([1-9])(?:x([1-8]))?(e?)")
_FORM = "searched-k5c20-r3c20n1-i3c40n2x3e"
_MOST_STAGES = 4

# Fitted to int8 files of this package: what stands in one beside the weights, for each channel
# of a convolution (a bias, scales, zero points) and for each operation (its tensors, by name).
_CHANNEL_BYTES, _OPERATION_BYTES = 32, 306


@dataclass(frozen=True)
class Convolution:
    """One convolution, which batch normalisation follows where it has no bias.

    name: of its layer; the same in every plan in which it stands in the same place.
    kernel, stride: in pixels.
    inputs, outputs: channels.
    side: of its output, in pixels.
    relu: whether what is negative is cut off after it.
    depthwise: each channel is convolved by itself.
    """

    name: str
    kernel: int
    inputs: int
    outputs: int
    side: int
    stride: int = 1
    relu: bool = True
    depthwise: bool = False
    bias: bool = False

    @property
    def weights(self) -> int:
        """The weights of its kernel."""
        return self.kernel**2 * self.outputs * (1 if self.depthwise else self.inputs)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one picture: each weight is used once for each place."""
        return self.weights * self.side**2


@dataclass(frozen=True)
class Block:
    """Convolutions one after the other, and what goes round them.

    gates: the two of squeeze-and-excite, on the output of ``main``; none without it.
    shortcut: the input is added to the output, ``projection`` of it where that is one.
    relu: after the addition.
    """

    main: tuple[Convolution, ...]
    gates: tuple[Convolution, ...]
    shortcut: bool
    projection: Convolution | None
    relu: bool

    def convolutions(self) -> Iterator[Convolution]:
        """Yield all of them."""
        yield from self.main
        yield from self.gates
        if self.projection is not None:
            yield self.projection

    @property
    def operations(self) -> int:
        """How many operations the block is in a TFLite file, which has ReLU and batch
        normalisation in the one before: convolutions, paddings, the mean, the sigmoid and the
        product of squeeze-and-excite, the sum with the shortcut."""
        padded = sum(c.stride > 1 and c.kernel > 1 for c in self.main)
        whole = len(list(self.convolutions()))
        return whole + padded + 3 * bool(self.gates) + self.shortcut


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind at one size of the picture."""

    kind: str
    kernel: int
    channels: int
    blocks: int
    expand: int = 1
    excite: bool = False

    def __str__(self) -> str:
        more = f"x{self.expand}" if self.kind in EXPANDING else ""
        excite = "e" if self.excite else ""
        return f"{self.kind}{self.kernel}c{self.channels}n{self.blocks}{more}{excite}"

    def block(self, name: str, inputs: int, side: int, stride: int) -> Block:
        """Return a block that gets ``inputs`` channels; ``side`` is that of its output."""
        main = tuple(self._main(name, inputs, side, stride))
        gates = self._gates(name) if self.excite else ()
        same = stride == 1 and inputs == self.channels
        if self.kind == "p":
            return Block(main, gates, False, None, False)
        if self.kind in EXPANDING:
            return Block(main, gates, same, None, False)
        projection = None
        if not same:
            projection = Convolution(
                f"{name}_shortcut", 1, inputs, self.channels, side, stride, relu=False
            )
        return Block(main, gates, True, projection, True)

    def _main(self, name: str, inputs: int, side: int, stride: int) -> Iterator[Convolution]:
        k, out, before = self.kernel, self.channels, side * stride
        inner = inputs * self.expand if self.kind in EXPANDING else max(1, out // 2)
        match self.kind:
            case "p":
                yield Convolution(f"{name}_a", k, inputs, out, side, stride)
            case "r":
                yield Convolution(f"{name}_a", k, inputs, out, side, stride)
                yield Convolution(f"{name}_b", k, out, out, side, relu=False)
            case "b":
                yield Convolution(f"{name}_a", 1, inputs, inner, before)
                yield Convolution(f"{name}_b", k, inner, inner, side, stride)
                yield Convolution(f"{name}_c", 1, inner, out, side, relu=False)
            case "i":
                if self.expand > 1:
                    yield Convolution(f"{name}_a", 1, inputs, inner, before)
                yield Convolution(f"{name}_b", k, inner, inner, side, stride, depthwise=True)
                yield Convolution(f"{name}_c", 1, inner, out, side, relu=False)
            case _:
                yield Convolution(f"{name}_a", k, inputs, inner, side, stride)
                yield Convolution(f"{name}_b", 1, inner, out, side, relu=False)

    def _gates(self, name: str) -> tuple[Convolution, Convolution]:
        few = max(1, self.channels // 8)
        return (
            Convolution(f"{name}_squeeze", 1, self.channels, few, 1, bias=True),
            Convolution(f"{name}_excite", 1, few, self.channels, 1, relu=False, bias=True),
        )


@dataclass(frozen=True)
class Plan:
    """A network: the first convolution, then stages."""

    kernel: int
    channels: int
    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        stages = "-".join(map(str, self.stages))
        return f"{PREFIX}k{self.kernel}c{self.channels}-{stages}"

    @classmethod
    def parse(cls, name: str) -> Plan:
        """Return the plan that ``name`` writes.

        Raises ConfigError, saying what does not fit.
        """
        stem, *parts = name.removeprefix(PREFIX).split("-")
        first = _STEM.fullmatch(stem)
        if first is None or not name.startswith(PREFIX):
            raise ConfigError(f"architecture {name!r}: {stem!r} is no beginning such as {_FORM}")
        if not 1 <= len(parts) <= _MOST_STAGES:
            raise ConfigError(
                f"architecture {name!r} has {len(parts)} stages: give 1 to {_MOST_STAGES}"
            )
        stages = tuple(_stage(name, part) for part in parts)
        return cls(int(first[1]), int(first[2]), stages)

    def stem(self, side: int = SIDE) -> Convolution:
        """Return the first convolution, for pictures of ``side`` pixels."""
        return Convolution("stem", self.kernel, 1, self.channels, math.ceil(side / 2), stride=2)

    def blocks(self, side: int = SIDE) -> list[Block]:
        """Return all blocks, for pictures of ``side`` pixels."""
        found = []
        inputs, now = self.channels, self.stem(side).side
        for number, stage in enumerate(self.stages, start=1):
            for place in range(stage.blocks):
                stride = 2 if number > 1 and place == 0 else 1
                now = math.ceil(now / stride)
                found.append(stage.block(f"s{number}b{place + 1}", inputs, now, stride))
                inputs = stage.channels
        return found

    def convolutions(self) -> Iterator[Convolution]:
        """Yield all convolutions, for pictures of 48 pixels."""
        yield self.stem()
        for block in self.blocks():
            yield from block.convolutions()

    @property
    def features(self) -> int:
        """How many numbers the last layer gets."""
        return self.stages[-1].channels

    def macs(self, classes: int = len(LABELS)) -> int:
        """Return the multiply-accumulates of one picture."""
        return sum(c.macs for c in self.convolutions()) + self.features * classes

    def int8_bytes(self, classes: int = len(LABELS)) -> int:
        """Return about how large the int8 TFLite file is, without the card; within 2%."""
        convolutions = list(self.convolutions())
        weights = sum(c.weights for c in convolutions) + self.features * classes
        channels = sum(c.outputs for c in convolutions) + classes
        # Besides the blocks': scaling is two, then padding and the first convolution, the mean,
        # the dense layer.
        operations = 6 + sum(block.operations for block in self.blocks())
        return weights + channels * _CHANNEL_BYTES + operations * _OPERATION_BYTES


def _stage(name: str, text: str) -> Stage:
    found = _STAGE.fullmatch(text)
    if found is None:
        raise ConfigError(f"architecture {name!r}: {text!r} is no stage such as in {_FORM}")
    kind, kernel, channels, blocks, expand, excite = found.groups()
    if (expand is not None) != (kind in EXPANDING):
        needs = "needs x2, or another number," if expand is None else f"has no x{expand}"
        raise ConfigError(f"architecture {name!r}: {text!r} {needs} for its kind {kind!r}")
    return Stage(kind, int(kernel), int(channels), int(blocks), int(expand or 1), bool(excite))
