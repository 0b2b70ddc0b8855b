"""What a conversion tells its user, line by line as it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.anatomy import Anatomy
from convert.framing import Measured
from convert.request import Request
from convert.serving.verify import MOST, MOST_LEVELS, Agreement
from convert.verify import LEAST_AGREEMENT, MOST_LOST_POINTS, Comparison, Unseen
from device.model_file import read_card
from training.data import Dataset

if TYPE_CHECKING:  # they may bring Keras, whose import is no quiet one
    from training.landmarks.figures import Errors
    from training.mask.figures import Overlaps


def _tell(topic: str, text: str) -> None:
    # Flushed: some steps take half a minute, and the user should see how far it is.
    print(f"{topic:<11} {text}", flush=True)


def warn(text: str) -> None:
    """Say what may be wrong with the result."""
    _tell("warning", text)


def tell_source(path: Path, model: Any) -> None:
    """Say which model is converted."""
    _tell("model", f"{path.name}: {model.name}, {model.count_params():,} parameters")


def tell_data(path: Path, dataset: Dataset) -> None:
    """Say which data set it is measured on."""
    _tell(
        "data",
        f"{path.resolve().name}: {len(dataset.train):,} training and "
        f"{len(dataset.validation):,} validation images",
    )


def tell_faces(request: Request, learned: int, selecting: int, *, known: bool) -> None:
    """Say which faces with points it is measured on.

    known: whether the run says which were held out.
    """
    name = request.data.resolve().name
    _tell("data", f"{name}: {learned:,} faces to learn from and {selecting:,} held out")
    if not known:
        _tell(
            "warning",
            f"no config.json beside {request.model.name}, which would say how many were held out: "
            f"it may have learned these {selecting:,}",
        )


def tell_errors(split: str, keras: Errors, int8: Errors) -> None:
    """Say how far off the points of both models are."""
    _tell(
        "error",
        f"{split}, {int8.faces:,} faces: Keras {keras.nme:.2%}, int8 {int8.nme:.2%} of the eyes' "
        f"distance ({int8.nme / keras.nme - 1:+.1%}); RMSE {keras.rmse_px:.3f} and "
        f"{int8.rmse_px:.3f} px",
    )


def tell_overlaps(split: str, keras: Overlaps, int8: Overlaps) -> None:
    """Say how far the masks of both models are right."""
    _tell(
        "overlap",
        f"{split}, {int8.faces:,} faces: Keras {keras.iou:.2%}, int8 {int8.iou:.2%} "
        f"({100 * (int8.iou - keras.iou):+.2f} points); {int8.worst:.2%} at the worst 5 of 100",
    )


def tell_framing(measured: Measured) -> None:
    """Say how the training images lie on the detector's box."""
    framing, (low, high) = measured.framing, measured.quartiles.scale
    _tell(
        "framing",
        f"{framing.scale:.3f} sides of the face box (half of them {low:.3f} to {high:.3f}), "
        f"{framing.shift_x:+.3f} right, {framing.shift_y:+.3f} down",
    )
    _tell("", f"faces found in {measured.found:,} of {measured.images:,} training images")


def tell_anatomy(anatomy: Anatomy, size_bytes: int, calibration_images: int) -> None:
    """Say what the quantised network is made of."""
    _tell(
        "int8",
        f"{size_bytes:,} bytes, {anatomy.macs / 1e6:.1f} M multiply-accumulates, "
        f"calibrated on {calibration_images:,} images",
    )
    _tell("ops", ", ".join(f"{count} {name}" for name, count in anatomy.counts().items()))
    for name, instead in anatomy.slow().items():
        _tell("warning", f"{name} is slow on a Pi: use {instead}")


def tell_comparison(comparison: Comparison, unseen: Unseen) -> None:
    """Say how well both models read the validation images."""
    _tell(
        "accuracy",
        f"Keras {comparison.keras_accuracy:.2%}, int8 {comparison.int8_accuracy:.2%} "
        f"of {comparison.images:,} validation images "
        f"({-comparison.lost_points:+.2f} points; -{MOST_LOST_POINTS} is allowed)",
    )
    if unseen.images < comparison.images:
        twice = comparison.images - unseen.images
        _tell("", f"int8 {unseen.accuracy:.2%} without the {twice:,} that training has as well")
    _tell(
        "agreement",
        f"{comparison.agreement:.2%} of answers are the same ({LEAST_AGREEMENT:.0%} is needed)",
    )


def tell_temperature(temperature: float, before: float, after: float) -> None:
    """Say how far the probabilities are to be trusted."""
    _tell(
        "temperature",
        f"{temperature:.3f}; expected calibration error {before:.2%} before, {after:.2%} after, "
        "on the images that it was fitted on",
    )


def tell_written(path: Path) -> None:
    """Say what was written."""
    digest = read_card(path)["model_sha256"][:8]
    _tell("written", f"{path} ({path.stat().st_size:,} bytes, sha256 of the model {digest}…)")


def tell_serving_temperature(temperature: float, source: str) -> None:
    """Say what logits are divided by in a SavedModel, and where that comes from."""
    _tell("temperature", f"{temperature:.4g} ({source})")


def tell_agreement(agreement: Agreement) -> None:
    """Say how far a SavedModel is from what it was made of."""
    _tell(
        "answers",
        f"{agreement.difference:.1e} at most from the Keras model's probabilities, on "
        f"{agreement.pictures:,} pictures ({MOST:.0e} is allowed)",
    )
    _tell(
        "jpeg",
        f"{agreement.levels} grey levels at most from the device's pixels "
        f"({MOST_LEVELS} is allowed)",
    )


def tell_version(folder: Path) -> None:
    """Say which version was written."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    _tell("written", f"{folder} ({size:,} bytes)")
