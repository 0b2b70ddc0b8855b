"""The command: ``python -m convert MODEL.keras --data … --out …``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from device.errors import ConfigError, MienError


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert a model; return the exit code.

    0 is success, 2 a wrong setting, 1 a file that cannot be used or a result that
    is not good enough, 130 an interruption.
    """
    options = _parser().parse_args(arguments)
    try:
        # Imported here: help and mistakes in the arguments need no TensorFlow.
        from convert.conversion import Request, convert

        convert(
            Request(
                model=options.model,
                data=options.data,
                out=options.out,
                name=options.name,
                seed=options.seed,
                calibration_images=options.calibration_images,
                votes=options.votes,
                labels=options.labels,
                chatter=options.debug,
            )
        )
    except (MienError, OSError) as error:  # the latter where a disk is full, say
        if options.debug:
            raise
        print(f"mien: {_one_line(error)}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        print("mien: stopped; no model file was written", file=sys.stderr)
        return 130
    return 0


class _Parser(argparse.ArgumentParser):
    """Answers a mistake in one line; argparse would put the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"mien: {message}: see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m convert",
        description="Turn a trained Keras model into an int8 TFLite file, measure it on the "
        "validation split, and write it only if it is as good as the original.",
    )
    parser.add_argument("model", type=Path, metavar="MODEL.keras", help="the trained model")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FILE_OR_FOLDER",
        help="the data set that it was trained on: FER2013 as CSV, or a folder of images",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.tflite", help="where the result goes"
    )
    parser.add_argument(
        "--votes", type=Path, metavar="FILE", help="FER+ votes, for a model that learned its labels"
    )
    parser.add_argument(
        "--labels", choices=("fer2013", "ferplus"), default="fer2013",
        help="whose labels the model has learned (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--name", default="mien", help="the model's name (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="for drawing images (default: %(default)s)"
    )
    parser.add_argument(
        "--calibration-images", type=int, default=700, metavar="N",
        help="training images to calibrate on, equally many a class (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--debug", action="store_true", help="show tracebacks and what TensorFlow says"
    )
    return parser


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
