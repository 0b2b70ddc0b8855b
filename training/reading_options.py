"""The options by which folders of pictures are read that are not like FER2013's."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from device.errors import ConfigError
from training.class_words import NUMBERINGS
from training.labels import LABELS

if TYPE_CHECKING:  # help needs no OpenCV
    from device.preprocess import Framing
    from training.image_folder import Reading


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "--find-faces", action="store_true",
        help="folders: find the face in each picture and cut it out as the device does; "
        "a picture of 48x48 is a face as it is",
    )  # fmt: skip
    add(
        "--no-face", choices=("leave-out", "whole"), default="leave-out",
        help="with --find-faces: what to do with a picture without one (default: %(default)s)",
    )  # fmt: skip
    add(
        "--map", metavar="NAMES", default="",
        help="what folders hold, such as smile=happy,bored=neutral; or, of numbered ones, one of "
        f"{', '.join(NUMBERINGS)}",
    )  # fmt: skip


def reading_of(arguments: argparse.Namespace, framing: Framing | None = None) -> Reading:
    """Return what the options say.

    framing: how a face that is found is cut out; None cuts out the detector's box.

    Raises ConfigError for names of folders that are not given as NAME=LABEL.
    """
    from device.preprocess import Framing
    from training.image_folder import Reading

    numbering = arguments.map if arguments.map in NUMBERINGS else ""
    return Reading(
        meanings={} if numbering else _meanings(arguments.map),
        numbering=numbering,
        framing=(framing or Framing()) if arguments.find_faces else None,
        whole=arguments.no_face == "whole",
    )


def words_of(reading: Reading) -> list[str]:
    """Return the options that say ``reading``, for a command line that can be given again."""
    names = [reading.numbering] if reading.numbering else []
    names += [f"{name}={label}" for name, label in reading.meanings.items()]
    words = ["--map", ",".join(names)] if names else []
    if reading.framing is not None:
        words += ["--find-faces", *(["--no-face", "whole"] if reading.whole else [])]
    return words


def _meanings(text: str) -> dict[str, str]:
    meanings = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, label = (part.strip() for part in pair.rpartition("="))
        if not name or label.lower() not in LABELS:
            raise ConfigError(
                f"--map {pair}: give FOLDER=LABEL, where LABEL is one of {', '.join(LABELS)}; "
                f"or one of {', '.join(NUMBERINGS)}"
            )
        meanings[name] = label.lower()
    return meanings
