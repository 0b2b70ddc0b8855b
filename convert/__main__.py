"""The command: ``python -m convert MODEL.keras --data … --out …``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from convert.options import SAVED_MODEL, check
from device.errors import ConfigError, MienError
from training.ctrl_c import INTERRUPTED, interruptible, leave
from training.kinds import kind_of
from training.reading_options import add_reading, reading_of

_SEED, _CALIBRATION_IMAGES = 0, 700


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert a model; return the exit code.

    0 is success, 2 a wrong setting, 1 a file that cannot be used or a result that
    is not good enough, 130 an interruption.
    """
    options = _parser().parse_args(arguments)
    try:
        check(options, SAVED_MODEL if options.to == SAVED_MODEL else kind_of(options.model))
        with interruptible():
            if options.to == SAVED_MODEL:
                _to_saved_model(options)
            else:
                _to_tflite(options)
    except (MienError, OSError) as error:  # the latter where a disk is full, say
        if options.debug:
            raise
        print(f"mien: {_one_line(error)}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        print("mien: stopped; no model file was written", file=sys.stderr)
        return INTERRUPTED
    return 0


def _to_tflite(options: argparse.Namespace) -> None:
    # Imported here: help and mistakes in the arguments need no TensorFlow.
    from convert.conversion import Request, convert

    if options.data is None:
        raise ConfigError("--data is missing: give the data set that the model was trained on")
    convert(
        Request(
            model=options.model,
            data=options.data,
            out=options.out,
            name=options.name,
            seed=_SEED if options.seed is None else options.seed,
            calibration_images=(
                _CALIBRATION_IMAGES
                if options.calibration_images is None
                else options.calibration_images
            ),
            test=options.test,
            outlines=options.outlines,
            test_outlines=options.test_outlines,
            votes=options.votes,
            labels=options.labels or "fer2013",
            reading=reading_of(options),
            chatter=options.debug,
        )
    )


def _to_saved_model(options: argparse.Namespace) -> None:
    from convert.serving.export import Request, export

    export(
        Request(
            model=options.model,
            out=options.out,
            name=options.name or "mien",
            temperature=options.temperature,
            data=options.data,
            votes=options.votes,
            labels=options.labels or "fer2013",
            reading=reading_of(options),
            chatter=options.debug,
        )
    )


class _Parser(argparse.ArgumentParser):
    """Answers a mistake in one line; argparse would put the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"mien: {message}: see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m convert",
        description="Turn a trained Keras model into an int8 TFLite file, measure it on the "
        "validation split, and write it only if it is as good as the original. Or write a "
        "SavedModel for TensorFlow Serving, which answers as the Keras model does.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL.keras", help="the trained model")
    parser.add_argument(
        "--to", choices=("tflite", SAVED_MODEL), default="tflite",
        help="for the device, or for TensorFlow Serving (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--data", type=Path, metavar="FILE_OR_FOLDER",
        help="the data set that it was trained on: FER2013 as CSV, or a folder of images; for a "
        "network of landmarks its CSV of points, for one of masks that of its pictures; "
        "a SavedModel can do without",
    )  # fmt: skip
    parser.add_argument(
        "--test", type=Path, metavar="FILE",
        help="points to measure a network of landmarks on; pictures for one of masks",
    )  # fmt: skip
    parser.add_argument(
        "--outlines", type=Path, metavar="FILE",
        help="the 68 points of the rows of --data, for a network of masks",
    )  # fmt: skip
    parser.add_argument(
        "--test-outlines", type=Path, metavar="FILE", help="the same of the rows of --test"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.tflite",
        help="where the result goes; of a SavedModel the folder that holds its versions",
    )  # fmt: skip
    parser.add_argument(
        "--temperature", type=float, metavar="T",
        help="what a SavedModel divides logits by (default: fitted on --data, or 1 without)",
    )  # fmt: skip
    parser.add_argument(
        "--votes", type=Path, metavar="FILE", help="FER+ votes, for a model that learned its labels"
    )
    parser.add_argument(
        "--labels", choices=("fer2013", "ferplus"),
        help="whose labels the model has learned (default: fer2013)",
    )  # fmt: skip
    add_reading(parser)
    parser.add_argument(
        "--name", default="", help="the model's name (default: mien, landmarks, mask)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help=f"for drawing images (default: {_SEED})"
    )
    parser.add_argument(
        "--calibration-images", type=int, metavar="N",
        help="training images to calibrate on, equally many a class "
        f"(default: {_CALIBRATION_IMAGES})",
    )  # fmt: skip
    parser.add_argument(
        "--debug", action="store_true", help="show tracebacks and what TensorFlow says"
    )
    return parser


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    leave(main())
