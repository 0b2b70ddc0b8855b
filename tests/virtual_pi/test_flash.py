"""An image that ``make image`` prepared, booted as a Raspberry Pi would boot it.

The image is made as Raspberry Pi OS is (``raspios.sh``), with Debian's own kernel. In place of a
Pi's firmware, the scenarios take kernel, initrd and ``cmdline.txt`` from its boot partition at
each start. On Trixie the power is cut in the middle of the installation, too.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systemd.flash import cards
from tests.virtual_pi.machine import Boot, Machine
from tests.virtual_pi.say import say

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SUITE = os.environ.get("SUITE", "trixie")
SSID, PASSWORD = "Café du coin", "correct horse battery"
KEY = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), SSID.encode(), 4096, 32).hex()
DEMO = "/opt/mien/current/device/demo/demo.mp4"
LOG = "/var/log/mien/readings.jsonl"
# Some minutes on a Pi; all of it is emulated here.
INSTALL_LIMIT_S = 1800.0
BOOT_LIMIT_S = 1200.0


class Card:
    """A prepared image in a Pi's slot. ``key`` is the private key of whom the card lets in."""

    def __init__(self, image: Path, folder: Path, key: Path, log: Path) -> None:
        self.image = image
        self.folder = folder
        self.key = key
        self.log = log

    def insert(self) -> Machine:
        """Return a machine that starts as the boot partition tells now.

        At a reboot it ends: a Pi would read its boot partition anew.
        """
        for name in ("kernel8.img", "initramfs8"):
            (self.folder / name).write_bytes(cards.read(self.image, name))
        line = cards.read(self.image, "cmdline.txt").decode().strip()
        patient = f"{line} systemd.default_timeout_start_sec=900"  # emulated, all takes longer
        boot = Boot(self.folder / "kernel8.img", self.folder / "initramfs8", patient)
        return Machine(self.image, boot, self.key, self.log, devices=["-no-reboot"], user="ada")


