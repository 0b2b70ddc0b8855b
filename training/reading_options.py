"""The options by which folders of pictures are read that are not like FER2013's."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import ConfigError
from training.class_words import NUMBERINGS
from training.labels import LABELS

if TYPE_CHECKING:  # help needs no OpenCV
    from device.preprocess import Framing
    from training.image_folder import Reading


# What they are called in the arguments.
OPTIONS = ("find_faces", "no_face", "map")


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "--find-faces", action="store_true",
        help="folders: find the face in each picture and cut it out, framed as the card of a "
        ".tflite file says, or by the detector's box where there is none; "
        "a picture of 48x48 is a face as it is",
    )  # fmt: skip
    add(
        "--no-face", choices=("leave-out", "whole"),
        help="with --find-faces: what to do with a picture without one (default: leave-out)",
    )  # fmt: skip
    add(
        "--map", metavar="NAMES", default="",
        help="what folders hold, such as smile=happy,bored=neutral; or, of numbered ones, one of "
        f"{', '.join(NUMBERINGS)}",
    )  # fmt: skip


def reading_of(
    arguments: argparse.Namespace,
    framing: Framing | None = None,
    paths: Iterable[Path] | None = None,
) -> Reading:
    """Return what the options say.

    framing: how a face that is found is cut out; None cuts out the detector's box.
    paths: the data sets, where these are not ``arguments.data`` alone.

    Raises ConfigError for names of folders that are not given as NAME=LABEL, and for options
    that mean nothing: what is no folder of pictures is read in one way.
    """
    from device.preprocess import Framing
    from training.image_folder import Reading

    numbering = arguments.map if arguments.map in NUMBERINGS else ""
    meanings = {} if numbering else _meanings(arguments.map)
    _check(arguments, [arguments.data] if paths is None else paths)
    return Reading(
        meanings=meanings,
        numbering=numbering,
        framing=(framing or Framing()) if arguments.find_faces else None,
        whole=arguments.no_face == "whole",
    )


def _check(arguments: argparse.Namespace, paths: Iterable[Path | None]) -> None:
    """Raise ConfigError for options that mean nothing."""
    from training.data import of_pictures

    if arguments.no_face is not None and not arguments.find_faces:
        raise ConfigError(f"--no-face {arguments.no_face}: goes with --find-faces")
    given = [name for name in OPTIONS if getattr(arguments, name)]
    known = [path for path in paths if path is not None]
    # Of a path that leads nowhere it is better said that it does.
    if given and not any(of_pictures(path) or not path.exists() for path in known):
        named = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        there = ", ".join(map(str, known)) or "no --data"
        raise ConfigError(f"{named}: for folders of pictures, and there is {there}")


def words_of(reading: Reading) -> list[str]:
    """Return the options that say ``reading``, for a command line that can be given again."""
    names = [reading.numbering] if reading.numbering else []
    names += [f"{name}={label}" for name, label in reading.meanings.items()]
    words = ["--map", ",".join(names)] if names else []
    if reading.framing is not None:
        words += ["--find-faces", *(["--no-face", "whole"] if reading.whole else [])]
    return words


def fingerprint_of(reading: Reading) -> dict[str, dict[str, str]]:
    """Return what tells a run of this reading from others, beside the data; nothing as usual."""
    text = " ".join(words_of(reading))
    if not text:
        return {}
    return {"reading": {"name": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}}


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
