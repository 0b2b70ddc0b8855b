"""``make wheelhouse``, with pip itself and a folder of small wheels in place of the network."""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from tests.systemd.installer.tiny import ROOT, write_wheel

sys.path.insert(0, str(ROOT / "systemd"))

import wheelhouse
import wheels

PI = wheelhouse.PLATFORMS["bookworm-arm64"]


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Where pip finds its packages."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    write_wheel(folder, "pip", wheelhouse.PIP.removeprefix("pip=="))
    return folder


@pytest.fixture
def requirements(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("asker==1.0\n")
    return file


def built(tmp_path, requirements, platform=PI) -> set[str]:
    folder = wheelhouse.build(platform, tmp_path / "out", [requirements])
    return {path.name.split("-")[0] for path in folder.glob("*.whl")}


def test_what_a_package_asks_for_on_the_device_comes_with_it(tmp_path, index, requirements):
    write_wheel(
        index, "asker", "1.0", "given>=2", 'old; python_version < "3.11"',
        'arm; platform_machine == "aarch64"', 'intel; platform_machine == "x86_64"',
        "extra; extra == 'y'",
    )  # fmt: skip
    write_wheel(index, "given", "2.0", "deep")
    for name in ("deep", "arm"):
        write_wheel(index, name, "1.0")
    assert built(tmp_path, requirements) == {"asker", "given", "deep", "arm", "pip"}


def test_the_wheel_for_the_device_is_taken(tmp_path, index, requirements):
    write_wheel(index, "asker", "1.0", tag="cp311-cp311-manylinux_2_28_aarch64")
    write_wheel(index, "asker", "1.0", tag="cp311-cp311-manylinux_2_28_x86_64")
    write_wheel(index, "asker", "1.0", tag="cp313-cp313-manylinux_2_28_aarch64")
    folder = wheelhouse.build(PI, tmp_path / "out", [requirements])
    names = {path.name for path in folder.glob("asker*")}
    assert names == {"asker-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"}


def test_two_who_ask_for_one_are_both_heard(tmp_path, index, requirements):
    write_wheel(index, "asker", "1.0", "given<3", "other")
    write_wheel(index, "other", "1.0", "given<2")
    for version in ("1.0", "2.0", "3.0"):
        write_wheel(index, "given", version)
    with pytest.raises(wheels.WheelsError, match=r"other 1.0 asks for given<2, but 2.0"):
        built(tmp_path, requirements)
    requirements.write_text("asker==1.0\ngiven==1.0\n")
    assert built(tmp_path, requirements) == {"asker", "other", "given", "pip"}


def test_it_says_what_it_is_for_and_what_is_in_it(tmp_path, index, requirements):
    write_wheel(index, "asker", "1.0")
    requirements.write_text("asker==1.0; python_version < '3.12'\n")
    folder = wheelhouse.build(PI, tmp_path / "out", [requirements])
    assert json.loads((folder / "wheelhouse.json").read_text()) == {
        "platform": "bookworm-arm64", "python": "3.11", "machine": "aarch64", "glibc": "2.36",
        "lines": ["asker==1.0"],
    }  # fmt: skip
    sums = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.whl")
    }


def test_what_cannot_be_had_leaves_the_one_before(tmp_path, index, requirements):
    write_wheel(index, "asker", "1.0")
    assert built(tmp_path, requirements) == {"asker", "pip"}
    requirements.write_text("asker==9.0\n")
    with pytest.raises(wheels.WheelsError, match=r"bookworm-arm64: cannot fetch asker==9.0"):
        built(tmp_path, requirements)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["bookworm-arm64"]
    assert (tmp_path / "out/bookworm-arm64/asker-1.0-py3-none-any.whl").exists()


def test_a_platform_that_is_none(capsys):
    assert wheelhouse.main(["trixie-armhf"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mien: PLATFORM=trixie-armhf: give one of bookworm-arm64, ")


@pytest.mark.parametrize("platform", wheelhouse.PLATFORMS.values(), ids=lambda each: each.name)
def test_each_platform_has_one_runtime(platform):
    environment = wheels.target_environment(platform.python, platform.machine)
    files = [Path(ROOT / name) for name in wheelhouse.FILES]
    asked = [each for path in files for each in wheels.read_requirements(path)]
    lines = wheels.plain_lines(asked, environment)
    assert len([line for line in lines if line.startswith(("ai-edge-litert", "tflite"))]) == 1
