"""A browser from the distribution, and the real program for it to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.device.sinks.web.browser.daemon import Daemon
from tests.device.sinks.web.browser.visitor import Visitor

PASSWORD = "a password of tests"  # noqa: S105
NewVisitor = Callable[..., Visitor]

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A device that asks for no password, shared by all tests."""
    with Daemon(tmp_path_factory.mktemp("device")) as daemon:
        yield daemon


@pytest.fixture
def new_visitor(browser: Browser, daemon: Daemon) -> Iterator[NewVisitor]:
    """Open windows on the page: of ``daemon``, or of the one at ``url``."""
    visitors = []

    def new(language: str = "en", url: str = "", **context: object) -> Visitor:
        visitors.append(Visitor(browser, url or daemon.url, language, **context))
        return visitors[-1]

    yield new
    for visitor in visitors:
        visitor.context.close()


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    return new_visitor()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A device that asks for ``PASSWORD``, and keeps no log."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    with Daemon(folder, password=PASSWORD, log=False) as daemon:
        yield daemon
