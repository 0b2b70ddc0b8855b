"""What a Pi does with a prepared card: the two scripts, run on folders in place of its disks."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.systemd.flash import cards
from tests.systemd.flash.conftest import ROOT

SCRIPTS = ROOT / "systemd/flash"
UNIT = "etc/systemd/system/mien-first-boot.service"
LINK = "etc/systemd/system/multi-user.target.wants/mien-first-boot.service"
# Programs that change the machine write down what they were asked for.
TOLD = ("useradd", "usermod", "chown", "systemctl", "rfkill", "nmcli")


class Pi:
    """A boot partition as a folder, a root as a folder, and programs that only take notes."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.boot = cards.take_boot(image, folder / "boot")
        self.root = folder / "root"
        for name in ("etc/sudoers.d", "var/tmp", "home/ada", "usr/lib"):
            (self.root / name).mkdir(parents=True)
        (self.root / "etc/hostname").write_text("raspberrypi\n")
        (self.root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.told = folder / "told"
        self.told.write_text("")
        for name in TOLD:
            self.program(name, f'echo "{name} $*" >>{self.told}')
        self.program(
            "getent", 'case "$2" in ada) echo "ada:x:1000:1000::/home/ada:/bin/bash";; esac'
        )
        self.program("sync", "")

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def installer(self, text: str) -> None:
        """Put another install.sh into the program on the card, and correct the sums."""
        packed = BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            data = text.encode()
            entry = tarfile.TarInfo("systemd/install.sh")
            entry.size = len(data)
            archive.addfile(entry, BytesIO(data))
        (self.boot / "mien/mien.tar.gz").write_bytes(packed.getvalue())
        names = [
            p for p in (self.boot / "mien").rglob("*") if p.is_file() and p.name != "SHA256SUMS"
        ]
        listed = [str(path.relative_to(self.boot / "mien")) for path in names]
        sums = subprocess.run(
            ["sha256sum", *listed], cwd=self.boot / "mien", capture_output=True, check=True
        )
        (self.boot / "mien/SHA256SUMS").write_bytes(sums.stdout)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(self.boot / script), *arguments],
            env={"PATH": f"{self.bin}:/usr/bin:/bin", "MIEN_ROOT": str(self.root)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip


@pytest.fixture
def pi(ask, originals, tmp_path):
    """A function that gives a Pi with a card of that system, prepared with everything."""

    def make(suite: str) -> Pi:
        password, key = tmp_path / "password", tmp_path / "id.pub"
        password.write_text("correct horse\n")
        blob = "AAAAC3NzaC1lZDI1NTE5AAAAIP8Wv53x2oTx6EzDBh7OxGoBrNAtxcGI6XFrGWMrEFBa"
        key.write_text(f"ssh-ed25519 {blob} me\n")
        done = ask(
            originals(suite), "--hostname=mien-lounge", "--wifi-ssid=Lounge",
            f"--wifi-password-file={password}", "--wifi-country=FR", f"--ssh-key={key}",
            "--ssh-user=ada",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return Pi(tmp_path, tmp_path / "out.img")

    return make


def test_the_scripts_are_clean():
    if shutil.which("shellcheck") is None:
        pytest.skip("apt install shellcheck")
    subprocess.run(["shellcheck", *SCRIPTS.glob("*.sh")], check=True)


def test_the_unit_is_clean(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("apt install systemd")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(SCRIPTS / "mien-first-boot.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "mien-first-boot" not in done.stderr


def test_bookworm_is_set_up_and_the_hook_goes(pi):
    there = pi("bookworm")
    done = there.run("firstrun.sh")
    assert done.returncode == 0
    assert done.stderr == ""
    assert (there.root / "etc/hostname").read_text() == "mien-lounge\n"
    assert "127.0.1.1\tmien-lounge\n" in (there.root / "etc/hosts").read_text()
    wifi = there.root / "etc/NetworkManager/system-connections/mien.nmconnection"
    assert wifi.stat().st_mode & 0o777 == 0o600
    assert "psk=" in wifi.read_text()
    keys = there.root / "home/ada/.ssh/authorized_keys"
    assert keys.read_text().startswith("ssh-ed25519 ")
    assert keys.stat().st_mode & 0o777 == 0o600
    sudo = there.root / "etc/sudoers.d/010_mien-user"
    assert sudo.read_text() == "ada ALL=(ALL) NOPASSWD: ALL\n"
    assert "usermod --lock --shell /bin/bash ada" in there.told.read_text()
    assert (there.root / LINK).resolve() == there.root / UNIT
    assert (there.boot / "cmdline.txt").read_text() == (
        f"{cards.CMDLINE} cfg80211.ieee80211_regdom=FR\n"
    )
    assert not (there.boot / "firstrun.sh").exists()
    assert not (there.boot / "mien/settings").exists()
    assert (there.boot / "mien/first_boot.sh").exists()


def test_bookworm_can_be_cut_off_and_does_it_again(pi):
    """The power goes in the middle of adding the keys; and once more at the very end."""
    there = pi("bookworm")
    there.program("chown", 'kill -9 "$PPID"')
    there.run("firstrun.sh")
    assert "systemd.run=" in (there.boot / "cmdline.txt").read_text()
    assert (there.boot / "mien/settings/wifi.nmconnection").exists()
    there.program("chown", "")
    there.program("sed", 'kill -9 "$PPID"')
    there.run("firstrun.sh")
    (there.bin / "sed").unlink()
    assert there.run("firstrun.sh").returncode == 0
    assert "systemd.run" not in (there.boot / "cmdline.txt").read_text()
    assert (
        "psk="
        in (there.root / "etc/NetworkManager/system-connections/mien.nmconnection").read_text()
    )


def test_nothing_that_fails_keeps_the_pi_in_its_first_boot(pi):
    there = pi("bookworm")
    for name in ("useradd", "usermod", "chown"):
        there.program(name, "exit 1")
    shutil.rmtree(there.root / "etc/sudoers.d")
    done = there.run("firstrun.sh")
    assert done.returncode == 0
    assert "failed; going on" in done.stderr
    assert "systemd.run" not in (there.boot / "cmdline.txt").read_text()


def test_trixie_starts_the_unit_at_once(pi):
    there = pi("trixie")
    assert there.run("mien/first_boot.sh", "start").returncode == 0
    assert there.told.read_text().splitlines() == [
        "systemctl daemon-reload", "systemctl start --no-block mien-first-boot.service",
    ]  # fmt: skip
    assert (there.root / LINK).resolve() == there.root / UNIT
    wifi = there.root / "etc/NetworkManager/system-connections/mien.nmconnection"
    assert wifi.stat().st_mode & 0o777 == 0o600
    assert "psk=" in wifi.read_text()


@pytest.mark.parametrize("suite", ["trixie", "bookworm"])
def test_mien_is_installed_and_the_card_is_tidied(pi, tmp_path, suite):
    there = pi(suite)
    if suite == "bookworm":
        there.run("firstrun.sh")
    there.run("mien/first_boot.sh", "arm")
    there.installer(f'echo "$@" >{tmp_path}/asked; ls "$2" >>{tmp_path}/asked; echo installing\n')
    done = there.run("mien/first_boot.sh", "install")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("mien: Mien is installed\n")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == f"--wheelhouse {there.boot}/mien/wheels --ready 300"
    assert "wheelhouse.json" in asked
    assert "nmcli radio wifi on" in there.told.read_text()
    assert not (there.boot / "mien").exists()
    assert not (there.boot / "mien.done").exists()
    assert not (there.root / LINK).is_symlink()
    assert not (there.root / UNIT).exists()
    assert list((there.root / "var/tmp").iterdir()) == []
    left = b"".join(path.read_bytes() for path in there.boot.rglob("*") if path.is_file())
    assert b"psk" not in left
    assert b"password" not in left
    assert b"ssh-ed25519" not in left
    if suite == "trixie":
        # cloud-init must still know this instance.
        assert b"instance-id: mien-" in (there.boot / "meta-data").read_bytes()


def test_a_raspberry_pi_waits_for_the_network_for_its_cameras_driver(pi):
    """And installs without, where none comes."""
    there = pi("trixie")
    (there.root / "proc/device-tree").mkdir(parents=True)
    (there.root / "proc/device-tree/model").write_text("Raspberry Pi 4 Model B Rev 1.4\0")
    there.program("nm-online", f'echo "nm-online $*" >>{there.told}; exit 1')
    there.installer("exit 1\n")
    assert "no network yet" in there.run("mien/first_boot.sh", "install").stdout
    assert "time-wait-sync" not in there.told.read_text()
    there.program("nm-online", "exit 0")
    there.installer("exit 0\n")
    assert there.run("mien/first_boot.sh", "install").returncode == 0
    assert "systemctl start systemd-time-wait-sync.service" in there.told.read_text()


def test_what_failed_is_tried_again_at_the_next_boot(pi):
    there = pi("trixie")
    there.run("mien/first_boot.sh", "arm")
    there.installer("echo no room >&2; exit 1\n")
    done = there.run("mien/first_boot.sh", "install")
    assert done.returncode == 1
    assert "it is tried again at the next boot" in done.stderr
    assert (there.root / LINK).is_symlink()
    assert (there.boot / "mien/first_boot.sh").exists()
    there.installer("exit 0\n")
    assert there.run("mien/first_boot.sh", "install").returncode == 0


def test_an_installation_that_was_cut_off_begins_anew(pi):
    there = pi("trixie")
    there.run("mien/first_boot.sh", "arm")
    there.installer('kill -9 "$PPID"\n')
    there.run("mien/first_boot.sh", "install")
    assert (there.root / LINK).is_symlink()
    there.installer("exit 0\n")
    assert there.run("mien/first_boot.sh", "install").returncode == 0
    assert not (there.boot / "mien").exists()


def test_a_damaged_card_is_found(pi):
    there = pi("trixie")
    wheel = next((there.boot / "mien/wheels").glob("*.whl"))
    data = bytearray(wheel.read_bytes())
    data[100] ^= 1
    wheel.write_bytes(data)
    done = there.run("mien/first_boot.sh", "install")
    assert done.returncode == 1
    assert "the card is damaged" in done.stderr
    assert (there.boot / "mien/settings/wifi.nmconnection").exists()
