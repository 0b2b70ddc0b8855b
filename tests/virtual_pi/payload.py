"""What the machine is given, on a disk of its own: Mien, its packages, and other releases."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.virtual_pi.film import write_film

ROOT = Path(__file__).parents[2]
# Where the disk is mounted in the machine.
MOUNTED = "/mnt"

# As part of a release that imports and reads faces, but does not come up as a service.
_FIRST = "from __future__ import annotations\n"
_DIES = """
import os as _os, sys as _sys
if _os.environ.get("NOTIFY_SOCKET"):
    print("mien: this release is broken on purpose", file=_sys.stderr)
    _sys.exit(1)
"""


def build_payload(folder: Path, wheelhouse: Path) -> Path:
    """Lay everything out in ``folder`` and make ``payload.img`` there of it; return its path.

    mien: this tree. next: the same as a later version. broken: a still later one that ends as
    soon as systemd starts it. wheelhouse: the packages. film.bgr: for the virtual camera.
    """
    content = folder / "payload"
    content.mkdir()
    _copy_tree(content / "mien")
    _release(content, "next", "0.9.1", lambda text: text)
    _release(content, "broken", "0.9.2", lambda text: text.replace(_FIRST, _FIRST + _DIES, 1))
    shutil.copytree(wheelhouse, content / "wheelhouse", copy_function=shutil.copyfile)
    demo = ROOT / "device/demo/demo.mp4"
    write_film(demo, content / "film.bgr", start_s=2.0, frames=30, rate_hz=15.0)
    image = disk_of(content, folder / "payload.img")
    shutil.rmtree(content)
    return image


def disk_of(content: Path, image: Path) -> Path:
    """Make a disk image that holds what lies in ``content``; return its path."""
    mib = sum(path.stat().st_size for path in content.rglob("*") if path.is_file()) // 2**20
    command = ["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-E", "root_owner=0:0"]
    command += ["-d", str(content), str(image), f"{mib * 5 // 4 + 16}M"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise OSError(f"mke2fs {image}: {done.stderr.strip()}")
    return image


def _copy_tree(target: Path) -> None:
    """Copy what git knows of here, or would know of: what a clone of it has."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if name.startswith(("training/", "convert/", "tests/")) or not (ROOT / name).is_file():
            continue  # not of the device, or deleted and not yet committed
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


def _release(content: Path, name: str, version: str, change: Callable[[str], str]) -> None:
    """Make another release of the tree, with another version and another ``__main__``."""
    tree = content / name
    shutil.copytree(content / "mien", tree)
    facts = tree / "device/__init__.py"
    text, count = re.subn(
        r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', facts.read_text()
    )
    if count != 1:
        raise ValueError(f"{facts}: no __version__")
    facts.write_text(text)
    main = tree / "device/__main__.py"
    main.write_text(change(main.read_text()))
