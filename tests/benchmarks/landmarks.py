"""What the landmarks are worth on the device, with and without each of their uses.

    python -m tests.benchmarks.landmarks [--data FOLDER] [--photos FOLDER] [--only SECTION]

Prints a Markdown table: a row for each figure, a column for each set of uses. ``--data`` is a
folder with ``videos/`` and ``keypoints_test.csv.xz``; without it the demo clip stands alone.
``--photos`` is a folder of pictures without anybody, beside those that are drawn.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np

from device.config import Settings
from device.model_choice import open_model
from device.records import Grey
from device.service import DEMO
from tests.benchmarks import clutter, looking, portraits
from tests.benchmarks.looking import Film, Look, Timed

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
USES: dict[str, tuple[str, ...]] = {
    "without": (),
    "level": ("level",),
    "steady": ("steady",),
    "blobs": ("blobs",),
    "all": ("level", "steady", "blobs"),
}
TURNS_DEG = (10, 20, 30)
SWAY_S = 8.0
# Frames a second of what is drawn here, all of them looked at, and a sensor's noise, indoors
# and in the dark.
RATE_HZ = 10
NOISES = (4.0, 10.0)
STILL_S = 12.0
# Of each person, with the looks at the end of it that count, and each picture without a face.
PERSON_S, SETTLED = 1.6, 10
EMPTY_S = 2.0

Figures = dict[str, str]


def main() -> int:
    """Measure; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER")
    parser.add_argument("--photos", type=Path, metavar="FOLDER")
    parser.add_argument("--pictures", type=int, default=200, help="how many are drawn")
    parser.add_argument("--people", type=int, default=120, help="how many stand in rooms")
    parser.add_argument("--only", choices=list(SECTIONS), help="one part of the table")
    parser.add_argument("--uses", nargs="*", choices=list(USES), default=list(USES))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    for name, section in SECTIONS.items():
        if options.only in (None, name):
            columns = [section(options, with_uses(USES[use])) for use in options.uses]
            print(f"| {name} | " + " | ".join(options.uses) + " |")
            print("|---" * (1 + len(columns)) + "|")
            for row in columns[0]:
                print(f"| {row} | " + " | ".join(column[row] for column in columns) + " |")
            print(flush=True)
    return 0


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
    without = [looking.look(with_uses(()), model, film) for film in films]
    ways: dict[str, list[Callable[[float], float]]] = {
        f"{turn}°": [lambda _, t=turn: t, lambda _, t=turn: -t] for turn in TURNS_DEG
    }
    ways["sways, 30°"] = [lambda time_s: 30 * float(np.sin(2 * np.pi * time_s / SWAY_S))]
    for name, turns in ways.items():
        found, alike, shown, off = [], [], [], []
        for film, own, base in zip(films, upright, without, strict=True):
            for turn in turns:
                looks = looking.look(settings, model, film.turned(turn))
                there = [now for now, at in zip(looks, base, strict=True) if at.reading]
                found.append(np.mean([bool(now.reading) for now in there]))
                both = [(a, b) for a, b in zip(looks, own, strict=True) if a.reading and b.reading]
                alike.append(np.mean([a.raw == b.raw for a, b in both]))
                shown.append(np.mean([a.emotion == b.emotion for a, b in both]))
                off += [abs(a.angle_deg - b.angle_deg - turn(a.time_s)) for a, b in both]
        figures[f"{name}: looks with the face"] = f"{np.mean(found):.1%}"
        figures[f"{name}: each answer as upright"] = f"{np.mean(alike):.1%}"
        figures[f"{name}: reading as upright"] = f"{np.mean(shown):.1%}"
        figures[f"{name}: tilt off by, median and 90 %"] = spread(off, "°")
    return figures


