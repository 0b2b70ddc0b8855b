"""The power may go before any step. What is there then works, and the same command mends the rest.

The installer ends itself before the step with a given number, at once, as tiny.CUT has it.
"""

import os
import shutil

import pytest

from tests.systemd.installer.tiny import BASE_PYTHON, Place, set_version

CUT = 137
# Of an upgrade's steps, these are before the release has its name: files copied, the
# environment made, the packages installed, the release tried.
WHILE_BUILDING = (1, 40, 110)


@pytest.fixture(scope="session")
def both_there(once_installed, tmp_path_factory):
    """1.0.0 in use, and 1.1.0, which the tree is, built already."""
    folder = tmp_path_factory.mktemp("both") / "place"
    shutil.copytree(once_installed, folder, symlinks=True)
    place = Place(folder)
    set_version(place.tree, "1.1.0", model="mien")
    systemd = place.with_systemd()
    assert place.install("--stay", "0", **systemd).returncode == 0
    assert place.install("--stay", "0", "--back", **systemd).returncode == 0
    return folder


def again(folder, tmp_path, name) -> Place:
    """The same once more: with links as they are, and nothing in common with the one before."""
    place = Place(tmp_path / name)
    shutil.copytree(folder, place.folder, symlinks=True)
    return place


def works(place: Place):
    """What is in use is whole, and everything outside is of some version, and whole."""
    current = place.home / "current"
    if current.is_symlink():
        assert (current / "release.json").is_file()
        assert place.in_use() in ("1.0.0", "1.1.0")
    command = place.root / "usr/local/bin/mien"
    if command.exists():
        assert command.read_bytes() == (place.tree / "systemd/mien").read_bytes()
    unit = place.root / "etc/systemd/system/mien.service"
    if unit.exists():
        assert unit.read_bytes() == (place.tree / "systemd/mien.service").read_bytes()
    if place.settings.exists():
        assert place.settings.read_text().startswith("# Settings of Mien 1.0.0\n")


def test_while_the_next_release_takes_its_place(both_there, tmp_path):
    whole = again(both_there, tmp_path, "whole")
    assert whole.install("--stay", "0", **whole.with_systemd()).returncode == 0
    wanted = whole.everything()
    for step in range(1, 1000):
        place = again(both_there, tmp_path, f"step{step}")
        systemd = place.with_systemd()
        done = place.install("--stay", "0", **systemd, MIEN_TEST_CUT=str(step))
        works(place)
        if done.returncode != CUT:
            break
        done = place.install("--stay", "0", **systemd)
        assert done.returncode == 0, (step, done.stderr)
        assert place.everything() == wanted, step
        shutil.rmtree(place.folder)
    assert done.returncode == 0
    assert step > 15


@pytest.mark.parametrize("step", WHILE_BUILDING)
def test_while_the_next_release_is_built(installed, step):
    set_version(installed.tree, "1.1.0")
    done = installed.install(MIEN_TEST_CUT=str(step))
    assert done.returncode == CUT
    works(installed)
    assert installed.in_use() == "1.0.0"
    assert installed.install().returncode == 0
    assert installed.in_use() == "1.1.0"
    names = {path.name[:5] for path in (installed.home / "releases").iterdir()}
    assert names == {"1.0.0", "1.1.0"}


def test_one_on_trial_is_not_what_is_gone_back_to(both_there, tmp_path):
    """1.1.0 was never seen to be well when 1.2.0 comes, which is not well either."""
    place = again(both_there, tmp_path, "place")
    systemd = place.with_systemd()
    for step in range(1, 1000):
        place.install("--stay", "0", **systemd, MIEN_TEST_CUT=str(step))
        if (place.home / "current").resolve().name.startswith("1.1.0"):
            break
    assert (place.home / "trial").exists()
    set_version(place.tree, "1.2.0")
    (place.tree / "device/health").write_text("refuses")
    done = place.install("--stay", "0", **systemd)
    assert done.returncode == 1
    assert "back to Mien 1.0.0-" in done.stdout
    assert place.in_use() == "1.0.0"


WRITE = """
import pathlib, sys
from installer.files import write_whole
write_whole(pathlib.Path(sys.argv[1]), b"x", 0o640, int(sys.argv[2]))
"""


def test_settings_never_lack_the_group_that_reads_them(place):
    """They are not touched again where they are there, so they come with it."""
    other = next((number for number in os.getgroups() if number != os.getegid()), None)
    group = 12345 if os.geteuid() == 0 else other
    if group is None:
        pytest.skip("this user has no second group to give a file to")
    path = place.folder / "mien.toml"
    command = [str(BASE_PYTHON), "-c", WRITE, str(path), str(group)]
    for step in range(1, 20):
        cut = {"PYTHONPATH": str(place.tree / "systemd"), "MIEN_TEST_CUT": str(step)}
        done = place.run(command, **cut)
        assert not path.exists() or path.stat().st_gid == group
        if done.returncode != CUT:
            break
    assert done.returncode == 0, done.stderr
    assert path.stat().st_mode & 0o777 == 0o640


DISCARD = """
import pathlib, sys
from installer.release import discard
discard(pathlib.Path(sys.argv[1]))
"""


def test_a_release_that_is_half_removed_does_not_pass_for_whole(installed):
    release = (installed.home / "current").resolve()
    whole = {path.relative_to(release) for path in release.rglob("*")}
    for step in range(1, 8):
        copy = installed.folder / f"copy{step}"
        shutil.copytree(release, copy, symlinks=True)
        command = [str(BASE_PYTHON), "-c", DISCARD, str(copy)]
        path = str(installed.tree / "systemd")
        done = installed.run(command, PYTHONPATH=path, MIEN_TEST_CUT=str(step))
        assert done.returncode == CUT
        if (copy / "release.json").exists():
            assert {path.relative_to(copy) for path in copy.rglob("*")} == whole, step


def test_while_it_is_removed(both_there, tmp_path):
    """Each of the first steps; then hundreds of files go, one as the other."""
    for step in [*range(1, 16), *range(16, 1000, 60)]:
        place = again(both_there, tmp_path, f"step{step}")
        systemd = place.with_systemd()
        done = place.uninstall("--purge", **systemd, MIEN_TEST_CUT=str(step))
        if done.returncode != CUT:
            break
        assert place.uninstall("--purge", **systemd).returncode == 0
        left = [path for path, kind in place.everything().items() if "folder" not in kind]
        assert left == [], step
        shutil.rmtree(place.folder)
    assert done.returncode == 0
    assert step > 15
