"""What all tests of ``make image`` share: the programs that they need, wheels, and a way to ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.systemd.flash import cards

ROOT = Path(__file__).parents[3]
NEEDED = {
    "mcopy": "mtools", "mkfs.fat": "dosfstools", "mkfs.ext4": "e2fsprogs", "debugfs": "e2fsprogs",
}  # fmt: skip
EVERYWHERE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

Ask = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    missing = {NEEDED[name] for name in NEEDED if shutil.which(name, path=EVERYWHERE) is None}
    if missing:
        pytest.skip(f"apt install {' '.join(sorted(missing))}")


@pytest.fixture(scope="session")
def originals(tmp_path_factory) -> Callable[..., Path]:
    """Images as they are downloaded, each made once and never changed."""
    folder = tmp_path_factory.mktemp("originals")
    made: dict[str, Path] = {}

    def original(suite: str = "trixie", machine: str = "arm64") -> Path:
        name = f"{suite}-{machine}"
        if name not in made:
            made[name] = cards.make_image(folder / f"{name}.img", suite, machine)
        return made[name]

    return original


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheelhouse")
    for platform in ("trixie-arm64", "bookworm-arm64", "bookworm-armhf"):
        (folder / platform).mkdir()
        wheel = folder / platform / "numpy-2.0.0-cp313-cp313-manylinux_2_17_aarch64.whl"
        wheel.write_bytes(os.urandom(30_000))
        (folder / platform / "wheelhouse.json").write_text(f'{{"platform": "{platform}"}}\n')
    return folder


@pytest.fixture
def ask(tmp_path, wheelhouse) -> Ask:
    """Run the program as ``make image`` does, as a user without an administrator's PATH."""

    def run(image: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "systemd"), "PATH": "/usr/bin:/bin"}
        return subprocess.run(
            [
                sys.executable, "-m", "flash", f"--image={image}", f"--out={tmp_path / 'out.img'}",
                f"--wheelhouse={wheelhouse}", *options,
            ],
            cwd=tmp_path, env={**environment, **more}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    return run
