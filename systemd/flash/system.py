"""Which Raspberry Pi OS an image holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flash.boot import BootPartition
from flash.errors import FlashError
from flash.root import RootPartition

KNOWN = ("bookworm", "trixie")
# e_machine in the head of a program.
MACHINES = {183: "arm64", 40: "armhf"}
MINE = "mien"  # the folder on the boot partition that holds everything of ours
CLOUD_FILES = ("user-data", "meta-data", "network-config")


@dataclass(frozen=True)
class System:
    """The name of its Debian, its machine (``arm64`` or ``armhf``), and who sets it up."""

    suite: str
    machine: str
    cloud_init: bool

    @property
    def platform(self) -> str:
        """As ``make wheelhouse PLATFORM=`` calls it."""
        return f"{self.suite}-{self.machine}"


def identify(image: Path, boot: BootPartition, root: RootPartition) -> System:
    """Return what the image holds; raises FlashError where Mien cannot be put there."""
    release = _release(root)
    _check_maker(image, boot, release)
    suite = release.get("VERSION_CODENAME", "")
    if suite not in KNOWN:
        raise FlashError(
            f"{image} is Raspberry Pi OS '{suite or 'of no name'}': Mien needs Bookworm or Trixie"
        )
    machine = _machine(root)
    if machine is None:
        raise FlashError(f"{image}: its programs are not for an Arm processor")
    if (suite, machine) == ("trixie", "armhf"):
        raise FlashError(
            f"{image} is the 32-bit Raspberry Pi OS Trixie, for which there is no TFLite runtime: "
            "take the 64-bit one, or 32-bit Bookworm"
        )
    if boot.exists(MINE):
        raise FlashError(
            f"{image} has been prepared before (its boot partition has a folder '{MINE}'): "
            "take the image as it was downloaded"
        )
    cloud_init = root.exists("/usr/bin/cloud-init") and boot.exists("meta-data")
    return System(suite, machine, cloud_init)


def _release(root: RootPartition) -> dict[str, str]:
    lines = root.read("/usr/lib/os-release").decode("utf-8", "replace").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key: value.strip().strip("\"'") for key, value in pairs}


def _check_maker(image: Path, boot: BootPartition, release: dict[str, str]) -> None:
    wanted = ("config.txt", "cmdline.txt", "issue.txt")
    there = all(boot.exists(name) for name in wanted)
    if there and b"Raspberry Pi reference" in boot.read("issue.txt"):
        return
    name = release.get("PRETTY_NAME")
    what = f"it holds {name}" if name else "no system could be found in it"
    raise FlashError(f"{image} is not an image of Raspberry Pi OS: {what}")


def _machine(root: RootPartition) -> str | None:
    # Not by the kernel: the 32-bit system comes with a 64-bit one as well.
    head = root.read("/usr/bin/dpkg")[:20]
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return None
    return MACHINES.get(int.from_bytes(head[18:20], "little"))
