"""``python -m training hack``: change a face as little as it takes to read it otherwise."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from device.errors import ConfigError
from training.counted import counted
from training.errors import DataError, HackError
from training.reading_options import add_reading, reading_of
from training.shipped import INT8_MODEL, KERAS_MODEL

if TYPE_CHECKING:
    from device.records import Grey
    from training.answers import Answer
    from training.classifier import Classifier
    from training.comparison import Shown

HELP = "change a face as little as it takes to read it as another emotion"
_INPUT, _HACKED, _COMPARISON = "input_image.png", "hacked_image.png", "comparison.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add = parser.add_argument
    add(
        "model", type=Path, nargs="?", metavar="MODEL",
        help="a .keras file, which gives the gradient (default: the shipped model)",
    )  # fmt: skip
    add("--int8", type=Path, metavar="FILE", help="the .tflite file made of MODEL, deceived too")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--image", type=Path, metavar="FILE",
        help="a 48x48 face as it is, or the largest face of any other picture",
    )  # fmt: skip
    which.add_argument(
        "--data", type=Path, metavar="PATH",
        help="FER2013: the first validation image with the right label that both read so",
    )  # fmt: skip
    add_reading(parser)
    add("--row", type=int, metavar="N", help="with --data: validation image N, counted from 0")
    add("--from", dest="origin", default="happy", metavar="NAME", help="default: happy")
    add("--to", dest="target", default="sad", metavar="NAME", help="default: sad")
    add(
        "--most", type=int, default=64, metavar="LEVELS",
        help="the most that a pixel may change, in grey levels (default: 64)",
    )  # fmt: skip
    add("--out", type=Path, required=True, metavar="FOLDER", help="where the pictures go")


def run(arguments: argparse.Namespace) -> None:
    """Find the smallest change that works, write the pictures, print the readings."""
    from training.hack import Attack, smallest
    from training.keras_file import load_model

    _check(arguments)
    models = _Models.of(arguments)
    face, caption = _face(arguments, models)
    models.check_origin(face, arguments.origin, caption)
    print(f"face        {caption}")
    print(f"models      {_short(models.keras_path)}\n            {_short(models.int8_path)}")
    print("tried      ", end="", flush=True)
    attack = Attack(load_model(models.keras_path)[0], models.readers, arguments.target)
    hacked = smallest(attack, face, arguments.most, _tell)
    print(" (grey levels)")
    if hacked is None:
        raise HackError(
            f"{caption} is not read as {arguments.target} by both models within "
            f"{arguments.most} grey levels: allow more with --most, or take another face"
        )
    _write(arguments.out, models, face, hacked)


def _tell(bound: int, works: bool) -> None:
    print(f" {bound} {'works' if works else 'no'} ", end="", flush=True)


def _short(path: Path) -> Path:
    """Return a path below the folder that the command runs in without that folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _check(arguments: argparse.Namespace) -> None:
    """Raise ConfigError where the options do not go together."""
    if not 1 <= arguments.most <= 255:
        raise ConfigError(f"--most is {arguments.most}: give 1 to 255 grey levels")
    if arguments.row is not None and arguments.data is None:
        raise ConfigError(f"--row {arguments.row} is without --data: it is a row of a data set")
    reading_of(arguments)  # before a network is loaded
    if (arguments.model is None) != (arguments.int8 is None):
        raise ConfigError("MODEL and --int8 FILE belong together: give both, or none of them")
    if arguments.origin == arguments.target:
        raise ConfigError(f"--from and --to are both {arguments.origin!r}: give two emotions")
    outputs = [(arguments.out / name).resolve() for name in (_INPUT, _HACKED, _COMPARISON)]
    if arguments.image is not None and arguments.image.resolve() in outputs:
        raise ConfigError(f"{arguments.image} would be overwritten: give another --out")


