"""The settings that hold, as TOML."""

import tomllib

import msgspec
import pytest

from device import __version__
from device.config import PageSettings, Settings, read_settings
from device.effective import effective
from device.service import DEMO
from device.stamp import STAMP
from tests.device.conftest import ROOT


def text(settings: Settings) -> str:
    return "\n".join(effective(settings)) + "\n"


def test_it_is_a_settings_file_that_says_the_same(tmp_path):
    odd = 'a"b\\c\té\x7f\u2028'
    settings = Settings(
        source=odd, log_max_bytes=123_456_789, page=PageSettings(names=("pi", "mien.home"))
    )
    path = tmp_path / "mien.toml"
    path.write_text(text(settings), encoding="utf-8")
    assert read_settings(path) == settings
    assert set(tomllib.loads(text(settings))) == set(Settings.__struct_fields__)


def test_what_differs_from_the_defaults_says_so():
    lines = text(msgspec.structs.replace(Settings(), rate_hz=2.0, source="camera")).splitlines()
    assert [line for line in lines if "# default" in line] == [
        'source = "camera"  # default: "auto"',
        "rate_hz = 2.0  # default: 1.0",
    ]
    assert not [line for line in effective(Settings()) if "#" in line]


def test_a_hash_of_a_password_is_not_shown():
    page = PageSettings(password_hash="scrypt:secret")  # noqa: S106
    shown = text(Settings(page=page))
    assert "secret" not in shown
    assert 'password_hash = ""  # set, not shown here' in shown


class TestCommand:
    def test_it_shows_what_holds_of_the_file_that_is_named(self, mien, tmp_path):
        (tmp_path / "mien.toml").write_text("rate_hz = 2\n")
        for arguments in (["mien.toml"], ["--config", "mien.toml"]):
            done = mien("config", *arguments)
            assert (done.returncode, done.stderr) == (0, "")
            assert "rate_hz = 2.0  # default: 1.0" in done.stdout.splitlines()

    def test_the_environment_names_the_settings_that_no_option_does(
        self, mien, tmp_path, monkeypatch
    ):
        (tmp_path / "mien.toml").write_text("threads = 3\n")
        (tmp_path / "other.toml").write_text("threads = 4\n")
        monkeypatch.setenv("MIEN_CONFIG", str(tmp_path / "mien.toml"))
        assert "threads = 3  # default: 1" in mien("config").stdout.splitlines()
        assert "threads = 4  # default: 1" in mien("config", "other.toml").stdout.splitlines()

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("threads = 99", "mien.toml: threads = 99: expected `int` <= 16"),
            (
                "[emotions]\nmargins = 1",
                "[emotions] margins: unknown setting: did you mean margin?",
            ),
            ("[cloud]\na = 1", "cloud: unknown setting: known are source, model"),
            ("[cloud]\na = 1", "where the file is for a newer Mien than this 0."),
        ],
    )
    def test_a_wrong_one_is_said_in_a_line(self, mien, tmp_path, content, message):
        (tmp_path / "mien.toml").write_text(content)
        done = mien("config", "mien.toml")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert message in done.stderr

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ('log = "none/x.jsonl"', "log = 'none/x.jsonl': there is no folder {}/none: make it"),
            ('log = "mien.toml/x"', "log = 'mien.toml/x': there is no folder {}/mien.toml: make"),
            ('log = "~/x.jsonl"', "give another place; ~ is not understood here: give the whole"),
            ('log = "."', "log = '.': it is a folder"),
            ('state = "none/state"', "state = 'none/state': there is no folder {}/none: make it"),
            ('model = "mein-nano"', "mein-nano.tflite: did you mean mien-nano?"),
            ('model = "x"', "x.tflite: known are auto, mien"),
            ('model = "~/x.tflite"', "; ~ is not understood here: give the whole path"),
            ('source = "webcam"', "source = 'webcam': no such file or folder: give \"camera\""),
            (
                '[mqtt]\nenabled = true\nhost = "a"\nuser = "u"\npassword_file = "none"',
                "[mqtt] password_file = 'none': no such file",
            ),
        ],
    )
    def test_what_is_named_and_not_there_is_said_in_a_line(self, mien, tmp_path, content, message):
        (tmp_path / "mien.toml").write_text(content)
        done = mien("config", "mien.toml")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith("mien: mien.toml: ")
        assert message.format(tmp_path) in done.stderr

    def test_what_is_named_and_there_is_right(self, mien, tmp_path):
        for name in ("film.mp4", "own.tflite", "password"):
            (tmp_path / name).touch()
        (tmp_path / "mien.toml").write_text(
            'source = "film.mp4"\nmodel = "own.tflite"\nlog = "x.jsonl"\nstate = "state"\n'
            '[mqtt]\nenabled = true\nhost = "a"\nuser = "u"\npassword_file = "password"\n'
        )
        done = mien("config", "mien.toml")
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "film.mp4", "mien.toml", "own.tflite", "password",
        ]  # fmt: skip

    def test_a_camera_that_is_away_is_no_wrong_setting(self, mien, tmp_path):
        (tmp_path / "mien.toml").write_text('source = "/dev/mien-no-such-camera"\n')
        assert mien("config", "mien.toml").returncode == 0

    def test_a_disk_that_is_not_there_is_asked_for(self, mien, tmp_path):
        (tmp_path / "mien.toml").write_text('log = "/media/mien-no-such-disk/x.jsonl"\n')
        done = mien("config", "mien.toml")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "no folder /media/mien-no-such-disk: is its disk plugged in" in done.stderr

    def test_settings_of_a_newer_version_are_a_warning(self, mien, tmp_path):
        path = tmp_path / "mien.toml"
        path.write_text("# Settings of Mien 99.0.0\nthreads = 2\n")
        for arguments in (["config"], ["run", "--source", DEMO, "--duration", "0.1"]):
            done = mien(*arguments, "--config", path)
            assert done.returncode == 0
            told = [line for line in done.stderr.splitlines() if "newer" in line]
            assert told == [
                f"{path} is of Mien 99.0.0, newer than this {__version__}: what it says may mean "
                "something else here: upgrade Mien"
            ]

    @pytest.mark.parametrize("version", [__version__, "0.0.1", "new"])
    def test_settings_of_this_version_or_an_older_one_are_none(self, mien, tmp_path, version):
        (tmp_path / "mien.toml").write_text(f"# Settings of Mien {version}\nthreads = 2\n")
        assert mien("config", "mien.toml").stderr == ""


def test_the_installer_reads_the_version_of_settings_in_the_same_way():
    assert STAMP.pattern in (ROOT / "systemd/installer/trying.py").read_text()
