"""A release: the program's files and its environment, in a folder named after what is in it."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from installer.errors import WRONG_USE, InstallError
from installer.files import sync_folder
from installer.layout import Layout
from installer.machine import Machine

FOLDERS = ("device", "systemd")
FILES = ("requirements-pi.txt", "requirements-screen.txt", "LICENSE")
NEEDED = (
    "device/__init__.py",
    "systemd/mien",
    "systemd/mien.service",
    "systemd/mien.toml",
    FILES[0],
)
FACTS = "release.json"
PARTIAL = ".partial-"
WORKSHOP = Path("systemd/flash")  # of no use on the device; a card for it does not have it either


@dataclass(frozen=True)
class Release:
    """What a tree gives on a machine. The same content, Python and packages are the same one."""

    version: str
    digest: str
    python: str
    screen: bool
    system_packages: bool

    @property
    def id(self) -> str:
        """The name of its folder."""
        return f"{self.version}-{self.digest[:10]}"


def content(tree: Path) -> Iterator[Path]:
    """Yield the files of the program, as paths in ``tree``, in order."""
    for folder in FOLDERS:
        for path in sorted((tree / folder).rglob("*")):
            inside = path.relative_to(tree)
            if path.is_file() and is_wanted(inside):
                yield inside
    for name in FILES:
        if (tree / name).is_file():
            yield Path(name)


def is_wanted(inside: Path) -> bool:
    """Whether a file of these folders is of any use on the device."""
    hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
    return not hidden and WORKSHOP not in inside.parents


def describe(tree: Path, machine: Machine, *, screen: bool) -> Release:
    """Return the release that ``tree`` gives; raises InstallError for a tree that is not whole."""
    for name in NEEDED:
        if not (tree / name).is_file():
            raise InstallError(f"{tree} is not the whole of Mien: {name} is missing", WRONG_USE)
    facts = [machine.python_minor, machine.machine, screen, machine.picamera2]
    digest = hashlib.sha256(json.dumps(facts).encode())
    for inside in content(tree):
        of_file = hashlib.sha256((tree / inside).read_bytes()).hexdigest()
        digest.update(f"{inside.as_posix()} {of_file}\n".encode())
    return Release(
        version=_version(tree / "device/__init__.py"),
        digest=digest.hexdigest(),
        python=machine.python_minor,
        screen=screen,
        system_packages=machine.picamera2,
    )


def _version(path: Path) -> str:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__version__":
            return str(ast.literal_eval(node.value))
    raise InstallError(f"{path} names no __version__", WRONG_USE)


def copy_content(tree: Path, folder: Path) -> None:
    """Copy the program's files; programs are what begins with ``#!``, whatever the disk says."""
    for inside in content(tree):
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree / inside, target)
        with target.open("rb") as file:
            target.chmod(0o755 if file.read(2) == b"#!" else 0o644)


def content_bytes(tree: Path) -> int:
    """What the program's own files take."""
    return sum((tree / inside).stat().st_size for inside in content(tree))


def write_facts(release: Release, folder: Path) -> None:
    """Say in the folder what it is. It is written last: a folder without it is not whole."""
    text = json.dumps({"id": release.id, **asdict(release)}, indent=1) + "\n"
    (folder / FACTS).write_text(text, encoding="utf-8")


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what the folder says of itself; nothing where it is no release."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def in_use(layout: Layout) -> Path | None:
    """Return the folder of the release in use, where there is a whole one."""
    return _leads_to(layout.current)


def one_before(layout: Layout) -> Path | None:
    """Return the folder of the release before the one in use, where it was kept."""
    before = _leads_to(layout.previous)
    return None if before == in_use(layout) else before


def _leads_to(link: Path) -> Path | None:
    if not link.is_symlink():
        return None
    folder = link.parent / os.readlink(link)
    return folder if read_facts(folder) else None


def sweep(layout: Layout) -> list[str]:
    """Remove what an interrupted installation left; return the names."""
    swept = []
    if layout.releases.is_dir():
        for path in layout.releases.iterdir():
            if path.name.startswith(PARTIAL) or not read_facts(path):
                discard(path)
                swept.append(path.name)
    return swept


def discard(folder: Path) -> None:
    """Remove a release's folder. First what says that it is whole: a power cut may come."""
    if folder.is_dir():
        (folder / FACTS).unlink(missing_ok=True)
        sync_folder(folder)
        shutil.rmtree(folder)


def proven(layout: Layout) -> Path | None:
    """Return the last release that was seen to be well."""
    return _leads_to(layout.previous) if layout.trial.exists() else in_use(layout)


def prune(layout: Layout) -> list[str]:
    """Remove all releases but the one in use and the one before; return their names."""
    kept = {in_use(layout), one_before(layout)}
    pruned = []
    for path in sorted(layout.releases.iterdir()):
        if path not in kept:
            discard(path)
            pruned.append(path.name)
    return pruned


def version_key(version: str) -> tuple[int, ...]:
    """Return what puts versions in their order."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
