"""Say what pip has to fetch for another machine.

`pip install --platform` picks wheels for the other machine, but it reads environment markers
(`; python_version < "3.12"`) with the values of the machine that it runs on. So the markers are
read here, for the target, and pip gets plain lines.

    wheels.py lines --python 3.11.2 FILE...         requirement lines without markers
    wheels.py platforms --glibc 2.36                pip's --platform options
    wheels.py check --python 3.11.2 SITE            is everything there that is asked for?
"""

import argparse
import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

try:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
except ModuleNotFoundError:  # on the device there is none but pip's own
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
    from pip._vendor.packaging.utils import canonicalize_name

Environment = dict[str, str]  # marker values
OLDEST_GLIBC_MINOR = 17  # manylinux2014, the oldest that has an aarch64 wheel
OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


class WheelsError(ValueError):
    """A requirements file or a site that cannot be used as it is."""


def target_environment(python: str, machine: str = "aarch64") -> Environment:
    """Marker values of Debian on a Pi. `python` is the full version, such as "3.11.2"."""
    major, minor, *_ = python.split(".")
    return {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python,
        "python_version": f"{major}.{minor}",
        "sys_platform": "linux",
    }


def holds(requirement: Requirement, environment: Environment) -> bool:
    """Whether the requirement's marker holds there; it does where there is none."""
    marker = requirement.marker
    return marker is None or marker.evaluate({**environment, "extra": ""})


def read_requirements(path: Path) -> list[Requirement]:
    """The file's requirements with their markers. Options such as `-r` are refused by line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not text:
            continue
        try:
            found.append(Requirement(text))
        except InvalidRequirement as error:
            raise WheelsError(
                f"{path}:{number}: {text!r} is not a plain requirement such as 'numpy>=1.26'"
            ) from error
    return found


def plain_lines(requirements: list[Requirement], environment: Environment) -> list[str]:
    """The lines that hold in the environment, without their markers, each once."""
    lines = {}  # in order
    for requirement in requirements:
        if holds(requirement, environment):
            plain = Requirement(str(requirement))
            plain.marker = None
            lines[str(plain)] = None
    return list(lines)


def platform_tags(glibc: str, machine: str = "aarch64") -> list[str]:
    """Every platform tag that a machine with this glibc accepts, the newest first."""
    major, minor = glibc.split(".")[:2]
    if major != "2" or not minor.isdecimal():
        raise WheelsError(f"glibc {glibc!r}: expected 2.something")
    oldest = 5 if machine == "x86_64" else OLDEST_GLIBC_MINOR
    tags = []
    for n in range(int(minor), oldest - 1, -1):
        tags.append(f"manylinux_2_{n}_{machine}")
        if n in OLD_NAMES:
            tags.append(f"{OLD_NAMES[n]}_{machine}")
    return [*tags, f"linux_{machine}"]


def complaints(site: Path, python: str) -> list[str]:
    """What the distributions in `site` ask for on the target and do not find there."""
    there = {canonicalize_name(d.metadata["Name"]): d for d in distributions(path=[str(site)])}
    if not there:
        return [f"{site} holds no distribution"]
    environment = target_environment(python)
    return [line for asker in there.values() for line in _unmet(asker, there, environment)]


def _unmet(
    asker: Distribution, there: dict[str, Distribution], environment: Environment
) -> list[str]:
    name = f"{asker.metadata['Name']} {asker.version}"
    unmet = []
    for text in asker.requires or []:
        requirement = Requirement(text)
        if not holds(requirement, environment):
            continue
        found = there.get(canonicalize_name(requirement.name))
        if found is None:
            unmet.append(f"{name} asks for {requirement}, which is not there")
        elif not requirement.specifier.contains(found.version, prereleases=True):
            unmet.append(f"{name} asks for {requirement}, but {found.version} is there")
    return unmet


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; return its exit code."""
    parser = argparse.ArgumentParser(description="Say what pip has to fetch for another machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    lines = commands.add_parser("lines")
    lines.add_argument("--python", required=True)
    lines.add_argument("--machine", default="aarch64", help="platform_machine in the markers")
    lines.add_argument("files", type=Path, nargs="+")
    platforms = commands.add_parser("platforms")
    platforms.add_argument("--glibc", required=True)
    check = commands.add_parser("check")
    check.add_argument("--python", required=True)
    check.add_argument("site", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "lines":
            environment = target_environment(options.python, options.machine)
            asked = [line for file in options.files for line in read_requirements(file)]
            print(*plain_lines(asked, environment), sep="\n")
        elif options.command == "platforms":
            print(*(f"--platform={tag}" for tag in platform_tags(options.glibc)), sep="\n")
        else:
            unmet = complaints(options.site, options.python)
            if unmet:
                raise WheelsError("; ".join(unmet))
    except (WheelsError, OSError) as error:
        print(f"wheels.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
