"""What cannot be installed, or not here: one clear sentence, a code, and nothing left behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from tests.systemd.installer.tiny import LIMIT_S, Place, write_program, write_stamp


def refused(place: Place, code: int, *words: str, options=(), command=None, **more: str) -> str:
    """Install; see that it is refused with one line, and that nothing is left behind."""
    before = place.everything()
    done = place.run(command or place.command("--no-screen", *options), **more)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.startswith("mien: ")
    assert len(done.stderr.splitlines()) == 1
    for word in words:
        assert word in done.stderr
    assert place.everything() == before
    return done.stderr


def without_wheels(place: Place) -> list[str]:
    script = place.tree / "systemd/install.sh"
    return [str(script), "--root", str(place.root), "--no-screen"]


def says(place: Place, program: str, answer: str):
    write_program(place.folder / "bin" / program, f"#!/bin/sh\necho {answer}\n")


def test_another_system(place):
    (place.root / "etc/os-release").write_text('ID=fedora\nPRETTY_NAME="Fedora Linux 43"\n')
    refused(place, 2, "this is Fedora Linux 43: Raspberry Pi OS or Debian")


@pytest.mark.parametrize("text", ["ID=raspbian\n", "ID=ubuntu\nID_LIKE='debian'\n"])
def test_what_is_like_debian_is_taken(place, text):
    (place.root / "etc/os-release").write_text(text)
    write_stamp(place.wheels, [], python="3.99")  # it comes as far as the wheels
    refused(place, 2, "this machine is unknown-")


def test_no_room(place):
    """Its wheels are 8 TB, as their own list of files has it."""
    wheel = place.wheels / "large-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for number in range(2000):
            archive.writestr(str(number), "")
    data = wheel.read_bytes()
    entries = [found.start() for found in re.finditer(b"PK\x01\x02", data)]
    for start in entries:
        data = data[: start + 24] + b"\xfe\xff\xff\xff" + data[start + 28 :]
    wheel.write_bytes(data)
    write_stamp(place.wheels, ["needed==1.0", "shown==1.0"])
    said = refused(place, 1, "too little room on the disk", "MB are needed", "MB are free")
    assert str(place.home) in said


def test_an_old_python(place):
    old = write_program(place.folder / "python", "#!/bin/sh\n[ \"$1\" = -V ] && echo 'Python 3.9.2'"
                        "\nexit 1\n")  # fmt: skip
    refused(place, 2, "Python 3.9.2 is too old: Python 3.11 or later", PYTHON=str(old))


def test_no_python(place):
    refused(place, 2, "/nowhere/python3 is not there", PYTHON="/nowhere/python3")


@pytest.mark.parametrize(
    ("dpkg", "uname", "why"),
    [
        ("armhf", "armv6l", "this processor (armv6l) is too old"),
        ("i386", "i686", "no TFLite runtime for i386"),
        ("riscv64", "riscv64", "no TFLite runtime for riscv64"),
    ],
)
def test_a_machine_without_wheels(place, dpkg, uname, why):
    says(place, "dpkg", dpkg)
    says(place, "uname", uname)
    refused(place, 2, why)


def test_32_bits_with_a_later_python(place):
    says(place, "dpkg", "armhf")
    says(place, "uname", "aarch64")
    if sys.version_info < (3, 12):
        refused(place, 2, "the wheelhouse", "this machine is bookworm-armhf")
    else:
        refused(place, 2, "no TFLite runtime for 32-bit Arm and Python 3.")


@pytest.fixture
def for_everybody(place):
    """The same tree where each user of the machine can read it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copytree(place.tree, folder / "tree")
    yield folder / "tree"
    shutil.rmtree(folder)


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh"])
def test_not_root(place, for_everybody, script):
    as_nobody = ["setpriv", "--reuid=65534", "--"] if os.geteuid() == 0 else []
    command = [*as_nobody, str(for_everybody / "systemd" / script)]
    python = "/usr/bin/python3" if as_nobody else sys.executable
    if not Path(python).exists():
        pytest.skip("apt install python3")
    refused(place, 2, f"needs root: sudo systemd/{script}", command=command, PYTHON=python)


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh"])
def test_an_unknown_option(place, script):
    command = [*place.command(script=script), "--wat"]
    refused(place, 2, "--wat", f"{script} --help", command=command)


@pytest.mark.parametrize("value", ["-1", "soon", "nan"])
def test_a_time_that_is_none(place, value):
    refused(place, 2, f"'{value}': give a number of seconds", options=[f"--stay={value}"])


def test_no_network_and_no_wheelhouse(place):
    # Nobody listens on port 9 of this machine.
    index = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": ""}
    index |= {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", "PIP_NO_INDEX": "",
              "PIP_FIND_LINKS": ""}  # fmt: skip
    refused(place, 1, "there is no network, and no wheelhouse", command=without_wheels(place),
            **index)  # fmt: skip


def test_a_wheelhouse_that_is_not_there(place):
    refused(place, 2, "/nowhere: there is no such folder", options=["--wheelhouse", "/nowhere"])


def test_a_folder_that_is_no_wheelhouse(place):
    refused(place, 2, "no wheelhouse.json", "make wheelhouse PLATFORM=bookworm-",
            options=["--wheelhouse", place.tree])  # fmt: skip


@pytest.mark.parametrize(
    ("what", "value"), [("python", "3.99"), ("machine", "sparc"), ("glibc", "2.99")]
)
def test_a_wheelhouse_for_another_machine(place, what, value):
    write_stamp(place.wheels, [], platform="trixie-sparc", **{what: value})
    refused(place, 2, "is for trixie-sparc", value, "this machine is bookworm-")


