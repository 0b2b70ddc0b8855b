"""Takes the README's pictures of the page: ``python -m tests.device.sinks.web.browser.screenshots
FOLDER``. It takes two minutes: the demo clip has to have been watched for a while."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.device.sinks.web.browser.daemon import Daemon, until
from tests.device.sinks.web.browser.visitor import CHROMIUM, QUIET, Visitor

LARGEST_BYTES = 300_000
WATCHED_S = 100.0


@dataclass(frozen=True)
class Picture:
    """A page as it looks in a window of a size."""

    name: str
    path: str
    size_px: tuple[int, int]
    scheme: str
    scale: int = 1

    def take(self, browser: Browser, url: str, folder: Path) -> Path:
        """Write the picture; return where it lies."""
        width_px, height_px = self.size_px
        visitor = Visitor(
            browser, url, color_scheme=self.scheme, device_scale_factor=self.scale,
            viewport={"width": width_px, "height": height_px},
        )  # fmt: skip
        page = visitor.go(self.path)
        if self.path == "/":
            expect(page.locator("#emotion")).to_have_text("happy", timeout=30_000)
            page.wait_for_function("() => document.getElementById('stream').naturalWidth > 0")
            expect(page.locator("#emoji")).to_have_attribute("src", "/emoji/happy.png")
            page.evaluate("() => document.getElementById('emoji').decode()")
            expect(page.locator("#strip i").first).to_be_visible()
        else:
            expect(page.locator("#timeline i").first).to_be_visible()
        path = folder / f"{self.name}.jpg"
        page.screenshot(path=path, type="jpeg", quality=88)
        visitor.context.close()
        return path


PICTURES = (
    Picture("live", "/", (1280, 1010), "light"),
    Picture("session", "/session", (1280, 1280), "light"),
    Picture("phone", "/", (390, 844), "dark", scale=2),
)


def main(folder: Path) -> None:
    """Take all of ``PICTURES`` of a device that has run for a while."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        Daemon(Path(state)) as daemon,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        until(
            lambda: daemon.get("/api/session").json()["watched_s"] > WATCHED_S,
            "the demo clip to be watched",
            within_s=10 * WATCHED_S,
        )
        for picture in PICTURES:
            path = picture.take(browser, daemon.url, folder)
            size = path.stat().st_size
            print(f"{path}: {size // 1000} KB")
            if size > LARGEST_BYTES:
                raise SystemExit(f"{path}: larger than {LARGEST_BYTES // 1000} KB")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