@dataclass(frozen=True)
class _Models:
    """The network with a gradient, and the one in int8 that was made of it."""

    keras_path: Path
    int8_path: Path
    readers: tuple[Classifier, Classifier]

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> _Models:
        from training.classifier import load_classifier

        paths = (arguments.model or KERAS_MODEL, arguments.int8 or INT8_MODEL)
        for path, kind in zip(paths, (".keras", ".tflite"), strict=True):
            if path.suffix.lower() != kind:
                raise ConfigError(f"{path}: give a {kind} file")
        readers = (load_classifier(paths[0]), load_classifier(paths[1]))
        for reader, path in zip(readers, paths, strict=True):
            for name in (arguments.origin, arguments.target):
                if name not in reader.classes:
                    known = ", ".join(reader.classes)
                    raise ConfigError(f"{path} does not read {name!r}: use two of {known}")
        return cls(*paths, readers)

    def ask(self, face: Grey) -> dict[str, Answer]:
        """Return what each says of ``face``, uint8 (48, 48)."""
        from training.answers import ask

        names = ("Keras", "int8")
        return {n: ask(r, face[None])[0] for n, r in zip(names, self.readers, strict=True)}

    def agree_on(self, face: Grey, emotion: str) -> bool:
        return all(answer.emotion == emotion for answer in self.ask(face).values())

    def check_origin(self, face: Grey, emotion: str, caption: str) -> None:
        """Raise DataError where one of the two reads ``face`` as something else."""
        if not self.agree_on(face, emotion):
            said = ", ".join(f"{a} ({name})" for name, a in self.ask(face).items())
            raise DataError(
                f"{caption} is not read as {emotion} but as {said}: "
                "give another face, or another --from"
            )


def _face(arguments: argparse.Namespace, models: _Models) -> tuple[Grey, str]:
    """Return the face to change, uint8 (48, 48), and what to call it."""
    if arguments.image is not None:
        return _face_of_image(arguments.image, models)
    return _face_of_data(arguments, models)


def _face_of_image(path: Path, models: _Models) -> tuple[Grey, str]:
    from training.face_pictures import FaceCutter, framing_for
    from training.image_file import read_grey

    faces = FaceCutter(framing_for(models.int8_path)).cut(read_grey(path))
    if not faces:
        raise DataError(f"{path}: no face found: give another picture, or a face of 48x48 pixels")
    return faces[0].crop, str(path)


def _face_of_data(arguments: argparse.Namespace, models: _Models) -> tuple[Grey, str]:
    from training.data import load
    from training.face_pictures import framing_for

    reading = reading_of(arguments, framing_for(models.int8_path))
    dataset = load(arguments.data, reading=reading)
    split = dataset.split("validation")
    called = f"{arguments.data.name}, {split.origin or 'validation'}"
    if arguments.row is not None and not 0 <= arguments.row < len(split):
        raise ConfigError(f"--row is {arguments.row}: {called} has rows 0 to {len(split) - 1}")
    rows = range(len(split)) if arguments.row is None else [arguments.row]
    for row in rows:
        face, label = split.images[row], dataset.classes[split.labels[row]]
        suits = label == arguments.origin and models.agree_on(face, arguments.origin)
        if suits or arguments.row is not None:
            return face, f"{called} row {row}, labelled {label}"
    raise DataError(
        f"{called}: no image labelled {arguments.origin} is read so by both models: "
        "name one with --row, or give another --from"
    )


def _write(out: Path, models: _Models, face: Grey, hacked: Grey) -> None:
    from training.comparison import Shown, draw_comparison
    from training.hack import distance, distance_l2
    from training.image_file import read_grey, write_png

    out.mkdir(parents=True, exist_ok=True)
    write_png(out / _INPUT, face)
    write_png(out / _HACKED, hacked)
    # What is said from here on is of the files as they are on disk.
    before, after = (read_grey(out / name) for name in (_INPUT, _HACKED))
    shown = Shown(before, models.ask(before)), Shown(after, models.ask(after))
    most, l2 = distance(before, after), distance_l2(before, after)
    pixels = f"{(before != after).sum():,} of {before.size:,} pixels changed"
    changed = f"L-infinity {counted(most, 'grey level')}, L2 {l2:.1f}, {pixels}"
    draw_comparison(*shown, changed.replace(", ", "\n"), out / _COMPARISON)
    print(_table(*shown))
    print(f"change      {changed}")
    files = (str(out / name) for name in (_INPUT, _HACKED, _COMPARISON))
    print("written     " + "\n            ".join(files))


def _table(before: Shown, after: Shown) -> str:
    lines = [f"{'':12}{'before':18}after"]
    for name, answer in before.answers.items():
        lines.append(f"{name:12}{answer!s:18}{after.answers[name]}")
    return "\n".join(lines)
