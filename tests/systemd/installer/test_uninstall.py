"""``uninstall.sh``: what goes, what stays, and half an installation."""

import pytest

from tests.systemd.installer.tiny import Place


def files(place: Place) -> set[str]:
    return {name for name, kind in place.everything().items() if "folder" not in kind}


@pytest.fixture
def used(installed):
    """It has been running for a while."""
    (installed.root / "var/lib/mien/history.db").write_text("history")
    (installed.root / "var/log/mien/readings.jsonl").write_text("readings")
    (installed.root / "run/mien").mkdir(parents=True)
    (installed.root / "run/mien/status").touch()
    drop_in = installed.root / "etc/systemd/system/mien.service.d/override.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nNice=1\n")
    return installed


def test_what_the_user_made_stays(used):
    done = used.uninstall()
    assert done.returncode == 0, done.stderr
    assert files(used) == {
        "etc/mien/mien.toml",
        "etc/systemd/system/mien.service.d/override.conf",
        "var/lib/mien/history.db",
        "var/log/mien/readings.jsonl",
    }
    assert "Mien is removed" in done.stdout
    assert str(used.root / "var/lib/mien") in done.stdout


def test_purge_leaves_nothing(used):
    done = used.uninstall("--purge")
    assert done.returncode == 0, done.stderr
    assert files(used) == set()
    left = {name for name in used.everything() if "mien" in name}
    assert left == set()


def test_a_second_time_there_is_nothing_to_do(installed):
    assert installed.uninstall("--purge").returncode == 0
    before = installed.everything()
    done = installed.uninstall("--purge")
    assert done.returncode == 0
    assert done.stdout == "Mien was not installed\n"
    assert installed.everything() == before


def test_it_removes_itself(installed):
    script = (installed.home / "current").resolve() / "systemd/uninstall.sh"
    done = installed.run([str(script), "--root", str(installed.root), "--purge"])
    assert done.returncode == 0, done.stderr
    assert files(installed) == set()


@pytest.mark.parametrize("lost", ["opt/mien/current", "opt/mien/releases", "usr/local/bin/mien"])
def test_half_an_installation(installed, lost):
    (installed.root / lost).rename(installed.folder / "away")
    done = installed.uninstall("--purge")
    assert done.returncode == 0, done.stderr
    assert files(installed) == set()


def test_systemd_stops_it_before_its_files_go(installed):
    done = installed.uninstall(**installed.with_systemd())
    assert done.returncode == 0, done.stderr
    first, second, *_, last = installed.asked()
    assert first.startswith("stop ")
    assert "mien.service" in first
    assert second.startswith("disable --quiet ")
    assert last.startswith("reset-failed ")


def test_it_is_installed_again_with_the_settings_that_stayed(used):
    used.settings.write_text('# Settings of Mien 1.0.0\n\nsource = "/dev/video7"\n')
    assert used.uninstall().returncode == 0
    assert used.install().returncode == 0
    assert 'source = "/dev/video7"' in used.settings.read_text()
    assert (used.root / "var/lib/mien/history.db").read_text() == "history"
