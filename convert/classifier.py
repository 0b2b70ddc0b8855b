"""The conversion of a network that reads a face."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convert import card, network, summary, verify
from convert.arrays import Images, Logits
from convert.framing import Measured, measure_framing
from convert.quantise import balanced_sample, quantised
from convert.quiet import quiet
from convert.request import Request
from convert.self_test import self_test_note
from device.errors import ConfigError
from device.model import Model
from device.model_file import write_model
from training.calibration import calibration_error, fit_temperature
from training.data import DataError, Dataset, load

if TYPE_CHECKING:
    from training.keras_file import Network

# Enough for a median that moves by less than a hundredth, in half a minute.
FRAMING_IMAGES = 1500


def make(request: Request, trained: Network, made: Path) -> None:
    """Write the verified model file ``made``.

    Raises ConfigError and DataError for what was given and cannot be used,
    ModelError where the result is not good enough.
    """
    # With load's own seed, never ours: a data set without splits must be split
    # as it was for training, or the model is measured on what it learned.
    everything = load(request.data, request.votes, labels=request.labels, reading=request.reading)
    dataset = _learned(request, everything, trained.labels)
    summary.tell_data(request.data, dataset)
    # Faces of all classes lie alike on the detector's box.
    measured = measure_framing(_drawn(everything.train.images, request.seed))
    summary.tell_framing(measured)
    _write(request, trained.model, dataset, measured, made)


def _write(request: Request, model: Any, dataset: Dataset, measured: Measured, made: Path) -> None:
    """Write the verified model file ``made``."""
    chosen = balanced_sample(dataset.train.labels, request.calibration_images, request.seed)
    tflite, network_note = quantised(model, dataset.train.images[chosen], chatter=request.chatter)
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
