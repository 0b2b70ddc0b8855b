"""A page that is really served, with real sessions behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from device.config import PageSettings, Settings
from device.costs import Costs
from device.history import History
from device.model import Model
from device.model_file import unpack
from device.pipeline import Veil
from device.records import Frame
from device.service import build_pipeline
from device.sessions import Sessions
from device.sinks.statistics import Statistics
from device.sinks.web import About, Web
from device.sinks.web.limits import Limits
from device.sinks.web.passwords import hash_password
from device.sources.base import Source
from device.sources.synthetic import Synthetic
from tests.device.conftest import MODEL
from tests.device.waiting import DEADLINE_S, until

PASSWORD = "correct horse battery"  # noqa: S105 - of these tests
PASSWORD_HASH = hash_password(PASSWORD).text


@dataclass
class Page:
    """A served page; ``client`` asks it as a script does."""

    web: Web
    sessions: Sessions
    costs: Costs
    model: Model
    parts: ExitStack

    @property
    def port(self) -> int:
        return int(self.web.url.rstrip("/").rpartition(":")[2])

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    def client(self, **options: Any) -> httpx.Client:
        options.setdefault("timeout", DEADLINE_S)
        # One page serves many tests: what they leave open would count among its visitors.
        options.setdefault("limits", httpx.Limits(max_keepalive_connections=0))
        base = f"http://127.0.0.1:{self.port}"
        return self.parts.enter_context(httpx.Client(base_url=base, **options))

    def read(self, source: Source, veil: Veil | None = None) -> None:
        """Read the faces of ``source`` to its end, in this thread, through the whole pipe."""
        sinks = [Statistics(self.sessions), self.web]
        pipeline = build_pipeline(Settings(), source, self.model, sinks, self.costs, veil=veil)
        pipeline.run(threading.Event())

    @contextmanager
    def reading(
        self, frames: list[Frame], rate_hz: float = 15.0, veil: Veil | None = None
    ) -> Iterator[None]:
        """Read ``frames`` over and over within the block, as of a camera."""
        with Synthetic([frame.grey for frame in frames], rate_hz=rate_hz) as source:
            thread = threading.Thread(target=self.read, args=(source, veil), name="test pipeline")
            thread.start()
            try:
                yield
            finally:
                source.close()
                thread.join(DEADLINE_S)
                assert not thread.is_alive()


Serve = Callable[..., Page]


def start_page(
    parts: ExitStack,
    model: Model,
    *,
    state: Path | None = None,
    log: Path | None = None,
    limits: Limits | None = None,
    **settings: Any,
) -> Page:
    """Serve a page until ``parts`` are closed; wait until it answers."""
    card = msgspec.to_builtins(unpack(MODEL)[0])
    about = About("1.2.3", "a camera", True, model.id, card, log)
    history = History(None, keep_days=1, max_bytes=1_000_000)
    sessions = parts.enter_context(Sessions(model.labels, history))
    costs = Costs()
    page_settings = PageSettings(**{"port": 0, **settings})
    web = parts.enter_context(
        Web(page_settings, sessions, costs, about, state=state, limits=limits)
    )
    page = Page(web, sessions, costs, model, parts)
    client = page.client()
    until(lambda: client.get("/healthz").status_code in (200, 503), "the page")
    return page


@pytest.fixture
def serve(model: Model) -> Iterator[Serve]:
    with ExitStack() as parts:
        yield lambda **options: start_page(parts, model, **options)


@pytest.fixture(scope="module")
def page(model: Model, demo_frames: list[Frame]) -> Iterator[Page]:
    """A page without a password that has seen three seconds of the demo clip."""
    with ExitStack() as parts:
        page = start_page(parts, model)
        pictures = [frame.grey for frame in demo_frames[:45]]
        page.read(Synthetic(pictures, rate_hz=100, frames=45))
        yield page


@pytest.fixture(scope="module")
def client(page: Page) -> httpx.Client:
    return page.client()
