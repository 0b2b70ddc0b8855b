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
        ('rate_hz = "fast"', "rate_hz = 'fast': expected a number, without quotes"),
        ("threads = true", "threads = true: expected a whole number, without quotes"),
        ("threads = 2.5", "threads = 2.5: expected a whole number, without quotes"),
        ("faces = 3", "faces = 3: expected a table, got `int`"),
        ("rate_hz = 0", "rate_hz = 0: expected `float` >= 0.01"),
        ("rate_hz = nan", "rate_hz = nan"),
        ("rate_hz = inf", "rate_hz = inf: expected `float` <= 60"),
        ("[faces]\nscale_step = 1.0", "[faces] scale_step = 1.0: expected `float` >= 1.01"),
        ("web = 1", "web = 1: expected true or false, without quotes"),
        ('web = "true"', "web = 'true': expected true or false, without quotes"),
        ("log = 1", "log = 1: expected text in quotes"),
        ('[page]\nnames = "a"', "[page] names = 'a': expected a list in brackets"),
        (
            'screen = "tv"',
            'screen = \'tv\': give "auto", "window", "console", "framebuffer" or "off"',
        ),
        ('language = "de"', 'language = \'de\': give "auto", "en" or "fr"'),
        ("language = 1", 'language = 1: give "auto", "en" or "fr"'),
        ("[panel]\nrotate_deg = 45", "[panel] rotate_deg = 45: give 0, 90, 180 or 270"),
        ("[panel]\nrotate_deg = '90'", "[panel] rotate_deg = '90': give 0, 90, 180 or 270"),
        ("[panel]\nsize_px = [0, 100]", "[panel] size_px = [0, 100]: expected `int` >= 160"),
        ("[page]\nport = 70000", "[page] port = 70000: expected `int` <= 65535"),
        ("[page]\nnames = ['']", "[page] names = ['']: expected `str` of length >= 1"),
        ('[page]\nnames = ["http://a/"]', "[page] names = ['http://a/']: expected `str` matching"),
        ('runtime = "onnx"', 'runtime = \'onnx\': give "auto", "litert" or "tflite-runtime"'),
        (
            '[faces]\nlandmarks = ["level", "level"]',
            "[faces] landmarks are level, level: give each once",
        ),
        (
            '[faces]\nlandmarks = ["level", "turn"]',
            "[faces] landmarks = ['level', 'turn']: give a list of any of \"level\", \"steady\"",
        ),
        ('[faces]\nlandmarks = "off"', "[faces] landmarks = 'off': expected a list in brackets"),
        ('model = ""', "model = ''"),
        (
            "\nrate_hz = x",
            "not valid TOML: Invalid value (at line 2, column 11): rate_hz = x: text stands in",
        ),
        ("web = True", "column 7): web = True: text stands in quotes, true and false are in small"),
        ("web = \x1bTrue", "): 'web = \\x1bTrue': text"),
        ("[mqtt]\nweb = true", "[mqtt] web: unknown setting: it belongs above the first [section]"),
        ("rotate_deg = 90", "rotate_deg: unknown setting: it belongs below [panel];"),
        ("[mqtt]\nquality = 90", "[mqtt] quality: unknown setting: it belongs below [page];"),
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
    with pytest.raises(ConfigError, match="line 1 has a letter that is not UTF-8"):
        read_settings(path)


def test_a_letter_of_another_encoding_is_told_with_its_line_and_what_to_do(tmp_path):
    path = tmp_path / "mien.toml"
    path.write_bytes('threads = 2\nlog = "é.jsonl"\n'.encode("latin-1"))
    with pytest.raises(ConfigError) as error:
        read_settings(path)
    assert str(error.value) == (
        f"{path}: line 2 has a letter that is not UTF-8: save the file as UTF-8"
    )


def test_a_secret_on_a_line_that_is_not_toml_is_not_shown(tmp_path):
    path = write(tmp_path, "[page]\npassword_hash = scrypt-1234\n")
    with pytest.raises(ConfigError, match="at line 2") as error:
        read_settings(path)
    assert "1234" not in str(error.value)


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
