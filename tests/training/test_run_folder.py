"""training/run_folder.py: one folder, one run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import msgspec
import pytest

from training.config import TrainingConfig
from training.errors import RunError
from training.run_folder import RunFolder, read_run_config

DATA = {"data": {"name": "fer2013.csv", "sha256": "ab" * 32}}
CONFIG = TrainingConfig()


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A folder whose run has an epoch behind it."""
    run = RunFolder(tmp_path / "run", CONFIG, DATA)
    (run.folder / "checkpoint" / "epoch-0001.weights.h5").write_bytes(b"weights")
    run.append_history({"epoch": 1.0, "val_accuracy": 0.5})
    return run.folder


def about(folder: Path) -> dict[str, object]:
    return json.loads((folder / "run.json").read_text("utf-8"))


def test_it_says_where_the_run_comes_from(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a" / "run", msgspec.structs.replace(CONFIG, seed=9), DATA).folder
    record = about(folder)
    assert record["seed"] == 9
    assert record["data"] == DATA
    assert record["resumed"] == []
    started = record["started"]
    assert started["backend"] == keras.backend.backend()
    assert started["versions"]["keras"] == keras.version()
    assert started["revision"]
    assert started["at"][10] == "T"
    assert json.loads((folder / "config.json").read_text("utf-8"))["seed"] == 9


def test_taking_it_up_again_keeps_the_record_of_the_start(begun: Path) -> None:
    before = about(begun)
    RunFolder(begun, CONFIG, DATA)
    RunFolder(begun, CONFIG, DATA)
    after = about(begun)
    assert after["started"] == before["started"]
    assert len(after["resumed"]) == 2


def test_another_setting_is_another_run(begun: Path) -> None:
    config = msgspec.structs.replace(CONFIG, peak_rate=0.2)
    with pytest.raises(
        RunError, match=r"holds a run with peak_rate = 0\.1, not 0\.2: use the same"
    ):
        RunFolder(begun, config, DATA)


def test_other_data_is_another_run_and_another_name_of_the_same_is_not(begun: Path) -> None:
    other = {"data": {"name": "fer2013.csv", "sha256": "cd" * 32}}
    with pytest.raises(RunError, match=r"data = fer2013.csv \(abababab\), not fer2013.csv \(cdcd"):
        RunFolder(begun, CONFIG, other)
    with pytest.raises(RunError, match="data = "):
        RunFolder(begun, CONFIG, DATA | {"votes": other["data"]})
    RunFolder(begun, CONFIG, {"data": {"name": "moved.csv", "sha256": "ab" * 32}})


def test_another_backend_is_another_run(begun: Path) -> None:
    record = about(begun)
    record["started"]["backend"] = "abacus"
    (begun / "run.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match="KERAS_BACKEND = 'abacus', not "):
        RunFolder(begun, CONFIG, DATA)


def test_a_folder_without_a_checkpoint_is_free(tmp_path: Path) -> None:
    RunFolder(tmp_path, CONFIG, DATA)
    run = RunFolder(tmp_path, msgspec.structs.replace(CONFIG, epochs=3), {})
    assert json.loads((run.folder / "config.json").read_text("utf-8"))["epochs"] == 3


@pytest.mark.parametrize("name", ["config.json", "run.json"])
def test_a_damaged_record_is_named(begun: Path, name: str) -> None:
    (begun / name).write_text("{")
    with pytest.raises(RunError, match=f"{name}: not readable JSON"):
        RunFolder(begun, CONFIG, DATA)


def test_a_file_in_its_place_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("")
    with pytest.raises(RunError, match=r"cannot use .*run as run folder: "):
        RunFolder(path, CONFIG, DATA)


def test_history_comes_back_as_it_was_and_can_be_cut(tmp_path: Path) -> None:
    run = RunFolder(tmp_path, CONFIG, DATA)
    rows = [{"epoch": float(i), "loss": 0.1 * i} for i in (1, 2, 3)]
    for row in rows:
        run.append_history(row)
    assert run.history() == rows
    run.truncate_history(1)
    assert run.history() == rows[:1]
    run.truncate_history(0)
    assert run.history() == []


def test_a_damaged_checkpoint_is_named(finished_run: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run[0], folder)
    run = RunFolder(tmp_path / "fresh", CONFIG, {})
    path = next((folder / "checkpoint").glob("*.h5"))
    content = path.read_bytes()
    (run.folder / "checkpoint" / path.name).write_bytes(content[: len(content) // 2])
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(
        RunError, match=r"epoch-0003\.weights\.h5: this checkpoint cannot be loaded"
    ):
        run.checkpoints.restore(model)


@pytest.mark.parametrize("name", ["model.keras", "history.csv"])
def test_a_finished_run_without_its_checkpoint_is_not_written_over(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(RunError, match=f"has a {name} but no checkpoint"):
        RunFolder(tmp_path, CONFIG, DATA)
    assert (tmp_path / name).read_text() == "precious"


@pytest.mark.parametrize("history", [None, "", "epoch,loss\n"])
def test_a_run_that_has_not_finished_an_epoch_begins_anew(
    tmp_path: Path, history: str | None
) -> None:
    assert RunFolder(tmp_path, CONFIG, DATA).whence() == ""
    (tmp_path / "model.keras").write_bytes(b"of an epoch whose end was not kept")
    if history is not None:
        (tmp_path / "history.csv").write_text(history)
    run = RunFolder(tmp_path, CONFIG, DATA)
    assert run.whence() == ", anew: the run there had not finished an epoch"
    run.truncate_history(0)
    assert not (tmp_path / "history.csv").exists()


def test_a_run_that_was_cut_off_while_its_first_checkpoint_was_written_begins_anew(
    tmp_path: Path,
) -> None:
    run = RunFolder(tmp_path, CONFIG, DATA)
    run.append_history({"epoch": 1.0, "val_accuracy": 0.5})
    with pytest.raises(RunError, match=r"has a history\.csv but no checkpoint"):
        RunFolder(tmp_path, CONFIG, DATA)
    (tmp_path / "checkpoint" / "partial.weights.h5").write_bytes(b"half of it")
    run = RunFolder(tmp_path, CONFIG, DATA)
    run.truncate_history(run.checkpoints.epoch())
    assert run.history() == []


def test_another_programs_settings_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(RunError, match="not of a training run"):
        RunFolder(tmp_path, CONFIG, DATA)
    assert (tmp_path / "config.json").read_text() == "{}"


def test_a_history_that_was_lost_is_not_made_up(
    finished_run: tuple[Path, str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run[0], folder)
    (folder / "history.csv").unlink()
    config = read_run_config(folder / "config.json", TrainingConfig)
    with pytest.raises(RunError, match="fewer rows than the 3 epochs"):
        RunFolder(folder, config, json.loads((folder / "run.json").read_text())["data"])


def test_another_folder_goes_on_from_its_beginning(begun: Path, tmp_path: Path) -> None:
    beginning = RunFolder(begun, CONFIG, DATA).beginning()
    other = RunFolder(tmp_path / "other", CONFIG, DATA)
    assert other.beginning() == {}
    other.take(beginning)
    assert other.checkpoints.epoch() == 1
    assert other.history() == [{"epoch": 1.0, "val_accuracy": 0.5}]
    assert other.beginning() == beginning


def test_nothing_is_taken_that_leads_out_of_the_folder(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run", CONFIG, DATA)
    with pytest.raises(RunError, match=r"\.\./stolen is outside the run folder"):
        run.take({"../stolen": b"x"})
    assert not (tmp_path / "stolen").exists()
