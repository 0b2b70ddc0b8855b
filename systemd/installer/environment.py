"""A release's Python environment: made without pip in it, filled from wheels or the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from installer import apt
from installer.errors import InstallError, last_line
from installer.machine import Machine
from installer.wheelhouse import Wheelhouse

# What a release takes where the packages come from the network, and nobody can add them up.
NETWORK_BYTES = 450_000_000
SLACK_BYTES = 30_000_000
# How pip says that it came to no answer.
OFFLINE = ("failed to establish a new connection", "connection broken", "name resolution",
           "network is unreachable", "timed out", "connecttimeout")  # fmt: skip


class CommandError(InstallError):
    """A program failed; all that it said is in ``said``."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


def make_environment(
    folder: Path, machine: Machine, wheels: Wheelhouse | None, *, screen: bool
) -> None:
    """Make ``folder/venv`` with what the requirement files in ``folder`` ask for.

    Not compiled: Python does that when the release is tried, with what is used alone.
    """
    options = ["--without-pip", *(["--system-site-packages"] if machine.picamera2 else [])]
    _run(sys.executable, "-P", "-m", "venv", *options, str(folder / "venv"))
    scratch = folder / "scratch"
    scratch.mkdir()
    pip = _pip_of(wheels, scratch)
    lines = _lines(folder, machine, pip, screen=screen)
    if wheels:
        _check_lines(lines, wheels)
    wanted = scratch / "requirements.txt"
    wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _install(folder, wanted, pip, wheels)
    shutil.rmtree(scratch)
    _strip(folder / "venv")


def _pip_of(wheels: Wheelhouse | None, scratch: Path) -> Path:
    """Return the folder or wheel that pip is imported from."""
    if wheels:
        return wheels.pip
    if find_spec("ensurepip") is None:
        _fetch_venv()
    _run(sys.executable, "-P", "-m", "venv", str(scratch / "pip"))
    return next((scratch / "pip").glob("lib/python3*/site-packages"))


def _fetch_venv() -> None:
    print("fetching python3-venv, which carries pip", flush=True)
    if apt.install("python3-venv"):
        return
    apt.update()  # its lists may be old, or missing
    if not apt.install("python3-venv"):
        raise InstallError(
            "no wheelhouse, and Python's venv is missing: sudo apt install python3-venv, "
            "or give --wheelhouse"
        )


def _lines(folder: Path, machine: Machine, pip: Path, *, screen: bool) -> list[str]:
    """Return the requirements without markers: pip's own view of a 32-bit Pi is wrong.

    Its kernel is a 64-bit one, and says so.
    """
    files = [folder / "requirements-pi.txt"]
    files += [folder / "requirements-screen.txt"] if screen else []
    said = _run(
        sys.executable, str(folder / "systemd/wheels.py"), "lines",
        "--python", machine.python, "--machine", machine.machine, *map(str, files),
        environment={"PYTHONPATH": str(pip)},
    )  # fmt: skip
    return [line for line in said.splitlines() if line]


def _check_lines(lines: list[str], wheels: Wheelhouse) -> None:
    missing = [line for line in lines if line not in wheels.lines]
    if missing:
        raise InstallError(
            f"the wheelhouse {wheels.folder} was made for another version: it lacks "
            f"{', '.join(missing)}: make it anew with make wheelhouse"
        )


def _install(folder: Path, wanted: Path, pip: Path, wheels: Wheelhouse | None) -> None:
    python = str(folder / "venv/bin/python")
    command = [python, "-P", "-m", "pip", "install", "--no-compile", "--no-cache-dir", "--quiet"]
    command += ["--disable-pip-version-check", "--root-user-action=ignore", "--ignore-installed"]
    environment = {"PYTHONPATH": str(pip), "TMPDIR": str(wanted.parent)}
    if wheels:
        command += ["--no-index", "--find-links", str(wheels.folder.resolve())]
        environment["PIP_CONFIG_FILE"] = os.devnull
    else:
        command += ["--only-binary=:all:", "--retries", "2"]
    try:
        _run(*command, "--requirement", str(wanted), environment=environment)
    except CommandError as error:
        if not wheels and "certificate verify failed" in error.said.lower():
            raise InstallError(
                "the packages cannot be fetched: their server's certificate is not accepted: "
                "see with `date` whether the clock is right, or give --wheelhouse"
            ) from error
        if not wheels and any(words in error.said.lower() for words in OFFLINE):
            raise InstallError(
                "the packages cannot be fetched: there is no network, and no wheelhouse: "
                "give --wheelhouse, or connect the machine"
            ) from error
        raise


def _strip(venv: Path) -> None:
    """Leave Python alone in ``bin``: the other programs there name the folder they were made in.

    So does a line of pyvenv.cfg, which nobody reads.
    """
    about = venv / "pyvenv.cfg"
    lines = [line for line in about.read_text().splitlines() if not line.startswith("command")]
    about.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for path in (venv / "bin").iterdir():
        if not path.name.startswith("python"):
            path.unlink()


def _run(*command: str, environment: dict[str, str] | None = None) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if environment and "PIP_CONFIG_FILE" in environment:
        own = {name: value for name, value in own.items() if not name.startswith("PIP_")}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/",
            env=own | (environment or {}), stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise InstallError(f"{command[0]} cannot be started: {error.strerror}") from error
    if done.returncode:
        program = " ".join([Path(command[0]).name, *command[1:4]])
        raise CommandError(f"{program} failed: {last_line(_errors(done))}", done.stderr)
    return done.stdout


def _errors(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).splitlines()
    errors = [line for line in lines if line.lower().startswith("error")]
    return "\n".join(errors or lines)
