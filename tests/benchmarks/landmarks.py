"""What the landmarks are worth on the device, with and without each of their uses.

    python -m tests.benchmarks.landmarks [--data FOLDER] [--photos FOLDER] [--only SECTION]

Prints the Markdown that stands in ``device/faces/README.md``: a row for each figure, a column
for each set of uses. ``--data`` is a folder with ``videos/``, ``keypoints_test.csv.xz`` and
``fer2013.csv.xz``; what it lacks is left out, and the demo clip stands alone. ``--photos`` is a
folder of pictures without anybody, beside those that are drawn. Runs in the workshop's
environment.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import get_args

import cv2
import msgspec
import numpy as np

from device.config import Settings, Use
from device.face_points import open_landmarks
from device.model import Model
from device.model_choice import open_model
from device.records import Grey
from device.service import DEMO
from tests.benchmarks import clutter, looking, portraits
from tests.benchmarks.looking import Film, Look, Timed

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
NONE = "without"
USES = (NONE, "level", "steady", "blobs", "level,steady", "level,steady,blobs")
TURNS_DEG = (15, 30)
SWAY_S = 8.0
# Frames a second of what is drawn here, all of them looked at, and a sensor's noise, indoors
# and in the dark.
RATE_HZ = 10
NOISES = {"light": 4.0, "dark": 10.0}
STILL_S = 8.0
# Of each person, with the looks at the end of it that count, and each picture without a face.
PERSON_S, SETTLED = 1.6, 10
EMPTY_S = 0.8

Figures = dict[str, str]


def main() -> int:
    """Measure; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER")
    parser.add_argument("--photos", type=Path, metavar="FOLDER")
    parser.add_argument("--pictures", type=int, default=120, help="how many are drawn")
    parser.add_argument("--people", type=int, default=60, help="how many stand in rooms")
    parser.add_argument("--expressions", type=int, default=300, help="how many of FER2013")
    parser.add_argument("--only", choices=list(SECTIONS), help="one part of the table")
    parser.add_argument("--uses", nargs="+", type=uses_of, default=[*map(uses_of, USES)],
                        help="columns, such as: without level,blobs")  # fmt: skip
    options = parser.parse_args()
    cv2.setNumThreads(1)
    everything = with_uses(get_args(Use))
    print(f"By {open_landmarks(everything).id} and {open_model(everything).id}:\n")
    for name, section in SECTIONS.items():
        if options.only in (None, name):
            columns = [section(options, with_uses(uses)) for uses in options.uses]
            titles = [", ".join(uses) or NONE for uses in options.uses]
            print(f"| **{name}** | " + " | ".join(titles) + " |")
            print("|---" * (1 + len(columns)) + "|")
            for row in columns[0]:
                print(f"| {row} | " + " | ".join(column[row] for column in columns) + " |")
            print(flush=True)
    return 0


def uses_of(text: str) -> tuple[str, ...]:
    """Return the uses that stand in ``text`` between commas."""
    uses = () if text == NONE else tuple(text.split(","))
    if unknown := set(uses) - set(get_args(Use)):
        known = ", ".join(get_args(Use))
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: give {NONE}, or some of {known}")
    return uses


def with_uses(uses: tuple[str, ...]) -> Settings:
    """Return the default settings with these uses of the landmarks."""
    settings = Settings()
    faces = msgspec.structs.replace(settings.faces, landmarks=uses)
    return msgspec.structs.replace(settings, faces=faces)


def tilted(options: argparse.Namespace, settings: Settings) -> Figures:
    """Films that are turned: are faces found, and read as in the film that is upright?"""
    model, figures = open_model(settings), {}
    films = films_of(options.data, faces=True)
    upright = [looking.look(settings, model, film) for film in films]
    # What is found is held beside the same for all columns: faces that are there at all.
    without = [looking.look(with_uses(()), model, film) for film in films]
    ways: dict[str, list[Callable[[float], float]]] = {
        f"{turn}°": [lambda _, t=turn: t, lambda _, t=turn: -t] for turn in TURNS_DEG
    }
    ways["sways, 30°"] = [lambda time_s: 30 * float(np.sin(2 * np.pi * time_s / SWAY_S))]
    for name, turns in ways.items():
        found, shown, off = [], [], []
        for film, own, base in zip(films, upright, without, strict=True):
            for turn in turns:
                looks = looking.look(settings, model, film.turned(turn))
                there = [now for now, at in zip(looks, base, strict=True) if at.reading]
                found.append(np.mean([bool(now.reading) for now in there]))
                both = [(a, b) for a, b in zip(looks, own, strict=True) if a.reading and b.reading]
                shown.append(np.mean([a.emotion == b.emotion for a, b in both]))
                off += [abs(a.angle_deg - b.angle_deg - turn(a.time_s)) for a, b in both]
        figures[f"{name}: looks with the face"] = f"{np.mean(found):.1%}"
        figures[f"{name}: reading as upright"] = f"{np.mean(shown):.1%}"
        figures[f"{name}: tilt off by, median and 90 %"] = spread(off, "°")
    return figures


