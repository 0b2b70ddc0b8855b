"""``mien model``, as its user types it."""

import os
import re
import resource
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from device.__main__ import main
from device.model_file import unpack
from device.service import DEMO
from tests.device.conftest import MODEL
from tests.device.networks import model_file, network

DEMO_S = ["--source", DEMO, "--duration", "1", "--screen", "off"]


@pytest.fixture
def told(capsys, tmp_path, monkeypatch):
    """Run ``model`` with a state folder; give what it prints once it went well."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = main(["model", *map(str, arguments), "--state", "state"])
        out, errors = capsys.readouterr()
        assert code == 0, errors
        return out

    return run


@pytest.fixture
def refused(capsys, tmp_path, monkeypatch):
    """Run ``model``; give its one line of error, once nothing has changed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=1):
        before = content(tmp_path / "state")
        try:
            returned = main(["model", *map(str, arguments), "--state", "state"])
        except SystemExit as ended:
            returned = ended.code
        error = capsys.readouterr().err
        assert returned == code
        assert error.startswith("mien: ")
        assert error.count("\n") == 1, error
        assert content(tmp_path / "state") == before
        return error

    return run


def content(folder: Path) -> dict[str, bytes]:
    """All files below ``folder``."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def used(text: str) -> str:
    return next(line.split()[1] for line in text.splitlines() if line.startswith("used"))


def test_without_a_choice_the_shipped_one_is_used_and_all_are_listed(told):
    lines = told().splitlines()
    assert lines[0].split()[:2] == ["used", "mien"]
    assert "71.0% right on PublicTest (3589 images)" in lines[0]
    assert [line.split()[0] for line in lines[1:]] == ["mien-nano"]


def test_one_of_ones_own_is_tried_and_kept_and_the_one_before_as_well(told, tmp_path):
    mine = model_file(tmp_path / "mine.tflite")
    name = unpack(mine)[0].id
    said = told("use", mine)
    assert said.startswith(f"{name}: answers 5 drawn faces")
    assert "systemctl restart mien" in said
    assert "mien is kept: python -m device model back" in said
    assert (tmp_path / "state" / "models" / f"{name}.tflite").read_bytes() == mine.read_bytes()
    mine.unlink()
    assert used(told()) == name
    assert told("back").startswith("mien: answers 5 drawn faces as at its conversion")
    assert used(told()) == "mien"
    assert told("use", name).startswith(name)
    assert used(told()) == name


def test_going_back_goes_through_all_that_were_used(told, refused, tmp_path):
    names = []
    for number in range(2):
        path = model_file(tmp_path / "mine.tflite", name=f"mine{number}")
        told("use", path)
        names.append(unpack(path)[0].id)
    told("use", "mien-nano")
    told("use", "mien-nano")  # twice is once
    for before in (names[1], names[0], "mien"):
        told("back")
        assert used(told()) == before
    assert "no model was used before mien" in refused("back")


def test_what_is_chosen_reads_the_faces(mien, told, tmp_path):
    told("use", "mien-nano")
    done = mien("run", "--state", "state", *DEMO_S)
    assert re.search(r"with mien-nano-\w{8}\n", done.stderr)
    assert "model    mien-nano in " in mien("check", "--state", "state", "--source", DEMO).stdout


def test_what_the_settings_name_holds_and_nothing_is_chosen_against_it(mien, told, tmp_path):
    told("use", "mien-nano")
    (tmp_path / "mien.toml").write_text('model = "mien"\nstate = "state"\n')
    listed = mien("model", "--config", "mien.toml").stdout
    assert used(listed) == "mien"
    assert 'the settings say model = "mien", and that holds' in listed
    for arguments in (["use", "mien-nano"], ["back"]):
        done = mien("model", *arguments, "--config", "mien.toml")
        assert done.returncode == 2
        assert 'set model = "auto" there first' in done.stderr


def test_the_settings_may_name_one_of_ones_own(mien, told, tmp_path):
    told("use", model_file(tmp_path / "mine.tflite"))
    name = used(told())
    told("back")
    (tmp_path / "mien.toml").write_text(f'model = "{name}"\nstate = "state"\n')
    assert used(mien("model", "--config", "mien.toml").stdout) == name


class TestRefused:
    """The choice is as it was, and nothing is left half done."""

    @pytest.fixture(autouse=True)
    def _chosen(self, told):
        told("use", "mien-nano")

    def test_no_such_file(self, refused):
        assert "none.tflite: no such file" in refused("use", "none.tflite")

    def test_no_such_name(self, refused):
        assert "python -m device model lists them" in refused("use", "nobody")

    def test_a_folder(self, refused, tmp_path):
        assert "is a directory" in refused("use", tmp_path)

    def test_cut_short(self, refused, tmp_path):
        path = tmp_path / "m.tflite"
        path.write_bytes(MODEL.read_bytes()[:-1000])
        assert "cut short" in refused("use", path)

    def test_damaged(self, refused, tmp_path):
        path = tmp_path / "m.tflite"
        whole = bytearray(MODEL.read_bytes())
        whole[100_000] ^= 1
        path.write_bytes(whole)
        assert "damaged" in refused("use", path)

    def test_without_a_card(self, refused, tmp_path):
        path = tmp_path / "m.tflite"
        path.write_bytes(network("alive"))
        assert "without a card" in refused("use", path)

    def test_huge(self, refused, tmp_path):
        path = tmp_path / "m.tflite"
        with path.open("wb") as file:
            file.truncate(2**40)
        assert "no model" in refused("use", path)

    def test_dead(self, refused, tmp_path):
        path = model_file(tmp_path / "m.tflite", network("dead"))
        assert "the same whatever face it sees" in refused("use", path)

    def test_no_room(self, refused, tmp_path):
        mine = model_file(tmp_path / "mine.tflite")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, before[1]))  # less than it takes
        try:
            error = refused("use", mine)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert "file too large: the model in use is as it was" in error

    @pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not stop root")
    def test_no_right(self, refused, tmp_path):
        mine = model_file(tmp_path / "mine.tflite")
        (tmp_path / "state" / "models").chmod(0o500)
        assert "permission denied" in refused("use", mine)
        (tmp_path / "state" / "models").chmod(0o700)

    @pytest.mark.parametrize("arguments", [["use"], ["back", "x"], ["forget"]])
    def test_half_a_command(self, refused, arguments):
        assert "model" in refused(*arguments, code=2)


def test_without_a_state_folder_none_can_be_kept(mien, tmp_path):
    done = mien("model", "use", model_file(tmp_path / "mine.tflite"))
    assert done.returncode == 2
    assert "give --state FOLDER" in done.stderr


class TestADamagedChoice:
    @pytest.fixture(autouse=True)
    def _damaged(self, told, tmp_path):
        told("use", model_file(tmp_path / "mine.tflite"))
        (tmp_path / "state" / "models" / "chosen").write_bytes(b"\xff\0/..")

    def test_is_an_error_of_a_command(self, mien):
        done = mien("run", "--state", "state", "--duration", "1")
        assert done.returncode == 1
        assert "chosen is damaged: choose a model anew" in done.stderr

    def test_is_mended_by_a_new_one(self, told):
        told("use", "mien-nano")
        assert used(told()) == "mien-nano"


class TestAService:
    """It goes on with another model, where a command says what is wrong and ends."""

    @pytest.fixture
    def served(self, mien, tmp_path, monkeypatch):
        """Run with a service manager that listens; give what ended, and what it was told."""
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(str(tmp_path / "manager"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "manager"))

        def run(*arguments):
            done = mien("run", *DEMO_S, *arguments)
            assert done.returncode == 0, done.stderr
            told = []
            with suppress(BlockingIOError):
                while True:
                    told.append(manager.recv(10_000).decode())
            # A busy machine may find a model slow, and says so in between.
            return [line for line in done.stderr.splitlines() if "is slow here" not in line], told

        with manager:
            yield run

    def test_takes_the_one_before_where_the_chosen_one_is_damaged(self, served, told, tmp_path):
        told("use", "mien-nano")
        told("use", model_file(tmp_path / "mine.tflite"))
        kept = next((tmp_path / "state" / "models").glob("*.tflite"))
        kept.write_bytes(kept.read_bytes()[:-1])
        errors, status = served("--state", "state")
        assert errors[0].startswith(f"state/models/{kept.name}: ")
        assert re.fullmatch(r"the model mien-nano-\w{8} is used instead", errors[1])
        assert any(f"(in place of {kept.stem}, which does not work)" in text for text in status)

    def test_takes_the_shipped_one_in_place_of_a_file_that_is_not_there(self, served):
        errors, _ = served("--model", "mine.tflite")
        assert "mine.tflite: no such file" in errors[0]
        assert errors[1] == f"the model {unpack(MODEL)[0].id} is used instead"

    def test_takes_the_shipped_one_where_the_choice_is_damaged(self, served, told, tmp_path):
        told("use", "mien-nano")
        (tmp_path / "state" / "models" / "chosen").write_bytes(b"")
        errors, _ = served("--state", "state")
        assert "is damaged: choose a model anew" in errors[0]
        assert any(f"with {unpack(MODEL)[0].id}" in line for line in errors)

    def test_survives_a_network_that_ends_its_process(self, served, tmp_path):
        pytest.importorskip("tflite_runtime", reason="LiteRT refuses it by itself")
        tflite = bytearray(network("alive"))
        tflite[3235] = 127
        (tmp_path / "mien.toml").write_text('runtime = "tflite-runtime"\n')
        path = model_file(tmp_path / "mine.tflite", bytes(tflite))
        errors, _ = served("--config", "mien.toml", "--model", path)
        assert "crashes the TFLite runtime (SIG" in errors[0]
        assert "is used instead" in errors[1]

    def test_a_command_ends_with_what_is_wrong(self, mien):
        done = mien("run", *DEMO_S, "--model", "mine.tflite")
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "mine.tflite: no such file" in done.stderr
