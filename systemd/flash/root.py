"""The root partition of an image, through debugfs: only read, no mounting, no root."""

from __future__ import annotations

from pathlib import Path

from flash import programs
from flash.table import Partition


class RootPartition:
    """The ext4 partition of ``image``."""

    def __init__(self, image: Path, partition: Partition) -> None:
        self.device = f"{image}?offset={partition.start}"

    def exists(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        return b"Inode: " in self._ask(f"stat {path}")

    def read(self, path: str) -> bytes:
        """Return a file's bytes; none where there is no such file."""
        return self._ask(f"cat {path}")

    def _ask(self, request: str) -> bytes:
        # debugfs ends with 0 whatever happened; what went wrong is on its standard error alone.
        return programs.run("debugfs", "-R", request, self.device).stdout