def flicker(options: argparse.Namespace, settings: Settings) -> Figures:
    """Whole films, and still faces under noise: what changes that should not?"""
    model, figures = open_model(settings), {}
    films = films_of(options.data, faces=True)
    looks = [looking.look(settings, model, film) for film in films]
    figures["films: answers that change, a minute"] = mean(map(looking.raw_changes, looks))
    figures["films: readings that change, a minute"] = mean(map(looking.changes, looks))
    for light, noise in NOISES.items():
        stills = [still for film in films for still in film.stills()]
        clips = [looking.look(settings, model, noisy(still, noise)) for still in stills]
        name, moves = f"still face, {light}", [looking.box_moves(clip) for clip in clips]
        by = [float(np.mean([each[i] for each in moves])) for i in range(3)]
        moves_by = np.nanmean([looking.probability_moves(clip) for clip in clips])
        figures[f"{name}: answers that change, a minute"] = mean(map(looking.raw_changes, clips))
        figures[f"{name}: probability that moves, each look"] = f"{moves_by:.2%}"
        figures[f"{name}: centre, side and tilt move by"] = (
            f"{by[0]:.1f} %, {by[1]:.1f} %, {by[2]:.1f}°"
        )
    return figures


def people(options: argparse.Namespace, settings: Settings) -> Figures:
    """Many people in rooms, tilted by up to 30 degrees: who is found, and how is it levelled?"""
    path = options.data / "keypoints_test.csv.xz"
    if not path.is_file():
        return {f"no {path.name}": ""}
    model, found, off, alike, changes = open_model(settings), [], [], [], []
    for upright, turned in portraits.scenes(path, options.people):
        own = settled(settings, model, upright.picture)
        looks = settled(settings, model, turned.picture)
        found.append(np.mean([bool(now.reading) for now in looks]))
        off += [abs(now.angle_deg - turned.tilt_deg) for now in looks if now.reading]
        both = [(a, b) for a, b in zip(own, looks, strict=True) if a.reading and b.reading]
        alike += [a.raw == b.raw for a, b in both]
        changes.append(looking.raw_changes(looks))
    return {
        "looks with the face": f"{np.mean(found):.1%}",
        "each answer as upright": f"{np.mean(alike):.1%}",
        "answers that change, a minute": mean(changes),
        "tilt off by, median and 90 %": spread(off, "°"),
    }


def settled(settings: Settings, model: Model, picture: Grey) -> list[Look]:
    """Return the last looks at a picture that a camera shows for a moment."""
    return looking.look(settings, model, noisy(picture, NOISES["light"], PERSON_S))[-SETTLED:]


def expressions(options: argparse.Namespace, settings: Settings) -> Figures:
    """Faces of known expressions, each a picture of its own: are they read right?"""
    path = options.data / "fer2013.csv.xz"
    if not path.is_file():
        return {f"no {path.name}": ""}
    model, figures = open_model(settings), {}
    known = list(portraits.expressions(path, options.expressions))
    labels = [label for label, _, _ in known]
    for name, scenes in (
        ("upright", [upright for _, upright, _ in known]),
        ("tilted", [tilted for _, _, tilted in known]),
    ):
        pictures = ((float(second), scene.picture) for second, scene in enumerate(scenes))
        looks = looking.look(settings, model, pictures, continuous=False)
        read = [(now, scene) for now, scene in zip(looks, scenes, strict=True) if now.reading]
        right = [now.raw == label for now, label in zip(looks, labels, strict=True) if now.reading]
        figures[f"{name} faces of PublicTest: found"] = f"{len(read) / len(scenes):.1%}"
        figures[f"{name}: of these read right"] = f"{np.mean(right):.1%}"
    return figures


