"""The Debian system that the virtual Pi starts from, as base.sh lays it down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.virtual_pi.machine import Boot, Machine, overlay

# A monitor of 800x480, as KMS and as /dev/fb0.
SCREEN = ("-device", "virtio-gpu-pci,xres=800,yres=480")


@dataclass(frozen=True)
class Base:
    """One Debian release. cache: where base.sh put it, and the key that gets in."""

    suite: str
    cache: Path

    @property
    def folder(self) -> Path:
        """Where its disk, kernel and initrd lie."""
        return self.cache / self.suite

    @property
    def key(self) -> Path:
        """The private key that root's SSH takes."""
        return self.cache / "key"

    def machine(self, disk: Path, log: Path, *others: Path) -> Machine:
        """Return a machine that begins as this system, and keeps what changes in ``disk``.

        A disk that is there already is taken up.
        """
        boot = Boot(self.folder / "vmlinuz", self.folder / "initrd")
        if not disk.exists():
            overlay(self.folder / "root.img", disk)
        return Machine(disk, boot, self.key, log, others=others, devices=SCREEN)
