"""What a conversion is asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convert import card, network
from device.errors import ConfigError
from training.data import DataError, LabelKind, Reading
from training.reading_options import words_of

_WANTED = {
    "--data": "give what the model was trained on, such as a FER2013 CSV or a folder",
    "--test": "give a CSV file of points",
    "--outlines": "give a CSV file of 68 points",
    "--test-outlines": "give a CSV file of 68 points",
}


def command_line(model: Path, options: Mapping[str, object], reading: Reading) -> str:
    """Return the command that converts ``model``, with names in place of paths.

    options: what was given for each; one of None is left out.
    """
    words = ["python", "-m", "convert", model.name]
    for option, value in options.items():
        if value is not None:
            words += [option, value.resolve().name if isinstance(value, Path) else str(value)]
    return shlex.join([*words, *words_of(reading)])


@dataclass(frozen=True)
class Request:
    """What to convert, and how.

    name: what the model is to be called; "" for what its kind is called by itself.
    test: a file that nothing was chosen by: of points, for a model that finds points; of
        pictures, for one that marks faces.
    outlines, test_outlines: the 68 points of the same rows, for a model that marks faces.
    votes, labels: FER+ votes, and whose labels a classifier has learned.
    reading: how folders of pictures are read, as for the training.
    calibration_images: how many training images to calibrate on, at least one a class.
    chatter: let TensorFlow talk.
    """

    model: Path
    data: Path
    out: Path
    name: str
    seed: int
    calibration_images: int
    test: Path | None = None
    outlines: Path | None = None
    test_outlines: Path | None = None
    votes: Path | None = None
    labels: LabelKind = "fer2013"
    reading: Reading = field(default_factory=Reading)
    chatter: bool = False

    @property
    def command(self) -> str:
        """The command line, with names in place of paths: it is read on other machines."""
        options = {
            "--data": self.data,
            "--out": self.out,
            "--name": self.name,
            "--seed": self.seed,
            "--calibration-images": self.calibration_images,
            **self._others(),
            "--votes": self.votes,
            "--labels": None if self.votes is None else self.labels,
        }
        return command_line(self.model, options, self.reading)

    def _others(self) -> dict[str, Path | None]:
        return {
            "--outlines": self.outlines,
            "--test": self.test,
            "--test-outlines": self.test_outlines,
        }

    def check(self) -> None:
        """Raise ConfigError for what can be told at once, before minutes are spent."""
        if self.name:
            card.check_name(self.name)
        if self.seed < 0:
            raise ConfigError(f"--seed {self.seed}: give 0 or more")
        if self.calibration_images < 1:
            raise ConfigError(f"--calibration-images {self.calibration_images}: give 1 or more")
        network.check_file(self.model)
        for option, path in {"--data": self.data, **self._others()}.items():
            if path is not None and not path.exists():
                raise DataError(f"{option} {path}: not found: {_WANTED[option]}")
        if self.out.suffix != ".tflite":  # a slip must not replace the network that was trained
            raise ConfigError(f"--out {self.out}: give a name that ends in .tflite")
        if self.out.exists() and not self.out.is_file():
            raise ConfigError(f"--out {self.out}: is no file: give the name of a .tflite file")
