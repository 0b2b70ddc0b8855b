"""Small images that look as Raspberry Pi OS's do, made without root; and what is on a card."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

MIB = 1 << 20
ISSUE = "Raspberry Pi reference 2025-12-04\nGenerated using pi-gen, 1234, stage2\n"
CMDLINE = (
    "console=serial0,115200 console=tty1 root=PARTUUID=4d8fd085-02 rootfstype=ext4 "
    "fsck.repair=yes rootwait"
)
MACHINES = {"arm64": (2, 183), "armhf": (1, 40), "amd64": (2, 62)}


def os_release(suite: str, machine: str = "arm64") -> str:
    number = {"bullseye": 11, "bookworm": 12, "trixie": 13, "noble": 24}[suite]
    kind = "raspbian" if machine == "armhf" else "debian"
    return (
        f'PRETTY_NAME="Debian GNU/Linux {number} ({suite})"\nVERSION_ID="{number}"\n'
        f"VERSION_CODENAME={suite}\nID={kind}\n"
    )


def make_image(
    path: Path, suite: str = "trixie", machine: str = "arm64", *, cloud_init: bool | None = None,
    issue: str | None = ISSUE, fat_mib: int = 40, release: str | None = None,
) -> Path:  # fmt: skip
    """Write an image with the partitions, and the files that tell what it is."""
    cloud_init = suite == "trixie" if cloud_init is None else cloud_init
    start, root_start, root_mib = 8 * MIB, (8 + fat_mib) * MIB, 8
    boot = {"config.txt": "arm_64bit=1\n", "kernel8.img": "kernel", "cmdline.txt": CMDLINE + "\n"}
    if suite == "trixie":
        boot["cmdline.txt"] = CMDLINE + " resize\n"
    if issue is not None:
        boot["issue.txt"] = issue
    if cloud_init:
        boot |= {
            "user-data": "#cloud-config\n# nothing\n", "meta-data": "dsmode: local\n",
            "network-config": "# nothing\n",
        }  # fmt: skip
    with path.open("wb") as file:
        file.truncate(root_start + root_mib * MIB)
        file.seek(440)
        file.write(struct.pack("<I", 0x4D8FD085))
        file.seek(446)
        for kind, at, size in ((0x0C, start, fat_mib * MIB), (0x83, root_start, root_mib * MIB)):
            file.write(struct.pack("<B3xB3xII", 0, kind, at // 512, size // 512))
        file.seek(510)
        file.write(b"\x55\xaa")
    fat = path.with_suffix(".fat")
    fat.write_bytes(b"")
    with fat.open("r+b") as file:
        file.truncate(fat_mib * MIB)
    run("mkfs.fat", "-F", "32", "-s", "1", "-n", "bootfs", str(fat))
    for name, text in boot.items():
        run("mcopy", "-i", str(fat), "-", f"::{name}", data=text.encode())
    ext4 = _root(path, suite, machine, cloud_init, release, root_mib)
    for part, at in ((fat, start), (ext4, root_start)):
        run("dd", f"if={part}", f"of={path}", "bs=1M", f"seek={at // MIB}", "conv=notrunc,sparse")
        part.unlink()
    return path


def _root(
    path: Path, suite: str, machine: str, cloud_init: bool, release: str | None, size_mib: int
) -> Path:
    tree = path.with_suffix(".root")
    (tree / "usr/lib").mkdir(parents=True)
    (tree / "usr/bin").mkdir()
    (tree / "usr/lib/os-release").write_text(release or os_release(suite, machine))
    bits, kind = MACHINES[machine]
    head = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9) + struct.pack("<HH", 3, kind)
    (tree / "usr/bin/dpkg").write_bytes(head + bytes(5000))
    if cloud_init:
        (tree / "usr/bin/cloud-init").write_text("#!/usr/bin/python3\n")
    ext4 = path.with_suffix(".ext4")
    run("mkfs.ext4", "-q", "-d", str(tree), str(ext4), f"{size_mib}M")
    run("rm", "-r", str(tree))
    return ext4


def run(*command: str, data: bytes = b"") -> bytes:
    """Run a program of the distribution, of those that only root has in the PATH as well."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"PATH": path, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null"}
    done = subprocess.run(command, input=data, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def drive(image: Path) -> str:
    return f"{image}@@{8 * MIB}"


def listing(image: Path) -> list[str]:
    """All files of the boot partition."""
    lines = run("mdir", "-/", "-b", "-i", drive(image), "::").decode().splitlines()
    return sorted(line.removeprefix("::/") for line in lines if not line.endswith("/"))


def read(image: Path, name: str) -> bytes:
    return run("mcopy", "-n", "-i", drive(image), f"::{name}", "-")


def take_boot(image: Path, folder: Path) -> Path:
    """Copy the whole boot partition to a folder, as the Pi would see it."""
    folder.mkdir()
    run("mcopy", "-s", "-n", "-i", drive(image), "::*", str(folder))
    return folder
