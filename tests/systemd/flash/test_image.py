"""``make image``: what lands on the boot partition of an image of Raspberry Pi OS."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.systemd.flash import cards
from tests.systemd.flash.conftest import ROOT

PASSWORD = "correct horse battery"  # noqa: S105
# WPA2's key for that password and the network "Lounge", by wpa_passphrase.
KEY = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), b"Lounge", 4096, 32).hex()


@pytest.fixture
def key(tmp_path) -> Path:
    path = tmp_path / "id.pub"
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIP8Wv53x2oTx6EzDBh7OxGoBrNAtxcGI6XFrGWMrEFBa"
    path.write_text(f"ssh-ed25519 {blob} me@home\n")
    return path


@pytest.fixture
def password(tmp_path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def everything(key: Path, password: Path) -> list[str]:
    return [
        "--hostname=mien-lounge", "--wifi-ssid=Lounge", f"--wifi-password-file={password}",
        "--wifi-country=FR", f"--ssh-key={key}", "--ssh-user=ada",
    ]  # fmt: skip


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_trixie_gets_cloud_init_files(ask, originals, key, password, tmp_path):
    original = originals("trixie")
    before = digest(original)
    done = ask(original, *everything(key, password))
    assert done.returncode == 0, done.stderr
    assert "Raspberry Pi OS trixie-arm64, set up by cloud-init" in done.stdout
    out = tmp_path / "out.img"
    user_data = cards.read(out, "user-data").decode()
    assert user_data.startswith("#cloud-config\n")
    assert 'hostname: "mien-lounge"\n' in user_data
    assert '- name: "ada"\n' in user_data
    assert key.read_text().strip() in user_data
    assert '- [usermod, --shell, /bin/bash, "ada"]\n' in user_data
    assert "/boot/firmware/mien/first_boot.sh start" in user_data
    assert f"psk={KEY}\n".encode() in cards.read(out, "mien/settings/wifi.nmconnection")
    assert cards.read(out, "network-config") == cards.read(original, "network-config")
    meta = cards.read(out, "meta-data").decode()
    instance = meta.split("instance-id: ")[1].strip()
    cmdline = cards.read(out, "cmdline.txt").decode()
    assert cmdline == (
        f"{cards.CMDLINE} resize cfg80211.ieee80211_regdom=FR ds=nocloud;i={instance}\n"
    )
    assert "firstrun.sh" not in cards.listing(out)
    assert cards.read(out, "ssh") == b""
    assert digest(original) == before


def test_bookworm_gets_firstrun(ask, originals, key, password, tmp_path):
    done = ask(originals("bookworm"), *everything(key, password))
    assert done.returncode == 0, done.stderr
    assert "bookworm-arm64, set up by firstrun.sh" in done.stdout
    out = tmp_path / "out.img"
    assert cards.read(out, "firstrun.sh") == (ROOT / "systemd/flash/firstrun.sh").read_bytes()
    assert cards.read(out, "mien/settings/hostname") == b"mien-lounge\n"
    assert cards.read(out, "mien/settings/user") == b"ada\n"
    assert cards.read(out, "mien/settings/authorized_keys") == key.read_bytes()
    assert f"psk={KEY}\n".encode() in cards.read(out, "mien/settings/wifi.nmconnection")
    cmdline = cards.read(out, "cmdline.txt").decode()
    assert cmdline.startswith(cards.CMDLINE)
    assert cmdline.count("\n") == 1
    assert cmdline.endswith(
        " systemd.run=/boot/firmware/firstrun.sh systemd.run_success_action=reboot "
        "systemd.unit=kernel-command-line.target\n"
    )
    assert "user-data" not in cards.listing(out)


def test_without_settings_the_system_keeps_its_own_ways(ask, originals, tmp_path):
    assert ask(originals("trixie")).returncode == 0
    out = tmp_path / "out.img"
    user_data = cards.read(out, "user-data").decode()
    assert "hostname" not in user_data
    assert "users" not in user_data
    assert cards.read(out, "network-config") == b"# nothing\n"
    assert "ssh" not in cards.listing(out)
    assert "mien/wifi" not in cards.listing(out)


@pytest.mark.parametrize(
    ("suite", "machine"), [("trixie", "arm64"), ("bookworm", "arm64"), ("bookworm", "armhf")]
)
def test_the_program_and_the_wheels_of_that_system_are_on_it(
    ask, originals, wheelhouse, tmp_path, suite, machine
):
    done = ask(originals(suite, machine))
    assert done.returncode == 0, done.stderr
    boot = cards.take_boot(tmp_path / "out.img", tmp_path / "boot")
    for path in (wheelhouse / f"{suite}-{machine}").iterdir():
        assert (boot / "mien/wheels" / path.name).read_bytes() == path.read_bytes()
    subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=boot / "mien", check=True
    )
    with tarfile.open(boot / "mien/mien.tar.gz") as archive:
        names = set(archive.getnames())
        assert {
            "device/__main__.py", "device/models/mien.tflite", "systemd/mien.toml",
            "systemd/mien.service", "requirements-pi.txt",
        } <= names  # fmt: skip
        assert not [n for n in names if n.startswith(("tests/", "training/", "systemd/flash/"))]
        model = archive.extractfile("device/models/mien.tflite").read()
    assert model == (ROOT / "device/models/mien.tflite").read_bytes()


def test_the_same_tree_gives_the_same_program(ask, originals, tmp_path):
    archives = []
    for _ in range(2):
        assert ask(originals("trixie")).returncode == 0
        archives.append(cards.read(tmp_path / "out.img", "mien/mien.tar.gz"))
        (tmp_path / "out.img").unlink()
    assert archives[0] == archives[1]


def test_a_packed_image_is_unpacked_with_its_holes(ask, originals, tmp_path):
    original = originals("trixie")
    packed = tmp_path / "raspios.img.xz"
    packed.write_bytes(lzma.compress(original.read_bytes(), preset=0))
    before = digest(packed)
    done = ask(packed)
    assert done.returncode == 0, done.stderr
    out = (tmp_path / "out.img").stat()
    assert out.st_size == original.stat().st_size
    assert out.st_blocks * 512 < out.st_size
    assert digest(packed) == before


def test_what_was_there_is_still_there(ask, originals, tmp_path):
    original = originals("trixie")
    assert ask(original).returncode == 0
    out = tmp_path / "out.img"
    for name in ("config.txt", "kernel8.img", "issue.txt"):
        assert cards.read(out, name) == cards.read(original, name)
    fat_end = (8 + 40) * cards.MIB
    assert out.read_bytes()[fat_end:] == original.read_bytes()[fat_end:]
    assert out.read_bytes()[:512] == original.read_bytes()[:512]


def test_the_password_is_nowhere(ask, originals, key, password, tmp_path):
    for suite in ("trixie", "bookworm"):
        done = ask(originals(suite), *everything(key, password))
        out = tmp_path / "out.img"
        for secret in (PASSWORD, KEY):
            assert secret not in done.stdout + done.stderr
        assert PASSWORD.encode() not in out.read_bytes()
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        out.unlink()


def test_the_password_is_in_no_command_line(ask, originals, key, password, tmp_path):
    """Every program that is started writes down what it was given; none was given a secret."""
    seen, folder = tmp_path / "seen", tmp_path / "bin"
    folder.mkdir()
    for name in ("mcopy", "mmd", "mdir", "debugfs", "fsck.fat"):
        real = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
        script = f'#!/bin/sh\nprintf "%s " "$0" "$@" >>{seen}\nenv >>{seen}\nexec {real} "$@"\n'
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    done = ask(originals("trixie"), *everything(key, password), PATH=f"{folder}:/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    text = seen.read_text()
    assert "mcopy" in text
    assert "Lounge" not in text
    for secret in (PASSWORD, KEY):
        assert secret not in text


def test_strange_names_of_networks_come_through(ask, originals, password, tmp_path):
    ssid = 'Caf\u00e9: "l\'\u00e9t\u00e9" \\ #1 $HOME'
    done = ask(
        originals("trixie"), f"--wifi-ssid={ssid}", f"--wifi-password-file={password}",
        "--wifi-country=FR",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = cards.read(tmp_path / "out.img", "mien/settings/wifi.nmconnection").decode()
    numbers = text.split("ssid=")[1].splitlines()[0]
    assert bytes(int(n) for n in numbers.split(";") if n).decode() == ssid


# A terminal to ask on. What is typed before it asks is thrown away.
ON_A_TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


def test_the_password_of_the_wifi_is_asked_for(originals, wheelhouse, tmp_path):
    out = tmp_path / "out.img"
    command = [
        sys.executable, "-c", ON_A_TERMINAL, sys.executable, "-m", "flash",
        f"--image={originals('trixie')}", f"--out={out}", f"--wheelhouse={wheelhouse}",
        "--wifi-ssid=Lounge", "--wifi-country=FR",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT / "systemd")},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    said = b""
    while b"Password of Lounge: " not in said:
        said += os.read(process.stdout.fileno(), 4096)
    rest, _ = process.communicate(PASSWORD.encode() + b"\n", timeout=120)
    assert process.returncode == 0, rest
    assert PASSWORD.encode() not in said + rest
    assert f"psk={KEY}\n".encode() in cards.read(out, "mien/settings/wifi.nmconnection")


def test_cloud_init_takes_user_data(ask, originals, key, password, tmp_path):
    if shutil.which("cloud-init") is None:
        pytest.skip("apt install cloud-init")
    assert ask(originals("trixie"), *everything(key, password)).returncode == 0
    (tmp_path / "user-data").write_bytes(cards.read(tmp_path / "out.img", "user-data"))
    done = subprocess.run(
        ["cloud-init", "schema", "--config-file", str(tmp_path / "user-data")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "eprecated" not in done.stdout + done.stderr


def test_make_image_hands_everything_on(originals, wheelhouse, key, password, tmp_path):
    """HOSTNAME of the shell does not count, and no sign in a value means anything to a shell."""
    out = tmp_path / "it's $(touch gone) out.img"
    done = subprocess.run(
        [
            "make", "--no-print-directory", "-C", str(ROOT), "image",
            f"IMAGE={originals('trixie')}", f"OUT={str(out).replace('$', '$$')}",
            f"WHEELHOUSE={wheelhouse}", "WIFI_SSID=Lounge", f"WIFI_PASSWORD_FILE={password}",
            "WIFI_COUNTRY=FR", f"SSH_KEY={key}",
        ],
        env={**os.environ, "HOSTNAME": "of-the-shell"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    user_data = cards.read(out, "user-data").decode()
    assert "of-the-shell" not in user_data
    assert '- name: "pi"\n' in user_data
    assert not (ROOT / "gone").exists()
