"""Fetch all that a device of a named platform installs, for one that has no network.

    wheelhouse.py bookworm-arm64 --out wheelhouse       makes wheelhouse/bookworm-arm64/

It holds the wheels of requirements-pi.txt and requirements-screen.txt with all that these ask
for, pip's own wheel, SHA256SUMS, and wheelhouse.json, which says what it is for. pip reads the
markers of what a package asks for with this machine's values, so that is followed here, for the
device's.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

import wheels
from installer.wheelhouse import STAMP, SUMS, digest_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

TREE = Path(__file__).resolve().parents[1]
FILES = ("requirements-pi.txt", "requirements-screen.txt")
PIP = "pip==26.1"
PIWHEELS = "https://www.piwheels.org/simple"  # the only one with NumPy and OpenCV for armhf


@dataclass(frozen=True)
class Platform:
    """A Debian release on an architecture, as far as wheels care."""

    name: str
    python: str
    glibc: str
    machine: str

    @property
    def minor(self) -> str:
        """Such as 3.11."""
        return self.python.rpartition(".")[0]


PLATFORMS = {
    f"{suite}-{architecture}": Platform(f"{suite}-{architecture}", python, glibc, machine)
    for suite, python, glibc in (("bookworm", "3.11.2", "2.36"), ("trixie", "3.13.5", "2.41"))
    for architecture, machine in (("arm64", "aarch64"), ("amd64", "x86_64"), ("armhf", "armv7l"))
    if (suite, architecture) != ("trixie", "armhf")  # no TFLite runtime
}


@dataclass(frozen=True)
class Wheel:
    """A wheel that was fetched, and what it asks for on the device."""

    path: Path
    name: str
    version: str
    asks: tuple[Requirement, ...]


def fetch(lines: Iterable[str], platform: Platform, folder: Path) -> None:
    """Let pip fetch exactly these, and nothing that they ask for."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(folder), "--python-version", platform.minor]
    command += ["--implementation", "cp"]
    for name in wheels.platform_tags(platform.glibc, platform.machine):
        command += ["--platform", name]
    if platform.machine == "armv7l":
        command += ["--extra-index-url", PIWHEELS]
    asked = list(lines)
    done = subprocess.run([*command, *asked], capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        said = (errors or done.stderr.splitlines() or ["pip said nothing"])[-1]
        raise wheels.WheelsError(f"{platform.name}: cannot fetch {', '.join(asked)}: {said}")


def read_wheels(folder: Path, platform: Platform) -> dict[str, Wheel]:
    """Return the wheels in ``folder`` by name."""
    environment = wheels.target_environment(platform.python, platform.machine)
    found = {}
    for path in sorted(folder.glob("*.whl")):
        name, version, _, _ = parse_wheel_filename(path.name)
        asked = [Requirement(text) for text in _requires(path)]
        asks = tuple(each for each in asked if wheels.holds(each, environment))
        found[str(name)] = Wheel(path, str(name), str(version), asks)
    return found


def _requires(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(wheel.read(name).decode())
    return metadata.get_all("Requires-Dist") or []


def missing(there: dict[str, Wheel]) -> list[str]:
    """Return what some wheel asks for and none gives, each with all that is asked of it."""
    wanted: dict[str, Requirement] = {}
    for wheel in there.values():
        for each in wheel.asks:
            name = canonicalize_name(each.name)
            got = there.get(name)
            if got is None:
                before = wanted.get(name)
                both = each.specifier & before.specifier if before else each.specifier
                wanted[name] = Requirement(f"{each.name}{both}")
            elif not each.specifier.contains(got.version, prereleases=True):
                raise wheels.WheelsError(
                    f"{wheel.name} {wheel.version} asks for {each}, but {got.version} is pinned "
                    "or was asked for by another: pin a version in requirements-pi.txt"
                )
    return [str(requirement) for requirement in wanted.values()]


def build(platform: Platform, out: Path, files: Iterable[Path]) -> Path:
    """Make the wheelhouse for requirement ``files`` below ``out``, whole or not at all.

    Return its folder. Raises WheelsError for what cannot be had for the platform.
    """
    folder, part = out / platform.name, out / f".{platform.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        _fill(part, platform, files)
    except BaseException:
        shutil.rmtree(part)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder


def _fill(part: Path, platform: Platform, files: Iterable[Path]) -> None:
    environment = wheels.target_environment(platform.python, platform.machine)
    asked = [each for path in files for each in wheels.read_requirements(path)]
    lines = wheels.plain_lines(asked, environment)
    wanted = [*lines, PIP]
    while wanted:
        fetch(wanted, platform, part)
        wanted = missing(read_wheels(part, platform))
    _write_stamp(part, platform, lines)


def _write_stamp(folder: Path, platform: Platform, lines: list[str]) -> None:
    sums = [(digest_of(path), path.name) for path in sorted(folder.glob("*.whl"))]
    (folder / SUMS).write_text(
        "".join(f"{digest}  {name}\n" for digest, name in sums), encoding="utf-8"
    )
    stamp = {
        "platform": platform.name,
        "python": platform.minor,
        "machine": platform.machine,
        "glibc": platform.glibc,
        "lines": lines,
    }
    (folder / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Make the wheelhouse that was named; return the exit code."""
    parser = argparse.ArgumentParser(description="Fetch what a device installs.")
    parser.add_argument("platform", help=", ".join(PLATFORMS))
    parser.add_argument("--out", type=Path, default=Path("wheelhouse"))
    options = parser.parse_args(arguments)
    if options.platform not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        print(f"mien: PLATFORM={options.platform}: give one of {known}", file=sys.stderr)
        return 2
    try:
        files = [TREE / name for name in FILES]
        folder = build(PLATFORMS[options.platform], options.out, files)
    except (wheels.WheelsError, OSError) as error:
        print(f"mien: {error}", file=sys.stderr)
        return 1
    found = list(folder.glob("*.whl"))
    print(f"{folder}: {len(found)} wheels, {sum(p.stat().st_size for p in found) / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
