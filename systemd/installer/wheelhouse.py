"""A folder of wheels that stands in for the network: found, checked, and read."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.errors import WRONG_USE, InstallError
from installer.machine import Machine

STAMP = "wheelhouse.json"
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Wheelhouse:
    """A checked wheelhouse. ``lines`` are the requirements that it was made for."""

    folder: Path
    lines: tuple[str, ...]

    @property
    def wheels(self) -> list[Path]:
        """All wheels, pip's own among them."""
        return sorted(self.folder.glob("*.whl"))

    @property
    def pip(self) -> Path:
        """pip's own wheel, from which pip runs."""
        return next(path for path in self.wheels if path.name.startswith("pip-"))

    def unpacked_bytes(self) -> int:
        """What the wheels take on the disk, pip's left out."""
        total = 0
        for path in self.wheels:
            if path != self.pip:
                with zipfile.ZipFile(path) as wheel:
                    total += sum(member.file_size for member in wheel.infolist())
        return total


def find_wheelhouse(given: Path | None, tree: Path, machine: Machine) -> Wheelhouse | None:
    """Return the wheelhouse that was ``given``, or one beside the tree; None where none is.

    Raises InstallError where one is not for this machine, not whole, or not a wheelhouse.
    """
    if given is not None:
        for folder in (given, given / machine.platform):
            if (folder / STAMP).is_file():
                return open_wheelhouse(folder, machine)
        if not given.is_dir():
            raise InstallError(f"--wheelhouse {given}: there is no such folder", WRONG_USE)
        raise InstallError(_not_for(given, machine), WRONG_USE)
    for beside in (tree / "wheelhouse", tree.parent / "wheelhouse"):
        for folder in (beside / machine.platform, beside):
            if (folder / STAMP).is_file():
                return open_wheelhouse(folder, machine)
    return None


def _not_for(given: Path, machine: Machine) -> str:
    others = sorted(path.parent.name for path in given.glob(f"*/{STAMP}"))
    there = f"it has {', '.join(others)}" if others else f"it has no {STAMP}"
    return (
        f"--wheelhouse {given}: nothing for {machine.platform} in it ({there}): "
        f"make wheelhouse PLATFORM={machine.platform}"
    )


def open_wheelhouse(folder: Path, machine: Machine) -> Wheelhouse:
    """Check that the wheels in ``folder`` fit this machine and are whole."""
    stamp = _stamp(folder)
    _check_fit(folder, stamp, machine)
    _check_sums(folder)
    found = Wheelhouse(folder, tuple(stamp["lines"]))
    if not any(path.name.startswith("pip-") for path in found.wheels):
        raise InstallError(f"the wheelhouse {folder} has no wheel of pip: make it anew")
    return found


def _stamp(folder: Path) -> dict[str, Any]:
    path = folder / STAMP
    try:
        stamp: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if {"platform", "python", "machine", "glibc", "lines"} <= stamp.keys():
            return stamp
    except (OSError, ValueError, AttributeError) as error:
        raise InstallError(f"{path}: cannot be read: {error}: make the wheelhouse anew") from error
    raise InstallError(f"{path}: says too little: make the wheelhouse anew")


def _check_fit(folder: Path, stamp: dict[str, Any], machine: Machine) -> None:
    here = (machine.python_minor, machine.machine)
    newer = _numbers(stamp["glibc"]) > _numbers(machine.glibc)
    if (stamp["python"], stamp["machine"]) != here or newer:
        raise InstallError(
            f"the wheelhouse {folder} is for {stamp['platform']} (Python {stamp['python']}, "
            f"{stamp['machine']}, glibc {stamp['glibc']}); this machine is {machine.platform} "
            f"(Python {machine.python_minor}, {machine.machine}, glibc {machine.glibc}): "
            f"make wheelhouse PLATFORM={machine.platform}",
            WRONG_USE,
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _check_sums(folder: Path) -> None:
    listed = read_sums(folder / SUMS)
    for name in sorted(path.name for path in folder.glob("*.whl")):
        if name not in listed:
            raise InstallError(f"the wheelhouse {folder} has {name}, which is not in its {SUMS}")
    for name, wanted in listed.items():
        path = folder / name
        if not path.is_file():
            raise InstallError(f"the wheelhouse {folder} lacks {name}: copy or make it anew")
        if digest_of(path) != wanted:
            raise InstallError(f"{path} is damaged (wrong SHA-256): copy or make it anew")


def read_sums(path: Path) -> dict[str, str]:
    """Return the digest of each file that ``sha256sum`` wrote down in ``path``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InstallError(f"{path}: cannot be read: {error}: make the wheelhouse anew") from error
    pairs = (line.split(maxsplit=1) for line in lines if line.strip())
    return {pair[1].lstrip("*"): pair[0] for pair in pairs if len(pair) == 2}


def digest_of(path: Path) -> str:
    """Return the file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
