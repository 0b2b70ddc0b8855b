"""Somebody with a browser: a page, and all that went wrong on it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # Fewer processes start sooner.
    "--in-process-gpu", "--renderer-process-limit=1",
)  # fmt: skip
PAGES = {"live": "/", "session": "/session", "history": "/history", "device": "/device"}
LOCALES = {"en": "en-GB", "fr": "fr-FR"}
# Something on each page that stands there only when its numbers have come.
FILLED = {
    "live": "#live[data-filled]",
    "session": "#sessions li",
    "history": "#past:visible, #nothing:visible",
    "device": "#machine dd",
    "login": "#password",
}


class Visitor:
    """A browser's window on the page at ``url``.

    errors: what its console and its scripts complained of.
    requests: the address of each request it made.
    """

    def __init__(self, browser: Browser, url: str, language: str = "en", **context: object) -> None:
        self.url = url
        self.context: BrowserContext = browser.new_context(
            **{"locale": LOCALES[language], "viewport": {"width": 1280, "height": 800}} | context
        )
        self.context.set_default_timeout(15_000)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page = self.window()

    def window(self) -> Page:
        """Open a further window."""
        page = self.context.new_page()
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._note)
        return page

    def go(self, path: str) -> Page:
        """Load ``path``, and wait until its numbers stand there."""
        self.page.goto(self.url + path)
        name = self.page.locator("body").get_attribute("data-page")
        self.page.locator(FILLED[name]).first.wait_for()
        return self.page

    def strangers(self) -> list[str]:
        """Return the requests that went anywhere but to the device."""
        own = urlsplit(self.url).netloc
        return [url for url in self.requests if urlsplit(url).netloc not in ("", own)]

    def asked_for(self, path: str) -> int:
        """Return how often ``path`` was requested."""
        return sum(urlsplit(url).path == path for url in self.requests)

    def _note(self, request: Request) -> None:
        self.requests.append(request.url)
