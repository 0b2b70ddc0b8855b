"""The units, as systemd judges them; nothing is installed or started."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.device.conftest import ROOT

SYSTEMD = ROOT / "systemd"
UNITS = ("mien.service", "mien-reboot.service", "mien-reboot.path")
# Where they let something in, which systemd would refuse otherwise.
GRANTS = (
    "DeviceAllow", "SupplementaryGroups", "RestrictAddressFamilies", "SystemCallFilter",
    "StateDirectory", "LogsDirectory", "RuntimeDirectory", "ReadWritePaths", "UMask",
)  # fmt: skip

systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt's systemd"
)


def lines_of(name: str) -> list[tuple[str, str]]:
    """Its settings, in their order."""
    text = (SYSTEMD / name).read_text(encoding="utf-8")
    found = re.findall(r"^([A-Z]\w+)=(.*)$", text, flags=re.MULTILINE)
    return [(key, value.strip()) for key, value in found]


def values(name: str, key: str) -> list[str]:
    return [value for each, value in lines_of(name) if each == key]


def value(name: str, key: str) -> str:
    (only,) = values(name, key)
    return only


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The root folder of a machine with systemd's own units, and Mien's."""
    own = next(path for path in map(Path, ("/usr/lib/systemd", "/lib/systemd")) if path.is_dir())
    shutil.copytree(own / "system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for name in UNITS:
        shutil.copy(SYSTEMD / name, units)
    release = tmp_path / "opt/mien/releases/1"
    (release / "venv/bin").mkdir(parents=True)
    shutil.copy("/bin/true", release / "venv/bin/python")
    (release / "systemd").mkdir()
    shutil.copy(SYSTEMD / "mien-reboot", release / "systemd")
    (tmp_path / "opt/mien/current").symlink_to("releases/1")
    return tmp_path


@systemd
def test_systemd_finds_nothing_wrong_with_them(machine):
    done = analyze("verify", f"--root={machine}", *UNITS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@systemd
def test_systemd_would_find_a_setting_that_it_does_not_know(machine):
    unit = machine / "etc/systemd/system/mien.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSeconds="))
    done = analyze("verify", f"--root={machine}", "mien.service")
    assert "WatchdogSeconds" in done.stderr


@systemd
@pytest.mark.parametrize(("name", "most"), [("mien.service", 20), ("mien-reboot.service", 10)])
def test_systemd_calls_its_exposure_low(name, most):
    """``--threshold`` is in tenths: 20 for an exposure of 2.0."""
    options = ("--offline=true", f"--threshold={most}", SYSTEMD / name)
    done = analyze("security", *options)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)[1])
    assert exposure <= most / 10
    assert done.returncode == 0
    found = {each["json_field"]: each["set"] for each in security(name)}
    assert found["NoNewPrivileges"]
    assert all(found[field] for field in found if field.startswith("CapabilityBoundingSet"))


def security(name: str) -> list[dict[str, object]]:
    done = analyze("security", "--offline=true", "--json=short", SYSTEMD / name)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["mien.service", "mien-reboot.service"])
def test_whatever_is_granted_has_its_reason_beside_it(name):
    """A comment stands before it, or before settings of its kind that it follows at once."""
    lines = (SYSTEMD / name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        key = line.partition("=")[0]
        if key not in GRANTS:
            continue
        if key == "DeviceAllow":  # each by itself
            assert lines[number - 1].startswith("# "), line
            continue
        before = number
        while lines[before - 1] and not lines[before - 1].startswith("#"):
            before -= 1
        assert lines[before - 1].startswith("# "), line


def test_it_is_never_given_up_but_for_a_wrong_setting():
    assert value("mien.service", "StartLimitIntervalSec") == "0"
    assert value("mien.service", "Restart") == "always"
    assert value("mien.service", "RestartPreventExitStatus") == "78"
    assert not values("mien.service", "StartLimitAction")
    assert not values("mien.service", "StartLimitBurst")


def test_a_frozen_one_is_found_within_half_a_minute_and_leaves_no_picture_behind():
    assert value("mien.service", "Type") == "notify"
    taken = ("WatchdogSec", "TimeoutAbortSec", "RestartSec")
    assert sum(int(value("mien.service", key)) for key in taken) <= 30
    assert value("mien.service", "WatchdogSignal") == "SIGABRT"
    assert value("mien.service", "LimitCORE") == "0"


def test_people_s_readings_are_nobody_else_s():
    for folder in ("State", "Logs", "Runtime"):
        assert value("mien.service", f"{folder}Directory") == "mien"
        assert value("mien.service", f"{folder}DirectoryMode") == "0750"
    assert value("mien.service", "UMask") == "0027"


@pytest.mark.parametrize("name", ["mien.service", "mien-reboot.service"])
def test_nobody_is_root(name):
    assert value(name, "User") == "mien"
    assert not any(part[:1] in "+!-@:" for part in value(name, "ExecStart").split()[:1])


class TestReboot:
    """The script that agrees to a reboot, or does not."""

    def ask(self, request: Path, after_s: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SYSTEMD / "mien-reboot", request],
            env={"PATH": "/usr/bin:/bin", "MIEN_REBOOT_AFTER_S": str(after_s)},
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip

    def test_it_says_why_and_agrees(self, tmp_path):
        request = tmp_path / "reboot"
        request.write_text("the camera's driver is stuck\nmore\n")
        done = self.ask(request, 0)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "rebooting: the camera's driver is stuck\n"
        assert not request.exists()

    def test_soon_after_a_start_it_refuses_and_the_request_is_gone(self, tmp_path):
        request = tmp_path / "reboot"
        request.write_text("stuck\n")
        done = self.ask(request, 10**9)
        assert done.returncode == 1
        assert done.stderr.startswith("no reboot: the machine has been up for ")
        assert "stuck" in done.stderr
        assert not request.exists()

    def test_what_is_written_there_is_no_more_than_a_line_of_letters(self, tmp_path):
        request = tmp_path / "reboot"
        request.write_bytes(b"a\x1b[2Jb\x00" + b"c" * 5000)
        done = self.ask(request, 0)
        assert done.stderr.startswith("rebooting: a[2Jbccc")
        assert len(done.stderr) < 330

    def test_a_link_to_another_file_shows_nothing_of_it(self, tmp_path):
        (tmp_path / "secret").write_text("secret\n")
        request = tmp_path / "reboot"
        request.symlink_to(tmp_path / "secret")
        assert "secret\n" not in self.ask(request, 0).stderr.replace("/secret", "")
        assert (tmp_path / "secret").exists()

    def test_it_waits_for_what_the_service_can_write_and_systemd_does_the_rest(self):
        request = value("mien-reboot.path", "PathExists")
        assert value("mien-reboot.service", "ExecStart").endswith(f" {request}")
        assert value("mien-reboot.service", "SuccessAction") == "reboot"
