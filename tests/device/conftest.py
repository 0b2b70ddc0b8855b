"""What the device's tests share: the demo clip, the shipped model, made-up frames."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from device.model import Model
from device.model_store import SHIPPED
from device.records import Frame, Grey
from device.service import DEMO
from device.sources.video import Video

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
MODEL = SHIPPED / "mien.tflite"
# Real films, where somebody has put them beside the checkout.
VIDEOS = ROOT.parent / "shared" / "data" / "videos"

Mien = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def demo_frames() -> list[Frame]:
    with Video(DEMO) as video:
        return list(video)


@pytest.fixture(scope="session")
def face_picture(demo_frames: list[Frame]) -> Grey:
    """The demo clip's first picture, which shows a face."""
    return demo_frames[0].grey


@pytest.fixture(scope="session")
def empty_picture() -> Grey:
    """A picture without anybody: a soft gradient."""
    down, across = np.mgrid[0:360, 0:640]
    return (60 + down / 4 + across / 10).astype(np.uint8)


@pytest.fixture(scope="session")
def model() -> Model:
    return Model(MODEL)


@pytest.fixture
def mien(tmp_path: Path) -> Mien:
    """Run ``python -m device`` with arguments, in an empty folder."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "device", *map(str, arguments)],
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": python_path()},
            capture_output=True, text=True, timeout=300, check=False, **options,
        )  # fmt: skip

    return run


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a program by the name of systemctl say what is given, of Mien's unit alone."""
    folder = tmp_path / "bin"

    def says(text: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "text").write_text(text)
        program = folder / "systemctl"
        program.write_text(f'#!/bin/sh\n[ "$1 $2" = "show mien.service" ] && cat {folder}/text\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return says


@pytest.fixture
def somebody_else(tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """Be no root within the block, for whom no right is ever missing."""

    @contextmanager
    def step_down() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        # pytest's own are the user's alone; with workers there is one more.
        for folder in (tmp_path, *tmp_path.parents[:3]):
            folder.chmod(folder.stat().st_mode | 0o055)
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return step_down


def python_path() -> str:
    """Where a process of its own finds the program and what this one imports."""
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests: there can be no second driver beside it in a process."""
    playwright = pytest.importorskip("playwright.sync_api")
    from tests.device.sinks.web.browser.visitor import CHROMIUM, QUIET

    if not shutil.which(CHROMIUM) and not os.environ.get("CI"):
        pytest.skip(f"no {CHROMIUM}: sudo apt install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()
