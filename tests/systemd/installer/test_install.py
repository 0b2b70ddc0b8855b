"""``install.sh`` into a folder: what lies where, again, from which wheels."""

import json
import os
import shutil
import subprocess

import pytest

from tests.systemd.installer.tiny import ROOT, Place, set_version


def test_everything_is_in_its_place(installed):
    release = (installed.home / "current").resolve()
    assert release.parent == (installed.home / "releases").resolve()
    assert (release / "device/__init__.py").is_file()
    assert (release / "systemd/uninstall.sh").stat().st_mode & 0o111
    assert (release / "venv/lib").is_dir()
    for name in ("mien.service", "mien-reboot.path", "mien-reboot.service"):
        unit = installed.root / "etc/systemd/system" / name
        assert unit.read_bytes() == (ROOT / "systemd" / name).read_bytes()
    command = installed.root / "usr/local/bin/mien"
    assert command.read_bytes() == (ROOT / "systemd/mien").read_bytes()
    assert command.stat().st_mode & 0o777 == 0o755
    assert installed.settings.read_bytes() == (installed.tree / "systemd/mien.toml").read_bytes()
    assert installed.settings.stat().st_mode & 0o777 == 0o640
    for name in ("var/lib/mien", "var/log/mien"):
        assert (installed.root / name).stat().st_mode & 0o777 == 0o750


def test_it_starts_with_the_next_boot(installed):
    link = installed.root / "etc/systemd/system/multi-user.target.wants/mien.service"
    assert link.resolve() == (installed.root / "etc/systemd/system/mien.service").resolve()


def test_the_command_runs_what_was_installed(installed):
    command = installed.root / "usr/local/bin/mien"
    done = installed.run([str(command), "hello"], MIEN_HOME=str(installed.home / "current"))
    assert done.returncode == 0, done.stderr
    assert "'hello'" in done.stdout


def test_the_environment_holds_what_is_asked_for_and_no_pip(installed):
    venv = installed.home / "current/venv"
    site = next(venv.glob("lib/python3*/site-packages"))
    assert (site / "needed").is_dir()
    assert not (site / "pip").exists()
    assert not (site / "shown").exists()
    assert {path.name for path in (venv / "bin").iterdir()} >= {"python"}
    assert not (venv / "bin/activate").exists()


def test_what_is_used_is_compiled_and_nothing_else(installed):
    release = (installed.home / "current").resolve()
    assert list((release / "device/__pycache__").glob("service.*.pyc"))
    assert list(release.glob("venv/lib/python3*/site-packages/needed/__pycache__/*.pyc"))


def test_no_trace_of_where_it_was_built(installed):
    release = (installed.home / "current").resolve()
    for path in (release / "venv/bin").iterdir():
        assert path.is_symlink()
    assert not list((installed.home / "releases").glob(".*"))


def test_a_second_run_changes_nothing_and_says_so(installed):
    before = installed.everything()
    times = {path: path.lstat().st_mtime_ns for path in installed.root.rglob("*")}
    done = installed.install()
    assert done.returncode == 0
    assert "installed already: nothing to do" in done.stdout
    assert installed.everything() == before
    changed = {path for path, time in times.items() if path.lstat().st_mtime_ns != time}
    assert changed <= {installed.root, installed.root / "etc"}  # the lock came and went


def test_from_the_release_itself_it_is_the_same(installed):
    script = (installed.home / "current").resolve() / "systemd/install.sh"
    done = installed.run([str(script), "--root", str(installed.root), "--no-screen"])
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stdout


@pytest.mark.parametrize("lost", ["usr/local/bin/mien", "etc/systemd/system/mien.service"])
def test_what_was_lost_is_put_back(installed, lost):
    before = installed.everything()
    (installed.root / lost).unlink()
    done = installed.install()
    assert done.returncode == 0
    assert "building" not in done.stdout
    assert installed.everything() == before


def test_a_release_that_was_damaged_is_built_anew(installed):
    before = installed.everything()
    ((installed.home / "current").resolve() / "release.json").unlink()
    done = installed.install()
    assert done.returncode == 0, done.stderr
    assert "interrupted installation" in done.stdout
    assert installed.everything() == before


def test_with_the_screens_library_where_it_is_wanted(place):
    done = place.run(place.command("--screen"))
    assert done.returncode == 0, done.stderr
    assert list(place.home.glob("current/venv/lib/python3*/site-packages/shown"))


def test_a_wheelhouse_beside_the_tree_is_found(place):
    place.wheels.rename(place.folder / "wheelhouse")
    done = place.run([str(place.tree / "systemd/install.sh"), "--root", str(place.root),
                      "--no-screen"])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"packages from {place.folder / 'wheelhouse'}" in done.stdout


def test_a_folder_of_wheelhouses_gives_the_one_that_fits(place):
    said = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                          check=True)  # fmt: skip
    every = place.folder / "every"
    every.mkdir()
    place.wheels.rename(every / f"bookworm-{said.stdout.strip()}")
    done = place.install("--wheelhouse", every)
    assert done.returncode == 0, done.stderr


