"""What goes on the boot partition to be installed: the program, its wheels, the first boot."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from installer.release import FILES, FOLDERS, content, is_wanted

from flash.errors import FlashError
from flash.system import MINE, System

FIRST_BOOT = ("first_boot.sh", "mien-first-boot.service")
SUMS = "SHA256SUMS"


def payload(tree: Path, wheelhouse: Path, system: System) -> dict[str, bytes]:
    """Return the files, by their path on the boot partition. Raises FlashError."""
    own = Path(__file__).parent
    files = {f"{MINE}/{name}": (own / name).read_bytes() for name in FIRST_BOOT}
    files[f"{MINE}/mien.tar.gz"] = _archive(tree)
    for path in _wheels(wheelhouse, system):
        files[f"{MINE}/wheels/{path.name}"] = path.read_bytes()
    files[f"{MINE}/{SUMS}"] = _sums(files)
    return files


def _wheels(wheelhouse: Path, system: System) -> list[Path]:
    folder = wheelhouse / system.platform
    if not list(folder.glob("*.whl")):
        raise FlashError(
            f"no wheels for {system.platform} in {folder}: "
            f"make wheelhouse PLATFORM={system.platform}"
        )
    return sorted(path for path in folder.iterdir() if path.is_file())


def _archive(tree: Path) -> bytes:
    """Pack the program. The same tree gives the same bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name in sorted(_program(tree)):
            data = (tree / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = 0o755 if data[:2] == b"#!" else 0o644
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _program(tree: Path) -> list[str]:
    """Return what git knows of; where this is no checkout, everything that is there."""
    wanted = [*FOLDERS, *FILES]
    done = subprocess.run(
        ["git", "-C", str(tree), "ls-files", "-z", "--", *wanted],
        capture_output=True, text=True, check=False,
    ) if (tree / ".git").exists() and shutil.which("git") else None  # fmt: skip
    if done is not None and done.returncode == 0:
        known = [name for name in done.stdout.split("\0") if name and is_wanted(Path(name))]
        return [name for name in known if (tree / name).is_file()]
    return [inside.as_posix() for inside in content(tree)]


def _sums(files: dict[str, bytes]) -> bytes:
    lines = [
        f"{hashlib.sha256(data).hexdigest()}  {path.removeprefix(f'{MINE}/')}\n"
        for path, data in sorted(files.items())
    ]
    return "".join(lines).encode()