def test_a_wheelhouse_of_another_version(place):
    (place.tree / "requirements-pi.txt").write_text("needed==2.0\n")
    refused(place, 1, "made for another version: it lacks needed==2.0")


def test_a_wheel_that_is_damaged(place):
    wheel = place.wheels / "needed-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
    refused(place, 1, f"{wheel} is damaged")


def test_a_wheel_that_is_missing(place):
    (place.wheels / "needed-1.0-py3-none-any.whl").unlink()
    refused(place, 1, "lacks needed-1.0-py3-none-any.whl")


def test_a_wheel_that_nobody_vouches_for(place):
    (place.wheels / "other-1.0-py3-none-any.whl").write_bytes(b"")
    refused(place, 1, "other-1.0-py3-none-any.whl, which is not in its SHA256SUMS")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"platform": "x"}'])
def test_a_stamp_that_says_nothing(place, text):
    (place.wheels / "wheelhouse.json").write_text(text)
    refused(place, 1, "wheelhouse.json", "make the wheelhouse anew")


def test_a_stamp_without_sums(place):
    (place.wheels / "SHA256SUMS").unlink()
    refused(place, 1, "SHA256SUMS: cannot be read")


def test_a_tree_that_is_not_whole(place):
    (place.tree / "systemd/mien.service").unlink()
    refused(place, 2, "is not the whole of Mien: systemd/mien.service is missing")


def test_what_others_put_there_is_left_alone(place):
    place.home.mkdir(parents=True)
    (place.home / "holiday.jpg").touch()
    refused(place, 2, "holds something else (holiday.jpg)")
    assert place.uninstall("--purge").returncode == 0
    assert (place.home / "holiday.jpg").exists()


def test_another_program_that_is_called_mien_is_left_alone(place):
    command = write_program(place.root / "usr/local/bin/mien", "#!/bin/sh\n")
    refused(place, 2, f"{command} is another program: move it away")
    assert place.uninstall("--purge").returncode == 0
    assert command.read_text() == "#!/bin/sh\n"


def test_a_half_built_release_is_removed(place):
    half = place.home / "releases/.partial-0.9.0-abc"
    (half / "venv").mkdir(parents=True)
    nameless = place.home / "releases/0.9.0-abc"
    nameless.mkdir()
    done = place.install()
    assert done.returncode == 0, done.stderr
    assert "removed what an interrupted installation left" in done.stdout
    assert not half.exists()
    assert not nameless.exists()


class Waiting:
    """An installation that has come to where the new release is tried, and waits there."""

    def __init__(self, place: Place, *before: str):
        self.pipe = place.folder / "pipe"
        os.mkfifo(self.pipe)
        (place.tree / "device/pipe").write_text(str(self.pipe))
        self.process = subprocess.Popen(
            [*before, *place.command("--no-screen")], env=place.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.writer = self.pipe.open("w")  # opens when the other end does

    def go_on(self):
        self.writer.close()
        return self.process.communicate(timeout=LIMIT_S)


@pytest.fixture
def waiting(installed):
    started = Waiting(installed)
    yield started
    started.process.kill()
    started.process.communicate()
    started.writer.close()


def test_two_at_once(installed, waiting):
    second = installed.install()
    assert second.returncode == 1
    assert "another installation is at work" in second.stderr
    third = installed.uninstall("--purge")
    assert third.returncode == 1
    assert "another installation is at work" in third.stderr
    waiting.go_on()
    assert waiting.process.returncode == 0
    assert installed.in_use() == "1.0.0"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_everything_as_it_was(installed, number):
    before = installed.everything()
    waiting = Waiting(installed)
    waiting.process.send_signal(number)
    _, told = waiting.process.communicate(timeout=LIMIT_S)
    waiting.writer.close()
    assert waiting.process.returncode == 128 + number
    assert told == "mien: stopped; everything is as it was before\n"
    assert installed.everything() == before


def test_a_lost_terminal_ends_nothing_where_that_was_asked(place):
    waiting = Waiting(place, "nohup")
    waiting.process.send_signal(signal.SIGHUP)
    _, told = waiting.go_on()
    assert waiting.process.returncode == 0, told
    assert place.in_use() == "1.0.0"


_ON_THIS_MACHINE = """
import sys
from pathlib import Path
from installer.errors import InstallError
from installer.install import Wanted, install
from installer.layout import Layout

class Live(Layout):
    live = True  # users are made, and all else is below the folder

tree, wheels, root = map(Path, sys.argv[1:])
try:
    install(Wanted(tree, wheels, screen=False, start=False), Live(root))
except InstallError as error:
    sys.exit(f"{error.code}: {error}")
"""


def test_no_program_that_makes_users(place):
    """As on a minimal Debian; it is said before anything is built."""
    programs = place.folder / "few"
    programs.mkdir()
    for name in ("dpkg", "uname", "apt-cache"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    before = place.everything()
    done = subprocess.run(
        [sys.executable, "-c", _ON_THIS_MACHINE, place.tree, place.wheels, place.root],
        env={"PATH": str(programs), "PYTHONPATH": str(place.tree / "systemd")},
        capture_output=True, text=True, check=False, timeout=LIMIT_S,
    )  # fmt: skip
    assert done.stderr == "2: useradd is missing: sudo apt install passwd\n"
    assert done.stdout == ""
    assert place.everything() == before
