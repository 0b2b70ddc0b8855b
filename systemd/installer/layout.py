"""Where everything lies on the device, below ``/`` or below the folder of ``--root``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

UNIT_KINDS = (".service", ".path", ".timer", ".socket", ".target")
# Known by name, so that half an installation can be taken away as well.
UNITS = ("mien.service", "mien-reboot.path", "mien-reboot.service")


@dataclass(frozen=True)
class Layout:
    """The places. ``live`` is the machine that this runs on; else a folder is prepared."""

    root: Path = Path("/")

    @property
    def live(self) -> bool:
        """Whether users are made and systemd is asked."""
        return self.root == Path("/")

    @property
    def home(self) -> Path:
        """All of the program."""
        return self.root / "opt/mien"

    @property
    def releases(self) -> Path:
        """A folder for each release."""
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """A link to the release in use."""
        return self.home / "current"

    @property
    def previous(self) -> Path:
        """A link to the release before it."""
        return self.home / "previous"

    @property
    def trial(self) -> Path:
        """There while the release in use has not yet shown that it is well."""
        return self.home / "trial"

    @property
    def command(self) -> Path:
        """The command ``mien``."""
        return self.root / "usr/local/bin/mien"

    def command_is_ours(self) -> bool:
        """Whether the command is ours to write and to remove, also where there is none."""
        there = self.command.is_file()
        return not there or b"/opt/mien/current" in self.command.read_bytes()

    @property
    def units(self) -> Path:
        """Systemd's folder of local units."""
        return self.root / "etc/systemd/system"

    @property
    def settings(self) -> Path:
        """The user's settings."""
        return self.root / "etc/mien/mien.toml"

    @property
    def state(self) -> Path:
        """What is remembered."""
        return self.root / "var/lib/mien"

    @property
    def log(self) -> Path:
        """The folder of the prediction log."""
        return self.root / "var/log/mien"

    @property
    def runtime(self) -> Path:
        """The service's folder while it runs."""
        return self.root / "run/mien"

    @property
    def lock(self) -> Path:
        """Held while something is installed or removed."""
        return self.root / "run/mien-install.lock"
