"""``make image``: what it refuses, in one sentence, with nothing left behind."""

from __future__ import annotations

import gzip
import lzma
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.systemd.flash import cards
from tests.systemd.flash.conftest import ROOT


def refuses(done, code: int, *words: str) -> None:
    """One line that has the words, that exit code, and no traceback."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("mien: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path):
    yield
    left = {
        path.name for path in tmp_path.iterdir() if "out.img" in path.name or "mien" in path.name
    }
    assert not left


def test_what_is_no_file(ask, tmp_path):
    refuses(ask(tmp_path / "none.img"), 2, "none.img is not there")
    refuses(ask(tmp_path), 2, "is a folder")
    refuses(ask(Path("/dev/null")), 2, "is a device")


def test_what_is_packed_otherwise(ask, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("raspios.img", "x")
    (tmp_path / "a.img.gz").write_bytes(gzip.compress(b"x"))
    refuses(ask(tmp_path / "a.zip"), 2, "a zip archive: unpack it (unzip)")
    refuses(ask(tmp_path / "a.img.gz"), 2, "packed with gzip: unpack it (gunzip)")


def test_what_is_no_disk(ask, tmp_path):
    (tmp_path / "random.img").write_bytes(os.urandom(100_000))
    (tmp_path / "empty.img").write_bytes(b"")
    (tmp_path / "cd.iso").write_bytes(bytes(32769) + b"CD001" + bytes(9000))
    refuses(ask(tmp_path / "random.img"), 1, "random.img", "no partition table")
    refuses(ask(tmp_path / "empty.img"), 1, "no partition table")
    refuses(ask(tmp_path / "cd.iso"), 1, "an ISO image of a CD")


def test_another_table(ask, originals, tmp_path):
    other = bytearray(originals("trixie").read_bytes())
    other[450] = 0xEE
    (tmp_path / "gpt.img").write_bytes(other)
    refuses(ask(tmp_path / "gpt.img"), 1, "it has a GPT")
    other[450] = 0x83
    (tmp_path / "linux.img").write_bytes(other)
    refuses(ask(tmp_path / "linux.img"), 1, "partitions of the types 0x83, 0x83")


def test_a_boot_partition_that_is_none(ask, originals, tmp_path):
    broken = bytearray(originals("trixie").read_bytes())
    broken[8 * cards.MIB : 9 * cards.MIB] = os.urandom(cards.MIB)
    (tmp_path / "broken.img").write_bytes(broken)
    refuses(ask(tmp_path / "broken.img"), 1, "its first partition cannot be read as FAT")


def test_ubuntu(ask, tmp_path):
    release = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_CODENAME=noble\nID=ubuntu\n'
    image = cards.make_image(tmp_path / "ubuntu.img", release=release, issue=None)
    refuses(ask(image), 1, "not an image of Raspberry Pi OS: it holds Ubuntu 24.04.1 LTS")


def test_an_older_one_and_one_for_another_processor(ask, tmp_path):
    older = cards.make_image(tmp_path / "older.img", "bullseye")
    refuses(ask(older), 1, "is Raspberry Pi OS 'bullseye': Mien needs Bookworm or Trixie")
    desktop = cards.make_image(tmp_path / "desktop.img", "bookworm", "amd64")
    refuses(ask(desktop), 1, "not for an Arm processor")
    narrow = cards.make_image(tmp_path / "narrow.img", "trixie", "armhf")
    refuses(ask(narrow), 1, "no TFLite runtime: take the 64-bit one")


def test_one_that_is_prepared_already(ask, originals, tmp_path):
    assert ask(originals("trixie")).returncode == 0
    prepared = (tmp_path / "out.img").rename(tmp_path / "before.img")
    refuses(ask(prepared), 1, "has been prepared before")


def test_one_that_is_cut_short(ask, originals, tmp_path):
    whole = originals("trixie").read_bytes()
    (tmp_path / "short.img").write_bytes(whole[:-1])
    refuses(ask(tmp_path / "short.img"), 1, "short.img is cut short", "download it again")
    packed = lzma.compress(whole, preset=0)
    (tmp_path / "short.img.xz").write_bytes(packed[: len(packed) // 2])
    refuses(ask(tmp_path / "short.img.xz"), 1, "is cut short: download it again")
    (tmp_path / "short2.img.xz").write_bytes(lzma.compress(whole[:-512], preset=0))
    refuses(ask(tmp_path / "short2.img.xz"), 1, "short2.img.xz is cut short")


def test_one_that_is_damaged(ask, originals, tmp_path):
    packed = bytearray(lzma.compress(originals("trixie").read_bytes(), preset=0))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "bad.img.xz").write_bytes(packed)
    refuses(ask(tmp_path / "bad.img.xz"), 1, "bad.img.xz is damaged", "download it again")


def test_no_room_on_the_boot_partition(ask, tmp_path):
    image = cards.make_image(tmp_path / "full.img")
    cards.run("mcopy", "-i", cards.drive(image), "-", "::filler", data=bytes(40_000_000))
    refuses(ask(image), 1, "no room on its boot partition", "bytes are needed")


def test_no_room_on_the_disk(originals, wheelhouse, tmp_path):
    """A limit on the size of files stands in for a full disk."""
    done = subprocess.run(
        ["bash", "-c", f'ulimit -f 1000; exec {sys.executable} -m flash "$@"', "flash",
         f"--image={originals('trixie')}", f"--out={tmp_path / 'out.img'}",
         f"--wheelhouse={wheelhouse}"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "systemd")}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    refuses(done, 1, "no room for the image")


def test_more_than_the_disk_has_is_said_at_once(ask, tmp_path):
    huge = tmp_path / "huge.img"
    with huge.open("wb") as file:
        file.truncate(1 << 43)
    refuses(ask(huge), 1, "no room: the image has 8,796,093,022,208 bytes")


def test_no_wheels(ask, originals, tmp_path):
    (tmp_path / "none").mkdir()
    done = ask(originals("trixie"), f"--wheelhouse={tmp_path / 'none'}")
    refuses(done, 1, "make wheelhouse PLATFORM=trixie-arm64")


def test_a_result_that_is_there_or_has_no_place(ask, originals, tmp_path):
    original = originals("trixie")
    there = tmp_path / "there.img"
    there.write_text("mine")
    refuses(ask(original, f"--out={there}"), 2, "is there already: remove it")
    assert there.read_text() == "mine"
    refuses(ask(original, f"--out={original}"), 2, "is the original, which is never changed")
    refuses(ask(original, f"--out={tmp_path / 'no/where.img'}"), 2, "there is no folder")


@pytest.mark.parametrize("name", ["", "-mien", "mien-", "Mien", "mi_en", "a.b", "a b", "m" * 64])
def test_host_names(ask, originals, name):
    refuses(ask(originals("trixie"), f"--hostname={name}"), 2, f"HOSTNAME={name!r}")


@pytest.fixture
def password(tmp_path) -> Path:
    path = tmp_path / "password"
    path.write_text("correct horse\n")
    return path


def test_wifi(ask, originals, password, tmp_path):
    image = originals("trixie")
    file, country = f"--wifi-password-file={password}", "--wifi-country=FR"
    refuses(ask(image, file, country), 2, "WIFI_SSID is missing")
    refuses(ask(image, "--wifi-ssid=a", country), 2, "WIFI_PASSWORD_FILE is missing")
    refuses(ask(image, "--wifi-ssid=a", file), 2, "WIFI_COUNTRY=''", "such as FR")
    refuses(ask(image, "--wifi-ssid=a", file, "--wifi-country=fr"), 2, "WIFI_COUNTRY='fr'")
    refuses(ask(image, f"--wifi-ssid={'é' * 17}", file, country), 2, "this one has 34")
    refuses(ask(image, "--wifi-ssid=", file, country), 2, "this one has 0")
    refuses(ask(image, "--wifi-ssid=a\nb", file, country), 2, "cannot be printed")
    missing = f"--wifi-password-file={tmp_path / 'missing'}"
    refuses(ask(image, "--wifi-ssid=a", missing, country), 2, "No such file")
    for text, size in (("short77", 7), ("l" * 64, 64), ("", 0), ("two\nlines77", 11)):
        password.write_text(text)
        done = ask(image, "--wifi-ssid=a", file, country)
        refuses(done, 2, f"this one has {size}")
        assert not text or text.split("\n")[0] not in done.stderr.replace(str(password), "")


def test_keys_of_ssh(ask, originals, tmp_path):
    if shutil.which("ssh-keygen") is None:
        pytest.skip("apt install openssh-client")
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    image = originals("trixie")
    refuses(ask(image, f"--ssh-key={key}"), 2, "is a private key", f"{key}.pub")
    refuses(ask(image, f"--ssh-key={tmp_path / 'none'}"), 2, "No such file")
    refuses(ask(image, f"--ssh-key={tmp_path}"), 2, "Is a directory")
    public = (tmp_path / "id.pub").read_text()
    for text, why in (
        ("", "has no key"),
        (public + "hello\n", "key 2 is no public key"),
        (public.replace("AAAA", "AAAB"), "key 1 is no public key"),
        (public.replace("ssh-ed25519", "ssh-rsa"), "key 1 is no public key"),
    ):
        (tmp_path / "other").write_text(text)
        refuses(ask(image, f"--ssh-key={tmp_path / 'other'}"), 2, why)
    (tmp_path / "other").write_bytes(os.urandom(500))
    refuses(ask(image, f"--ssh-key={tmp_path / 'other'}"), 2, "no small text file")
    refuses(ask(image, f"--ssh-key={key}.pub", "--ssh-user=root"), 2, "SSH_USER='root'")
    refuses(ask(image, "--ssh-user=ada"), 2, "SSH_USER needs SSH_KEY")


def test_missing_programs(ask, originals, tmp_path):
    (tmp_path / "bin").mkdir()
    done = ask(originals("trixie"), PATH=str(tmp_path / "bin"))
    refuses(done, 1, "mtools is missing: sudo apt install mtools")


def test_a_stop_leaves_nothing(originals, wheelhouse, tmp_path):
    """Stopped while it unpacks from a pipe that gives nothing more."""
    original = originals("trixie")
    process = subprocess.Popen(
        [
            sys.executable, "-c",
            "import signal, sys, flash.source as s\n"
            "real = s._blocks\n"
            "def slow(source):\n"
            "    yield next(real(source))\n"
            "    print('begun', flush=True)\n"
            "    signal.pause()\n"
            "s._blocks, s._shared = slow, lambda *a: False\n"
            "from flash.__main__ import main\n"
            "sys.exit(main(sys.argv[1:]))",
            f"--image={original}", f"--out={tmp_path / 'out.img'}", f"--wheelhouse={wheelhouse}",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "systemd")}, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "begun\n"
    assert (tmp_path / "out.img.partial").exists()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said == "mien: stopped; nothing is left behind\n"
