"""Takes the README's pictures of the page: ``python -m tests.device.sinks.web.browser.screenshots
FOLDER [FILM]``. It takes five minutes: the demo clip has to have been watched for a while.

With FILM the session is that of the film, near its end, and the history is an example: parts
of the film's session, as if they had been seen at hours of the last week. Both show figures only.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, expect, sync_playwright

from device.history import History
from device.service import DEMO as DEMO_CLIP
from device.summary import SessionSummary
from device.tally import Tally
from tests.device.sinks.web.browser.daemon import Daemon, until
from tests.device.sinks.web.browser.visitor import CHROMIUM, QUIET, Visitor

LARGEST_BYTES = 300_000
# Most of the strip of the last five minutes is filled.
WATCHED_S = 200.0
CLIP, CLIP_S = "clip.mp4", 8.0
# Of a film of 20 s; a page is loaded before it ends.
FILM_S = 17.0
SEED = 5


@dataclass(frozen=True)
class Picture:
    """A page as it looks in a window of a size."""

    name: str
    path: str
    size_px: tuple[int, int]
    scheme: str = "light"
    language: str = "en"
    scale: int = 1

    def take(self, browser: Browser, url: str, folder: Path) -> None:
        """Write the picture."""
        width_px, height_px = self.size_px
        visitor = Visitor(
            browser, url, self.language, color_scheme=self.scheme, device_scale_factor=self.scale,
            viewport={"width": width_px, "height": height_px},
        )  # fmt: skip
        page = visitor.go(self.path)
        if self.path == "/":
            expect(page.locator("#emoji")).to_have_attribute(
                "src", "/emoji/happy.png", timeout=30_000
            )
            page.wait_for_function("() => document.getElementById('stream').naturalWidth > 0")
            page.evaluate("() => document.getElementById('emoji').decode()")
            expect(page.locator("#strip i").first).to_be_visible()
        elif page.locator("#timeline").count():
            expect(page.locator("#timeline i").first).to_be_visible()
        path = folder / f"{self.name}.jpg"
        page.screenshot(path=path, type="jpeg", quality=88)
        visitor.context.close()
        size = path.stat().st_size
        print(f"{path}: {size // 1000} KB", flush=True)
        if size > LARGEST_BYTES:
            raise SystemExit(f"{path}: larger than {LARGEST_BYTES // 1000} KB")


SESSION = Picture("session", "/session", (1280, 1420))
HISTORY = Picture("history", "/history", (1280, 1330))
LOGIN = Picture("login", "/login", (390, 620), scale=2)
DEVICE = Picture("device", "/device", (1280, 1120))
DEMO = (
    Picture("live", "/", (1280, 1190)),
    Picture("phone", "/", (390, 844), "dark", "fr", scale=2),
)


def main(folder: Path, film: Path | None) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mien-") as at, sync_playwright() as playwright:
        states = Path(at)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        with Daemon(states / "guarded", password="of a picture") as daemon:  # noqa: S106
            LOGIN.take(browser, daemon.url, folder)
        with Daemon(_with_clip(states / "device"), source=Path(CLIP)) as daemon:
            _watch(daemon, CLIP_S)
            DEVICE.take(browser, daemon.url, folder)
        if film:
            shown = _take_film(browser, film.resolve(), states, folder)
            _spread(shown, states / "week")
            with Daemon(states / "week") as daemon:
                HISTORY.take(browser, daemon.url, folder)
        with Daemon(states / "demo") as daemon:
            _watch(daemon, WATCHED_S)
            for picture in DEMO if film else (*DEMO, SESSION, HISTORY):
                picture.take(browser, daemon.url, folder)
        browser.close()


def _with_clip(folder: Path) -> Path:
    """Return ``folder``, made, with the demo clip in it: the page shows where a recording lies."""
    folder.mkdir()
    shutil.copy(DEMO_CLIP, folder / CLIP)
    return folder


def _take_film(browser: Browser, film: Path, states: Path, folder: Path) -> SessionSummary:
    """Take the picture of its session, and return that."""
    with Daemon(states / "film", source=film) as daemon:
        _watch(daemon, FILM_S)
        SESSION.take(browser, daemon.url, folder)
        return msgspec.json.decode(daemon.get("/api/session").content, type=SessionSummary)


def _watch(daemon: Daemon, watched_s: float) -> None:
    until(
        lambda: daemon.get("/api/session").json()["watched_s"] > watched_s,
        "the recording to be watched",
        within_s=60 + 2 * watched_s,
    )


def _spread(shown: SessionSummary, folder: Path) -> None:
    """Keep parts of a session as if they had been seen in the week before today."""
    chance = random.Random(SEED)
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = {}
    for days in range(1, 7):
        for hour in range(8, 19):
            moment = today - timedelta(days=days) + timedelta(hours=hour)
            for minute in range(chance.randint(0, 8)):
                tally = Tally()
                tally.add(chance.choice(shown.timeline))
                minutes[int(moment.timestamp()) // 60 + minute] = tally
    state = folder / "state"
    state.mkdir(parents=True)
    history = History(state / "history.db")
    began = today - timedelta(days=6)
    number = history.begin("", began)
    ended = msgspec.structs.replace(shown, id=number, began=began, ended=today)
    history.keep(ended, minutes)
    history.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
