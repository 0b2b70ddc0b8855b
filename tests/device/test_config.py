import os
import tomllib
from pathlib import Path

import msgspec
import pytest

from device.config import Settings, read_settings
from device.errors import ConfigError
from tests.device.conftest import ROOT


def write(folder: Path, text: str) -> Path:
    path = folder / "mien.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold():
    assert read_settings(None) == Settings()


def test_a_file_needs_only_what_differs(tmp_path):
    settings = read_settings(write(tmp_path, 'model = "mien-nano"\n[faces]\nwidth_px = 240\n'))
    assert settings.model == "mien-nano"
    assert settings.faces.width_px == 240
    assert settings.faces.neighbours == Settings().faces.neighbours


def test_the_command_line_wins(tmp_path):
    path = write(tmp_path, 'source = "a.mp4"\nlog = "a.jsonl"\n')
    settings = read_settings(path, source="b.mp4", log=None)
    assert (settings.source, settings.log) == ("b.mp4", "a.jsonl")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate_hx = 1", "rate_hx: unknown setting: did you mean rate_hz?"),
        ("[camera]\nwidth = 1", "[camera] width: unknown setting: did you mean width_px?"),
        ("[nonsense]\na = 1", "nonsense: unknown setting: known are source, model"),
        ('rate_hz = "fast"', "rate_hz = 'fast': expected `float`, got `str`"),
        ("threads = true", "threads = True: expected `int`, got `bool`"),
        ("threads = 2.5", "threads = 2.5: expected `int`, got `float`"),
        ("faces = 3", "faces = 3: expected a table, got `int`"),
        ("rate_hz = 0", "rate_hz = 0: expected `float` >= 0.01"),
        ("rate_hz = nan", "rate_hz = nan"),
        ("rate_hz = inf", "rate_hz = inf: expected `float` <= 60"),
        ("[faces]\nscale_step = 1.0", "[faces] scale_step = 1.0: expected `float` >= 1.01"),
        ("web = 1", "web = 1: expected `bool`, got `int`"),
        ('screen = "tv"', "screen = 'tv': invalid enum value 'tv'"),
        ("[panel]\nrotate_deg = 45", "[panel] rotate_deg = 45: invalid enum value 45"),
        ("[panel]\nsize_px = [0, 100]", "[panel] size_px = [0, 100]: expected `int` >= 160"),
        ("[page]\nport = 70000", "[page] port = 70000: expected `int` <= 65535"),
        ("[page]\nnames = ['']", "[page] names = ['']: expected `str` of length >= 1"),
        ('[page]\nnames = ["http://a/"]', "[page] names = ['http://a/']: expected `str` matching"),
        ('runtime = "onnx"', "runtime = 'onnx': invalid enum value 'onnx'"),
        ('model = ""', "model = ''"),
        ("rate_hz = x", "not valid TOML: Invalid value (at line 1, column 11)"),
        ('"" = 1', ": unknown setting"),
        ('log = "a\\u0000b"', "log = 'a\\x00b'"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("a = 1\na = 2", "not valid TOML: Cannot overwrite a value (at"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_settings(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mark_that_windows_editors_leave_is_no_matter(tmp_path):
    path = tmp_path / "mien.toml"
    path.write_bytes(b"\xef\xbb\xbfthreads = 2\n")
    assert read_settings(path).threads == 2


def test_a_folder_or_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConfigError, match="not a file"):
            read_settings(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read the settings .*none\.toml: no such file"):
        read_settings(tmp_path / "none.toml")


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "mien.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_settings(path)


def test_the_devices_settings_file_names_every_setting_and_changes_only_what_a_device_needs():
    path = ROOT / "systemd" / "mien.toml"
    content = tomllib.loads(path.read_text())
    assert set(content) == set(Settings.__struct_fields__)
    for section in ("camera", "faces", "emotions", "panel", "page", "history", "mqtt"):
        assert set(content[section]) == set(getattr(Settings(), section).__struct_fields__)
    changed = msgspec.structs.replace(read_settings(path), source="auto", log="", state="")
    assert changed == Settings()


def test_a_threshold_that_nothing_can_reach_is_refused(tmp_path):
    path = tmp_path / "mien.toml"
    path.write_text("[emotions]\nuncertain_below = 0.9\nmargin = 0.3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"uncertain_below and half of margin make 1\.05, and"):
        read_settings(path)
