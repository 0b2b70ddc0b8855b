"""The golden pictures: ``python -m tests.device.drawing.golden`` draws them anew.

Look at each of them before committing it. Large ones are kept at half their size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from device.drawing import VIEWS, Look, Scene, annotate, draw, emoji
from tests.device.drawing.scenes import MANY, room, scene

FOLDER = Path(__file__).parent / "golden"
SIZES = [(320, 240), (480, 320), (800, 480), (1920, 1080), (240, 320), (480, 800)]
EMOJI = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "uncertain", "nobody"]
NOTICE = ["http://raspberrypi:8080/", "green-moon-42"]
_HALVED_PX = 1000
# A pixel differs where a channel does by more than this, which is more than the rounding of
# another version; and so many pixels may.
_DIFFERS, _MAY_DIFFER = 32, 6


def drawings() -> dict[str, tuple[Scene, tuple[int, int], Look]]:
    """What is drawn for each golden picture of the screen, by its name."""
    cases = {
        f"{view}-{size[0]}x{size[1]}": (scene(), size, Look(view))
        for view in VIEWS
        for size in SIZES
    }
    small, french = (320, 240), Look("picture", mirror=True, language="fr")
    cases |= {
        "many-fr-mirror": (scene(readings=MANY), (800, 480), french),
        "many-bars-fr": (scene(readings=MANY), (480, 320), Look("bars", language="fr")),
        "nobody-fr": (scene(readings=[]), small, Look(language="fr")),
        "no-picture": (scene(picture=None, readings=[], rate_hz=None), (480, 320), Look()),
        "no-picture-bars-fr": (scene(picture=None), small, Look("bars", language="fr")),
        "nothing-read": (scene(session=None), small, Look("statistics")),
        "statistics-fr": (scene(), small, Look("statistics", language="fr")),
        "notice": (scene(notice=NOTICE), small, Look()),
        "notice-dismissible": (scene(notice=NOTICE, dismissible=True), small, Look()),
        "notice-upright-fr": (scene(notice=NOTICE, dismissible=True), (240, 320), french),
        "turned-90": (scene(), small, Look(rotate_deg=90)),
        "turned-180": (scene(), small, Look(rotate_deg=180)),
        "turned-270": (scene(), small, Look(rotate_deg=270)),
        "wide": (scene(picture=room(640, 360)), (800, 480), Look()),
        "grey": (scene(picture=cv2.cvtColor(room(), cv2.COLOR_BGR2GRAY)), small, Look()),
    }
    return cases


def names() -> list[str]:
    return [*drawings(), "annotated", *(f"emoji-{name}" for name in EMOJI)]


def picture(name: str) -> np.ndarray:
    """The golden picture of that name as it would be drawn now: RGB, or RGBA of an emoji."""
    if name == "annotated":
        return annotate(room(), MANY, "fr", mirror=True)[..., ::-1]
    if name.startswith("emoji-"):
        return emoji(name.removeprefix("emoji-"), 96)
    return halved(draw(*drawings()[name]))


def halved(drawn: np.ndarray) -> np.ndarray:
    if max(drawn.shape) < _HALVED_PX:
        return drawn
    return cv2.resize(drawn, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def golden(name: str) -> np.ndarray:
    """The golden picture of that name as it lies there."""
    stored = cv2.imread(str(FOLDER / f"{name}.png"), cv2.IMREAD_UNCHANGED)
    assert stored is not None, f"no golden picture {name}: python -m tests.device.drawing.golden"
    code = cv2.COLOR_BGRA2RGBA if stored.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(stored, code)


def difference(one: np.ndarray, other: np.ndarray) -> int:
    """How many pixels differ; all of them for pictures of two sizes."""
    if one.shape != other.shape:
        return one.size
    apart = cv2.absdiff(np.ascontiguousarray(one), np.ascontiguousarray(other))
    return int((apart.max(axis=2) > _DIFFERS).sum())


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    return difference(one, other) <= _MAY_DIFFER


def main() -> Iterator[str]:
    FOLDER.mkdir(exist_ok=True)
    for old in set(FOLDER.glob("*.png")) - {FOLDER / f"{name}.png" for name in names()}:
        old.unlink()
    for name in names():
        drawn = picture(name)
        code = cv2.COLOR_RGBA2BGRA if drawn.shape[2] == 4 else cv2.COLOR_RGB2BGR
        path = FOLDER / f"{name}.png"
        cv2.imwrite(str(path), cv2.cvtColor(drawn, code), [cv2.IMWRITE_PNG_COMPRESSION, 9])
        yield f"{path.name} {path.stat().st_size // 1024} kB"


if __name__ == "__main__":
    for line in main():
        print(line)