@pytest.fixture
def card(base, results, tmp_path) -> Iterator[Card]:
    """An image that was made by hand, prepared by ``make image`` with everything."""
    subprocess.run(["bash", HERE / "raspios.sh", base.suite, base.cache], check=True)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    image = tmp_path / "card.img"
    make = ["make", "--no-print-directory", "-C", str(ROOT)]
    subprocess.run([*make, "--silent", "wheelhouse", f"PLATFORM={base.suite}-arm64"], check=True)
    done = subprocess.run(
        [
            *make, "image", f"IMAGE={base.folder / 'raspios.img'}", f"OUT={image}",
            "HOSTNAME=mien-lounge", f"WIFI_SSID={SSID}", "WIFI_COUNTRY=FR",
            f"WIFI_PASSWORD_FILE={tmp_path / 'password'}", f"SSH_KEY={base.key}.pub",
            "SSH_USER=ada",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    say(f"$ make image IMAGE=… HOSTNAME=… WIFI_SSID=… SSH_KEY=…\n{done.stdout}")
    yield Card(image, tmp_path, base.key, results / "flash.log")
    image.unlink()


@pytest.mark.skipif(SUITE != "trixie", reason="cloud-init is Trixie's")
def test_trixie_finds_mien_running_although_the_power_went(card):
    with card.insert() as machine:
        say(f"a card that was just written: SSH answers after {_start(machine):.0f} s")
        machine.shell.until("test -d /opt/mien", INSTALL_LIMIT_S)
        machine.cut_power()
        say("the power went in the middle of the installation")
    assert "mien/settings/wifi.nmconnection" not in cards.listing(card.image)
    assert "mien/first_boot.sh" in cards.listing(card.image)
    with card.insert() as machine:
        say(f"started again in {_start(machine):.0f} s")
        _until_installed(machine)
        _check(machine)
        assert machine.shell.must("cloud-init status") == "status: done"
        instance = machine.shell.must("cat /run/cloud-init/.instance-id")
        machine.shell.run("sudo -n systemctl poweroff")
        machine.serial.wait_for("reboot: Power down", BOOT_LIMIT_S)
    assert not [name for name in cards.listing(card.image) if name.startswith("mien")]
    with card.insert() as machine:
        say(f"started once more in {_start(machine):.0f} s")
        machine.shell.until("systemctl is-active --quiet mien", 300)
        assert machine.shell.must("hostname") == "mien-lounge"
        assert machine.shell.must("cat /run/cloud-init/.instance-id") == instance


@pytest.mark.skipif(SUITE != "bookworm", reason="firstrun.sh is Bookworm's")
def test_bookworm_finds_mien_running(card):
    with card.insert() as machine:
        machine.switch_on()
        machine.serial.wait_for("reboot: Restarting system", BOOT_LIMIT_S)
    left = cards.listing(card.image)
    assert "firstrun.sh" not in left
    assert not [name for name in left if name.startswith("mien/settings/user")]
    assert "systemd.run" not in cards.read(card.image, "cmdline.txt").decode()
    say("firstrun.sh has run and taken itself out of cmdline.txt")
    with card.insert() as machine:
        say(f"started again in {_start(machine):.0f} s")
        _until_installed(machine)
        _check(machine)


def _start(machine: Machine) -> float:
    """Switch it on and wait for SSH; Mien is being installed, so a login may come late."""
    started_s = time.monotonic()
    machine.switch_on()
    machine.shell.wait(BOOT_LIMIT_S)
    return time.monotonic() - started_s


def _until_installed(machine: Machine) -> None:
    started_s = time.monotonic()
    gone = "! test -e /boot/firmware/mien && ! systemctl cat mien-first-boot >/dev/null 2>&1"
    machine.shell.until(f"{gone} && systemctl is-active --quiet mien", INSTALL_LIMIT_S, 5)
    say(f"Mien runs {time.monotonic() - started_s:.0f} s after that")
    say(machine.shell.must("sudo -n journalctl -b -u mien-first-boot --no-pager -o cat"))


def _check(machine: Machine) -> None:
    """Everything that was asked for is there; the key of the Wi-Fi is where it must be alone."""
    shell = machine.shell
    assert shell.must("hostname") == "mien-lounge"
    assert "mien-lounge" in shell.must("getent hosts mien-lounge")
    assert shell.must("sudo -n id -u") == "0"
    assert shell.must("sudo -n getent shadow ada").split(":")[1].startswith("!")
    wifi = "nmcli --show-secrets --get-values 802-11-wireless-security.psk connection show mien"
    assert shell.must(f"sudo -n {wifi}") == KEY
    # Where no language is set, Bookworm's prints a question mark for what is not ASCII.
    name = "env LC_ALL=C.UTF-8 nmcli --get-values 802-11-wireless.ssid connection show mien"
    assert shell.must(f"sudo -n {name}") == SSID
    assert shell.must("nmcli radio wifi") == "enabled"
    assert "cfg80211.ieee80211_regdom=FR" in shell.must("cat /boot/firmware/cmdline.txt")
    for secret in (PASSWORD, KEY):
        places = "/boot/firmware /var/log /var/lib/cloud /opt /var/tmp /run/log"
        # By its input: sudo writes the command that it was given into the journal.
        search = f"sudo -n grep -rlF -f /dev/stdin {places} 2>/dev/null"
        found = shell.run(search, given=f"{secret}\n".encode())
        assert found.text == "", found.text
    say(shell.must("systemctl status mien --no-pager --lines=0"))
    settings = f"sudo -n sed -i '0,/^source = .*/s||source = \"{DEMO}\"|' /etc/mien/mien.toml"
    shell.must(f"{settings} && sudo -n systemctl restart mien", 300)
    shell.until(f"sudo -n test -s {LOG}", 300)
    say(shell.must(f"sudo -n tail -n 2 {LOG}"))