def blobs(options: argparse.Namespace, settings: Settings) -> Figures:
    """Pictures without anybody: what is taken for a face?"""
    model, figures = open_model(settings), {}
    shown: dict[str, Iterable[Timed]] = {
        film.name: film for film in films_of(options.data, faces=False)
    }
    shown[f"{options.pictures} drawn pictures"] = panned(clutter.pictures(options.pictures))
    shown["rooms behind the faces"] = panned(
        room for film in films_of(options.data, faces=True) for room in looking.rooms(film)
    )
    if options.photos:
        shown["photographs"] = panned(photographs(options.photos))
    for name, pictures in shown.items():
        looks = looking.look(settings, model, pictures)
        numbers = {number for now in looks for number in now.numbers}
        share = np.mean([bool(now.numbers) for now in looks])
        figures[f"{name}: false faces, looks with one"] = f"{len(numbers)}, {share:.1%}"
    return figures


def costs(options: argparse.Namespace, settings: Settings) -> Figures:
    """Processor time, memory and start."""
    figures = {}
    for film in films_of(options.data, faces=True):
        cost = looking.cost(settings, film)
        figures[f"{film.name}: a look, ms"] = f"{cost.look_ms:.2f}"
        figures[f"{film.name}: points asked for, a second"] = f"{cost.asked_hz:.1f}"
        figures[f"{film.name}: each time, median, ms"] = f"{cost.ask_ms:.2f}"
    figures["each further face, ms, at 30 looks a second"] = f"{looking.face_ms(settings):.2f}"
    started = looking.started(settings)
    figures["from start to the first reading, s"] = f"{started['start_s']:.2f}"
    figures["memory, MB"] = f"{started['memory_mb']:.1f}"
    return figures


def films_of(data: Path, *, faces: bool) -> list[Film]:
    """Return the films that are there: those of a face, or those of none."""
    names = ["expressive_20s.mp4", "face_leaves.mov"] if faces else ["no_face.mp4"]
    paths = [data / "videos" / name for name in names]
    return [Film(path) for path in ([DEMO] if faces else []) + paths if path.is_file()]


def noisy(still: Grey, noise: float, length_s: float = STILL_S) -> Iterator[Timed]:
    """Yield the same picture over and over, with a sensor's noise."""
    generator = np.random.default_rng(0)
    for index in range(round(length_s * RATE_HZ)):
        levels = still + noise * generator.standard_normal(still.shape, np.float32)
        yield index / RATE_HZ, np.clip(levels, 0, 255).astype(np.uint8)


def panned(pictures: Iterable[Grey]) -> Iterator[Timed]:
    """Yield each picture for a moment, with noise, as a camera shows it that is not quite still."""
    time_s = 0.0
    for picture in pictures:
        for moved_s, seen in noisy(picture, 2.0, EMPTY_S):
            yield time_s + moved_s, np.roll(seen, round(8 * moved_s), axis=1)
        time_s += EMPTY_S


def photographs(folder: Path) -> Iterator[Grey]:
    """Yield the pictures in ``folder``, and quarters of them, 640 pixels at most."""
    for path in sorted(folder.iterdir()):
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            continue
        height, width = picture.shape
        for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
            rows = slice(down * height // 2, (down + 1) * height // 2)
            yield looking.sized(picture[rows, across * width // 2 : (across + 1) * width // 2])
        yield looking.sized(picture)


def spread(values: list[float], unit: str) -> str:
    """Return the median and the 90th percentile."""
    if not values:
        return "none"
    return f"{np.median(values):.1f}{unit}, {np.percentile(values, 90):.1f}{unit}"


def mean(values: Iterable[float]) -> str:
    """Return the mean."""
    return f"{np.mean(list(values)):.1f}"


SECTIONS: dict[str, Callable[[argparse.Namespace, Settings], Figures]] = {
    "tilted": tilted,
    "flicker": flicker,
    "people": people,
    "expressions": expressions,
    "blobs": blobs,
    "costs": costs,
}


if __name__ == "__main__":
    sys.exit(main())
