"""From one version to the next, and back where the next one is not well."""

import subprocess

import pytest

from tests.systemd.installer.tiny import Place, set_version


@pytest.fixture
def running(installed: Place):
    """Version 1.0.0, which systemd has started; the tree is 1.1.0 meanwhile."""
    assert installed.install("--stay", "0", **installed.with_systemd()).returncode == 0
    (installed.folder / "calls").unlink()
    set_version(installed.tree, "1.1.0")
    return installed


def upgrade(place: Place, *options):
    return place.install("--stay", "0", *options, **place.with_systemd())


def make_unwell(place: Place, how: str):
    (place.tree / "device/health").write_text(how)


def test_an_upgrade_keeps_the_version_before(running):
    done = upgrade(running)
    assert done.returncode == 0, done.stderr
    assert running.in_use() == "1.1.0"
    before = (running.home / "previous").resolve()
    assert before.name.startswith("1.0.0-")
    assert (before / "venv").is_dir()
    assert not (running.home / "trial").exists()


def test_what_is_older_than_the_one_before_is_removed(running):
    for version in ("1.1.0", "1.2.0"):
        set_version(running.tree, version)
        assert upgrade(running).returncode == 0
    names = sorted(path.name[:5] for path in (running.home / "releases").iterdir())
    assert names == ["1.1.0", "1.2.0"]


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("refuses", "Job for mien.service failed."),
        ("hangs", "no answer within 1 s"),
        ("dies", "did not stay up"),
    ],
)
def test_one_that_is_not_well_gives_way_to_the_one_before(running, how, why):
    before = running.everything()
    make_unwell(running, how)
    done = upgrade(running, "--ready", "1")
    assert done.returncode == 1
    assert "back to Mien 1.0.0-" in done.stdout
    assert done.stderr.startswith("mien: Mien 1.1.0-")
    assert why in done.stderr
    assert done.stderr.endswith("a line of the journal\n")
    assert running.everything() == before
    assert running.in_use() == "1.0.0"
    assert running.asked().count("restart mien.service") == 2


def test_after_one_that_failed_there_is_still_a_way_back(running):
    assert upgrade(running).returncode == 0
    before = running.everything()
    set_version(running.tree, "1.2.0")
    make_unwell(running, "refuses")
    assert upgrade(running).returncode == 1
    assert running.everything() == before
    assert upgrade(running, "--back").returncode == 0
    assert running.in_use() == "1.0.0"


def test_units_go_back_as_well(running):
    unit = running.root / "etc/systemd/system/mien.service"
    before = unit.read_text()
    (running.tree / "systemd/mien.service").write_text(before + "# of 1.1.0\n")
    (running.tree / "systemd/mien-other.service").write_text("[Service]\nExecStart=/bin/true\n")
    make_unwell(running, "refuses")
    assert upgrade(running).returncode == 1
    assert unit.read_text() == before
    assert not unit.with_name("mien-other.service").exists()


def test_a_unit_that_the_next_version_lacks_is_removed(running):
    (running.tree / "systemd/mien-reboot.path").unlink()
    assert upgrade(running).returncode == 0
    assert not (running.root / "etc/systemd/system/mien-reboot.path").exists()
    assert "stop mien-reboot.path" in running.asked()


def test_one_that_does_not_work_here_is_not_switched_to(running):
    before = running.everything()
    (running.tree / "device/broken").touch()
    done = upgrade(running)
    assert done.returncode == 1
    assert done.stderr == (
        "mien: the new release does not work on this machine: this version is broken\n"
    )
    assert running.everything() == before
    assert running.asked() == []


def test_the_first_one_that_is_not_well_leaves_nothing(place):
    before = place.everything()
    make_unwell(place, "refuses")
    done = upgrade(place)
    assert done.returncode == 1
    assert "Job for mien.service failed." in done.stderr
    assert place.everything() == before


def test_the_one_in_use_stays_where_it_does_not_start_again(installed):
    """It was well once, and there is none that is known better."""
    assert upgrade(installed).returncode == 0
    before = installed.everything()
    health = (installed.home / "current").resolve() / "device/health"
    health.write_text("refuses")
    (installed.folder / "up").unlink()
    done = upgrade(installed)
    assert done.returncode == 1
    assert "Job for mien.service failed." in done.stderr
    health.unlink()
    assert installed.everything() == before


def test_one_that_was_never_started_is_not_what_is_gone_back_to(running):
    assert upgrade(running, "--no-start").returncode == 0
    set_version(running.tree, "1.2.0")
    make_unwell(running, "refuses")
    done = upgrade(running)
    assert done.returncode == 1
    assert "back to Mien 1.0.0-" in done.stdout
    assert running.in_use() == "1.0.0"


def test_one_that_a_boot_has_started_is_what_is_gone_back_to(running):
    assert upgrade(running, "--no-start").returncode == 0
    release = (running.home / "current").resolve()
    with subprocess.Popen(["sleep", "600"], cwd=release) as process:
        (running.folder / "process").write_text(str(process.pid))
        set_version(running.tree, "1.2.0")
        make_unwell(running, "refuses")
        done = upgrade(running)
        process.kill()
    assert done.returncode == 1
    assert "back to Mien 1.1.0-" in done.stdout
    assert running.in_use() == "1.1.0"


def test_one_that_is_started_later_is_well_from_then_on(running):
    assert upgrade(running, "--no-start").returncode == 0
    assert upgrade(running).returncode == 0
    assert not (running.home / "trial").exists()
    assert "nothing to do" in upgrade(running).stdout


def test_one_that_failed_can_be_mended_and_installed(running):
    make_unwell(running, "refuses")
    assert upgrade(running).returncode == 1
    make_unwell(running, "well")
    assert upgrade(running).returncode == 0
    assert running.in_use() == "1.1.0"


def test_back_and_forth_by_hand(running):
    assert upgrade(running).returncode == 0
    done = upgrade(running, "--back")
    assert done.returncode == 0, done.stderr
    assert running.in_use() == "1.0.0"
    assert upgrade(running, "--back").returncode == 0
    assert running.in_use() == "1.1.0"


def test_back_from_the_first_one_is_refused(installed):
    before = installed.everything()
    done = installed.install("--back")
    assert done.returncode == 1
    assert done.stderr == "mien: there is no release before this one to go back to\n"
    assert installed.everything() == before


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ("watsch = 1\n", 2, "watsch: unknown setting"),
        ("[[[", 2, "not valid TOML"),
        ('model = "broken"\n', 1, "broken: no model of this version"),
    ],
)
def test_settings_that_the_next_one_does_not_take_stop_it(running, text, code, why):
    running.settings.write_text(text)
    before = running.everything()
    done = upgrade(running)
    assert done.returncode == code
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert running.everything() == before
    assert running.asked() == []


def test_settings_of_a_newer_version_are_named(running):
    running.settings.write_text("# Settings of Mien 2.0.0\n\nsource = 'camera'\n")
    before = running.everything()
    done = upgrade(running)
    assert done.returncode == 2
    assert f"{running.settings} is of Mien 2.0.0, newer than this 1.1.0" in done.stderr
    assert running.everything() == before


def test_a_newer_version_that_was_here_is_named_where_settings_do_not_fit(running):
    assert upgrade(running).returncode == 0
    running.settings.write_text("new = 1\n")
    set_version(running.tree, "1.0.5")
    done = upgrade(running)
    assert done.returncode == 2
    assert "Mien 1.1.0, which was here before, is newer than 1.0.5" in done.stderr
