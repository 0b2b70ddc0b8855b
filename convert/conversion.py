"""The whole way from a ``.keras`` file to a verified model file."""

from __future__ import annotations

import itertools
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convert import anatomy, card, network, summary, verify
from convert.arrays import Images, Logits
from convert.framing import Measured, measure_framing
from convert.quantise import balanced_sample, to_int8
from convert.quiet import quiet
from convert.self_test import self_test_note
from device.errors import ConfigError, SinkError
from device.model import Model
from device.model_file import write_model
from training.calibration import calibration_error, fit_temperature
from training.data import DataError, Dataset, LabelKind, Split, load

# Enough for a median that moves by less than a hundredth, in half a minute.
FRAMING_IMAGES = 1500


@dataclass(frozen=True)
class Request:
    """What to convert, and how.

    votes, labels: FER+ votes, and whose labels the model has learned.
    calibration_images: how many training images to calibrate on, at least one a class.
    chatter: let TensorFlow talk.
    """

    model: Path
    data: Path
    out: Path
    name: str
    seed: int
    calibration_images: int
    votes: Path | None = None
    labels: LabelKind = "fer2013"
    chatter: bool = False

    @property
    def command(self) -> str:
        """The command line, with names in place of paths: it is read on other machines."""
        options = {
            "--data": self.data.resolve().name,
            "--out": self.out.name,
            "--name": self.name,
            "--seed": str(self.seed),
            "--calibration-images": str(self.calibration_images),
        }
        if self.votes is not None:
            options |= {"--votes": self.votes.resolve().name, "--labels": self.labels}
        pairs = itertools.chain(*options.items())
        return shlex.join(["python", "-m", "convert", self.model.name, *pairs])


def convert(request: Request) -> None:
    """Convert, verify and write a model, and print what was found on the way.

    Where anything fails a file that stood at ``request.out`` is left as it was.

    Raises ConfigError and DataError for what was given and cannot be used,
    ModelError where the result is not good enough.
    """
    _check(request)
    with _workplace(request.out) as folder:
        model, classes = network.load(request.model, chatter=request.chatter)
        summary.tell_source(request.model, model)
        # With load's own seed, never ours: a data set without splits must be split
        # as it was for training, or the model is measured on what it learned.
        everything = load(request.data, request.votes, labels=request.labels)
        dataset = _learned(request, everything, classes)
        summary.tell_data(request.data, dataset)
        made = folder / request.out.name
        # Faces of all classes lie alike on the detector's box.
        measured = measure_framing(_drawn(everything.train.images, request.seed))
        summary.tell_framing(measured)
        _make(request, model, dataset, measured, made)
        made.replace(request.out)
    summary.tell_written(request.out)


def _make(request: Request, model: Any, dataset: Dataset, measured: Measured, made: Path) -> None:
    """Write the verified model file ``made``."""
    tflite, network_note = _quantise(request, model, dataset.train)
    # The device's code wants a card; the temperature is known only after it was asked.
    provisional = card.serving(request.name, measured.framing, 1.0)
    write_model(made, tflite, list(dataset.classes), provisional)
    temperature, figures = _measure(request, model, dataset, made)
    content = (
        card.serving(request.name, measured.framing, temperature)
        | {"figures": figures, "network": network_note}
        | {"framing_measured": card.framing_note(measured)}
        | card.provenance(request.model, request.data, dataset, request.command)
        | self_test_note(made, chatter=request.chatter)
    )
    write_model(made, tflite, list(dataset.classes), content)
    # What is handed over has passed the device's own test as it is.
    self_test_note(made, chatter=request.chatter)


def _quantise(request: Request, model: Any, split: Split) -> tuple[bytes, dict[str, object]]:
    """Return the TFLite file, once it is one that the device can run, and a note on it."""
    chosen = balanced_sample(split.labels, request.calibration_images, request.seed)
    tflite = to_int8(model, split.images[chosen], chatter=request.chatter)
    inside = anatomy.dissect(tflite)
    summary.tell_anatomy(inside, len(tflite), len(chosen))
    anatomy.check(inside)
    return tflite, {
        "parameters": model.count_params(),
        "macs": inside.macs,
        "ops": inside.counts(),
        "calibration_images": len(chosen),
    }


def _measure(
    request: Request, model: Any, dataset: Dataset, made: Path
) -> tuple[float, dict[str, object]]:
    """Measure the file as the device will read it; return its temperature and its figures.

    Raises ModelError where it is not as good as the original.
    """
    split = dataset.validation
    int8, runtime = _ask(made, split.images, chatter=request.chatter)
    comparison = verify.compare(network.keras_logits(model, split.images), int8, split.labels)
    unseen = verify.unseen(int8, split, dataset.train.images)
    summary.tell_comparison(comparison, unseen)
    verify.check(comparison)
    temperature = fit_temperature(int8, split.labels)
    before, after = (calibration_error(int8, split.labels, t) for t in (1.0, temperature))
    summary.tell_temperature(temperature, before, after)
    name = split.origin or "validation"
    return temperature, card.figures(name, comparison, unseen, before, after, runtime)


def _ask(path: Path, images: Images, *, chatter: bool) -> tuple[Logits, str]:
    """Return what the model file says of ``images``, and the runtime that it ran on."""
    with quiet(chatter=chatter):
        model = Model(path)
        return verify.int8_logits(model, images), model.runtime


def _check(request: Request) -> None:
    """Raise ConfigError for what can be told at once, before minutes are spent."""
    card.check_name(request.name)
    if request.seed < 0:
        raise ConfigError(f"--seed {request.seed}: give 0 or more")
    if request.calibration_images < 1:
        raise ConfigError(f"--calibration-images {request.calibration_images}: give 1 or more")
    network.check_file(request.model)
    if not request.data.exists():
        raise DataError(f"--data {request.data}: not found: give a FER2013 CSV or a folder")
    if request.out.suffix != ".tflite":  # a slip must not replace the network that was trained
        raise ConfigError(f"--out {request.out}: give a name that ends in .tflite")
    if request.out.exists() and not request.out.is_file():
        raise ConfigError(f"--out {request.out}: is no file: give the name of a .tflite file")


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """Yield a folder beside ``out`` for files that are not verified yet; it goes at the end.

    Beside it, because a file can be moved in one step only within a file system.

    Raises SinkError where there is no such place, or no right to write there.
    """
    try:
        folder = tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.stem}-")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SinkError(f"--out {out}: cannot write in {out.parent}: {reason}") from error
    with folder as name:
        yield Path(name)


def _learned(request: Request, dataset: Dataset, classes: tuple[str, ...]) -> Dataset:
    """Return the rows of the classes that the network has learned, in its order.

    Raises DataError where the data lacks a class, or rows to calibrate or verify on,
    ConfigError where calibration would miss a class.
    """
    if classes != dataset.classes:
        dataset = dataset.only(classes)
    if request.calibration_images < len(classes):
        raise ConfigError(
            f"--calibration-images {request.calibration_images}: give {len(classes)} or more, "
            "at least one a class"
        )
    try:
        for needed in ("train", "validation"):
            dataset.split(needed)
    except DataError as error:
        raise DataError(
            f"--data {request.data}: {error}: Training rows are needed to calibrate on, "
            "PublicTest rows to verify on"
        ) from error
    return dataset


def _drawn(images: Images, seed: int) -> Images:
    """Return up to ``FRAMING_IMAGES`` of ``images``, drawn with ``seed``."""
    order = np.random.default_rng(seed).permutation(len(images))
    return images[np.sort(order[:FRAMING_IMAGES])]