def test_programs_are_told_by_what_they_are_and_not_by_the_disk(place):
    """On a boot partition, which is FAT, every file is a program, or none."""
    for path in place.tree.rglob("*"):
        if path.is_file() and path.name != "install.sh":
            path.chmod(0o644 if path.suffix == ".sh" else 0o755)
    assert place.install().returncode == 0
    release = (place.home / "current").resolve()
    assert (release / "systemd/uninstall.sh").stat().st_mode & 0o777 == 0o755
    assert (release / "device/__init__.py").stat().st_mode & 0o777 == 0o644


def test_the_users_mask_makes_nothing_unreadable(place):
    command = ["bash", "-c", 'umask 077; exec "$@"', "sh", *place.command("--no-screen")]
    assert place.run(command).returncode == 0
    for path in [place.home, *place.home.rglob("*")]:
        if not path.is_symlink():
            assert path.stat().st_mode & 0o004, path


def test_nothing_is_written_into_the_tree(place):
    before = sorted(place.tree.rglob("*"))
    assert place.install().returncode == 0
    assert sorted(place.tree.rglob("*")) == before


def test_modules_of_the_folder_it_is_called_in_are_not_taken(place):
    (place.folder / "argparse.py").write_text("raise SystemExit('taken from the folder')")
    (place.folder / "device").mkdir()
    (place.folder / "device/__init__.py").write_text("raise SystemExit('taken from the folder')")
    done = place.install()
    assert done.returncode == 0, done.stderr


def test_the_facts_name_the_release(installed):
    release = (installed.home / "current").resolve()
    facts = json.loads((release / "release.json").read_text())
    assert facts["id"] == release.name
    assert facts["version"] == "1.0.0"
    assert release.name.startswith("1.0.0-")


def test_the_settings_of_the_tree_name_its_version():
    """The installer tells by this line that settings are of a newer version."""
    version = {}
    exec((ROOT / "device/__init__.py").read_text(), version)  # noqa: S102
    first = (ROOT / "systemd/mien.toml").read_text().splitlines()[0]
    assert first == f"# Settings of Mien {version['__version__']}"


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh", "installer/start.sh"])
def test_the_scripts_are_without_fault(script):
    if shutil.which("shellcheck") is None:
        pytest.skip("apt install shellcheck")
    path = str(ROOT / "systemd" / script)
    done = subprocess.run(["shellcheck", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh"])
def test_help_says_what_there_is(place, script):
    done = place.run([str(place.tree / "systemd" / script), "--help"])
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: {script}")
    assert "--root" in done.stdout


def test_with_systemd_it_is_enabled_and_started(place):
    done = place.install("--stay", "0", **place.with_systemd())
    assert done.returncode == 0, done.stderr
    assert "runs: systemctl status mien" in done.stdout
    asked = place.asked()
    assert asked.index("daemon-reload") < asked.index("enable --quiet mien.service")
    assert asked.index("enable --quiet mien.service") < asked.index("restart mien.service")


def test_a_service_that_was_stopped_is_started_again(place):
    systemd = place.with_systemd()
    assert place.install("--stay", "0", **systemd).returncode == 0
    (place.folder / "calls").unlink()
    assert "nothing to do" in place.install("--stay", "0", **systemd).stdout
    assert "restart mien.service" not in place.asked()
    (place.folder / "up").unlink()
    assert place.install("--stay", "0", **systemd).returncode == 0
    assert "restart mien.service" in place.asked()


def test_it_is_not_started_where_that_is_not_wanted(place):
    done = place.install("--no-start", **place.with_systemd())
    assert done.returncode == 0
    assert "starts with the next boot" in done.stdout
    assert "enable --quiet mien.service" in place.asked()
    assert not [call for call in place.asked() if call.startswith(("restart", "start"))]


def test_settings_that_were_there_are_kept(place):
    place.settings.parent.mkdir(parents=True)
    place.settings.write_text('source = "/dev/video7"\n')
    done = place.install()
    assert done.returncode == 0, done.stderr
    assert place.settings.read_text() == 'source = "/dev/video7"\n'
    assert "mien.toml.new" in done.stdout
    beside = place.settings.with_name("mien.toml.new")
    assert beside.read_bytes() == (place.tree / "systemd/mien.toml").read_bytes()


def test_this_versions_settings_come_beside_once_and_only_if_they_differ(installed: Place):
    installed.settings.write_text('source = "/dev/video7"\n')
    beside = installed.settings.with_name("mien.toml.new")
    set_version(installed.tree, "1.1.0")
    assert installed.install().returncode == 0
    assert not beside.exists()  # only the number of the version is another
    set_version(installed.tree, "1.2.0", model="mien")
    assert installed.install().returncode == 0
    assert 'model = "mien"' in beside.read_text()
    assert installed.settings.read_text() == 'source = "/dev/video7"\n'


def test_other_packages_are_another_release(installed):
    assert installed.run(installed.command("--screen")).returncode == 0
    assert len(list((installed.home / "releases").iterdir())) == 2