def flicker(options: argparse.Namespace, settings: Settings) -> Figures:
    """Whole films, and still faces under noise: what changes that should not?"""
    model, figures = open_model(settings), {}
    films = films_of(options.data, faces=True)
    looks = [looking.look(settings, model, film) for film in films]
    figures["films: changes of each answer, a minute"] = f"{mean(map(looking.raw_changes, looks))}"
    figures["films: changes of the reading, a minute"] = f"{mean(map(looking.changes, looks))}"
    for noise in NOISES:
        stills = [still for film in films for still in film.stills()]
        clips = [looking.look(settings, model, noisy(still, noise)) for still in stills]
        name = f"still face, noise {noise:g}"
        figures[f"{name}: changes of each answer, a minute"] = mean(map(looking.raw_changes, clips))
        figures[f"{name}: probabilities move by"] = f"{moved(clips, looking.probability_moves)}"
        for what, unit in (("centre", "% of its side"), ("side", "%"), ("tilt", "°")):
            moves = [looking.box_moves(clip)[what] for clip in clips]
            figures[f"{name}: {what} moves by, {unit}"] = f"{np.mean(moves):.2f}"
    return figures


def people(options: argparse.Namespace, settings: Settings) -> Figures:
    """Many people in rooms, tilted by up to 30 degrees: who is found, and how is it levelled?"""
    path = options.data / "keypoints_test.csv.xz"
    if not path.is_file():
        return {f"no {path.name}": ""}
    model, found, off, alike, changes, moves = open_model(settings), [], [], [], [], []
    for upright, tilted in portraits.scenes(path, options.people):
        own = looking.look(settings, model, noisy(upright.picture, NOISES[0], PERSON_S))[-SETTLED:]
        looks = looking.look(settings, model, noisy(tilted.picture, NOISES[0], PERSON_S))[-SETTLED:]
        found.append(np.mean([bool(now.reading) for now in looks]))
        off += [abs(now.angle_deg - tilted.tilt_deg) for now in looks if now.reading]
        both = [(a, b) for a, b in zip(own, looks, strict=True) if a.reading and b.reading]
        alike += [a.raw == b.raw for a, b in both]
        changes.append(looking.raw_changes(looks))
        moves.append(looking.probability_moves(looks))
    return {
        "people: looks with the face": f"{np.mean(found):.1%}",
        "people: each answer as upright": f"{np.mean(alike):.1%}",
        "people: tilt off by, median and 90 %": spread(off, "°"),
        "people: changes of each answer, a minute": mean(changes),
        "people: probabilities move by": f"{np.nanmean(moves):.3f}",
    }


def blobs(options: argparse.Namespace, settings: Settings) -> Figures:
    """Pictures without anybody: what is taken for a face?"""
    model, figures = open_model(settings), {}
    shown: dict[str, Iterable[Timed]] = {
        film.name: film for film in films_of(options.data, faces=False)
    }
    shown[f"{options.pictures} drawn pictures"] = panned(clutter.pictures(options.pictures))
    if films := films_of(options.data, faces=True):
        shown["rooms behind the faces"] = panned(
            room for film in films for room in looking.rooms(film)
        )
    if options.photos:
        shown["photographs"] = panned(photographs(options.photos))
    for name, pictures in shown.items():
        looks = looking.look(settings, model, pictures)
        numbers = {number for now in looks for number in now.numbers}
        minutes = len(looks) / settings.look_hz / 60
        figures[f"{name}: false faces"] = f"{len(numbers)}"
        figures[f"{name}: false faces a minute"] = f"{len(numbers) / minutes:.1f}"
        figures[f"{name}: looks with one"] = f"{np.mean([bool(now.numbers) for now in looks]):.1%}"
    return figures


def costs(options: argparse.Namespace, settings: Settings) -> Figures:
    """Time, memory and start."""
    figures = {}
    for film in films_of(options.data, faces=True):
        found = looking.costs_ms(settings, film)
        figures[f"{film.name}: a look, ms"] = f"{sum(found.values()):.2f}"
        figures[f"{film.name}: of it landmarks, ms"] = f"{found.get('points', 0):.2f}"
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
    """Yield the pictures in ``folder``, and quarters of them, 640 pixels wide."""
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
    return f"{np.mean(list(values)):.1f}"


def moved(clips: list[list[Look]], by: Callable[[list[Look]], float]) -> str:
    return f"{np.nanmean([by(clip) for clip in clips]):.3f}"


SECTIONS: dict[str, Callable[[argparse.Namespace, Settings], Figures]] = {
    "tilted": tilted,
    "flicker": flicker,
    "people": people,
    "blobs": blobs,
    "costs": costs,
}


if __name__ == "__main__":
    sys.exit(main())
