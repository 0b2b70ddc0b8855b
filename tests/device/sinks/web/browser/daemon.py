"""The real program with its web page, in a process of its own, on the demo clip."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import httpx

ROOT = Path(__file__).parents[5]
STARTS_WITHIN_S = 60.0


class Daemon:
    """``python -m device run --web``, from its start until ``stop``.

    folder: where its state and its log are kept; they outlive it.
    port: where it listens; 0 for any that is free.
    password: what it asks for; "" for nothing.
    log: whether it keeps one.
    source: a recording that it reads in place of the demo clip, once and at its own pace;
        a relative path is one in ``folder``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        password: str = "",
        log: bool = True,
        source: Path | None = None,
    ) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "mien.toml"
        settings.write_text(
            f'screen = "off"\nstate = "{folder}/state"\n'
            + (f'source = "{source}"\n' if source else "")
            + (f'log = "{folder}/readings.jsonl"\n' if log else "")
            + f"[page]\nport = {port}\n",
            encoding="utf-8",
        )
        if password:
            self._set_password(settings, password)
        self._said = folder / "stderr"
        command = [sys.executable, "-m", "device", "run", "--web", "--config", str(settings)]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=said
            )
        try:
            self.url = self._wait_for_url()
            until(self._answers, "an answer of the page")
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rsplit(":", 1)[1])

    @property
    def log(self) -> Path:
        """Its log of readings."""
        return self._folder / "readings.jsonl"

    def get(self, path: str) -> httpx.Response:
        """Ask it for ``path``, as a script would that needs no password."""
        return httpx.get(self.url + path, timeout=10)

    def stop(self) -> None:
        """End it as systemd does."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def _set_password(self, settings: Path, password: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "device", "password", "--config", str(settings)],
            cwd=self._folder, env=environment(), input=f"{password}\n", text=True,
            stdout=subprocess.DEVNULL, check=True, timeout=60,
        )  # fmt: skip

    def _wait_for_url(self) -> str:
        found = until(
            lambda: re.search(r"http://[\w.-]+:\d+", self._text()) or self._ended(),
            "the address of the page",
        )
        return found[0]

    def _answers(self) -> bool:
        try:
            return self.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def _text(self) -> str:
        return self._said.read_text(encoding="utf-8", errors="replace")

    def _ended(self) -> None:
        code = self._process.poll()
        assert code is None, f"ended with {code}: {self._text()}"


def until(condition: Callable[[], object], what: str, within_s: float = STARTS_WITHIN_S) -> object:
    """Return what ``condition`` gives as soon as it is true; fail where it never is."""
    never = threading.Event()
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        if found := condition():
            return found
        never.wait(0.05)
    raise AssertionError(f"waited {within_s:g} s for {what}")


def environment() -> dict[str, str]:
    """Return this process's environment, in which ``python -m device`` is found."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"PYTHONPATH": path}
