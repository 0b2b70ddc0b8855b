"""python -m training search: real studies of tiny networks."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from tests.in_process import LIMIT_S, run_here
from tests.training.conftest import ROOT
from tests.training.search.conftest import BASELINE, TRIALS
from training.__main__ import main
from training.interrupt import HEARD
from training.search import proxy
from training.search.space import genes_of


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_baseline_is_first_and_all_is_within_the_limits(searched: tuple[Path, str]) -> None:
    folder, said = searched
    trials = rows(folder)
    assert len(trials) == TRIALS
    assert (trials[0]["role"], trials[0]["architecture"]) == ("baseline", BASELINE)
    assert trials[0]["rungs"].count("0.") == 2
    for trial in trials:
        assert 2e5 <= float(trial["macs"]) <= 3e6
        assert 5000 <= float(trial["int8_bytes"]) <= 60000
    assert f"trial 0 (baseline): {BASELINE}, 0.7 M MACs" in said
    assert "learning from 70 images, measuring on 14 others of the same split" in said
    assert f"{TRIALS} trials: " in said


def test_table_and_picture_are_written(searched: tuple[Path, str]) -> None:
    folder, said = searched
    assert (folder / "pareto.png").read_bytes()[:4] == b"\x89PNG"
    table = (folder / "front.md").read_text("utf-8")
    assert table in said
    first = [trial["architecture"] for trial in rows(folder) if trial["front"] == "1"]
    assert first
    assert all(f"`{name}`" in table for name in first)
    (weights,) = (folder / "weights").iterdir()
    kept = sorted(path.name for path in weights.iterdir())
    complete = [int(trial["trial"]) for trial in rows(folder) if trial["state"] == "complete"]
    assert kept == [f"trial-{number:05d}.npz" for number in complete]


def test_the_study_goes_on_where_it_stopped(
    searched: tuple[Path, str], fer2013_csv: Path, tiny: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(searched[0], tmp_path / "out")
    before = rows(folder)
    # What comes next is a network that the study knows, so that there is somebody to inherit from.
    study = optuna.load_study(study_name="mien", storage=f"sqlite:///{folder / 'study.db'}")
    study.enqueue_trial(genes_of(BASELINE))
    command = ["search", "--data", fer2013_csv, "--out", folder, "--config", tiny]
    process = subprocess.Popen(
        [sys.executable, "-m", "training", *map(str, command), "--trials", "99"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        while not process.stdout.readline().startswith(f"trial {TRIALS}: searched-"):
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    said = "\nstopped: the same command goes on with the study\n"
    assert errors in (said, HEARD + said)  # between two networks, or while one learns

    done = run_here(main, *command, "--trials", TRIALS + 1, "--confirm", 1)
    assert (done.returncode, done.stderr) == (0, "")
    after, again = rows(folder)[: TRIALS + 1], rows(folder)[TRIALS + 1 :]
    assert after[:TRIALS] == [row | {"front": now["front"]} for row, now in zip(before, after)]  # noqa: B905
    # The trial that was broken off is begun again, under another number.
    assert [int(row["trial"]) for row in after] == [*range(TRIALS), TRIALS + 1]
    # It begins with what the first trial had learned and kept before the stop.
    assert (after[-1]["architecture"], after[-1]["inherited_from"]) == (BASELINE, "0")
    assert f"trial {TRIALS + 1}: {BASELINE}, " in done.stdout
    assert ", 100% of the weights from trial 0\n" in done.stdout

    assert len(again) in (1, 2)  # The baseline may itself be the best.
    assert {row["role"] for row in again} == {"confirm"}
    assert BASELINE in {row["architecture"] for row in again}
    assert all(row["inherited_from"] == "" and row["state"] == "complete" for row in again)
    assert "0" in {row["again"] for row in again}


class Deaf:
    """Has Ctrl-C pressed where Python drops whatever is raised, as in a library's clean-up."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_is_not_lost_while_a_network_is_built(
    searched: tuple[Path, str], fer2013_csv: Path, tiny: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = shutil.copytree(searched[0], tmp_path / "out")
    build = proxy.compiled

    def compiled(*arguments: object, **settings: object) -> object:
        model = build(*arguments, **settings)
        Deaf()
        return model

    monkeypatch.setattr(proxy, "compiled", compiled)
    given = ("--data", fer2013_csv, "--out", folder, "--config", tiny, "--trials", TRIALS + 1)
    done = run_here(main, "search", *given)
    assert done.returncode == 130
    assert done.stderr == f"{HEARD}\nstopped: the same command goes on with the study\n"


def test_the_best_is_trained_as_train_does(
    searched: tuple[Path, str], fer2013_csv: Path, tiny: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(searched[0], tmp_path / "out")
    command = ["search", "--data", fer2013_csv, "--out", folder, "--config", tiny, "--train-best"]
    done = run_here(main, *command, "--most-macs", 5)
    assert done.returncode == 2
    assert done.stderr == (
        "search: study 'mien' has no complete trial within 5 MACs: allow more, or search longer\n"
    )

    done = run_here(main, *command, "--epochs", 2)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    best = max(
        (row for row in rows(folder) if row["state"] == "complete"),
        key=lambda row: (float(row["accuracy"]), -float(row["macs"])),
    )
    used = json.loads((folder / "best" / "config.json").read_text("utf-8"))
    assert used["architecture"] == best["architecture"]
    assert used["peak_rate"] == pytest.approx(float(best["peak_rate"]), rel=1e-3)
    assert (used["epochs"], used["batch_size"], used["precision"]) == (2, 16, "float32")
    assert (folder / "best" / "model.keras").is_file()


def test_a_study_that_is_not_there_is_not_made_to_be_shown(
    searched: tuple[Path, str], fer2013_csv: Path, tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ["search", "--data", fer2013_csv, "--out", searched[0], "--config", tiny, "--report"]
    assert main([*map(str, given), "--study", "other"]) == 2
    assert "there is no study 'other' in sqlite:///" in capfd.readouterr().err
    assert main([*map(str, given)]) == 0
    assert f"{TRIALS} trials: " in capfd.readouterr().out


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--storage", "mysql://a/b"], 2, "storage mysql: not supported"),
        (["--trials", "0"], 2, "--trials 0: give 1 or more"),
        (["--most-macs", "1e6"], 2, "--most-bytes are for --confirm and --train-best"),
        (["--heartbeat", "0"], 2, "--heartbeat 0: give 1 or more"),
        (["--epochs", "3"], 2, "--votes and --epochs are for --train-best"),
        (["--config", "none.toml"], 2, "cannot read none.toml"),
        (["--storage", "sqlite:////no/such/folder/s.db"], 1, "give a file in a folder that is"),
        (["--data", "none.csv"], 1, "cannot read none.csv: no such file"),
    ],
)
def test_what_cannot_be_is_one_line(
    options: list[str], code: int, says: str,
    capfd: pytest.CaptureFixture[str], fer2013_csv: Path, tmp_path: Path,
) -> None:  # fmt: skip
    given = ["search", "--data", str(fer2013_csv), "--out", str(tmp_path / "out")]
    assert main([*given, *options]) == code
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("search: ")
    assert says in error


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("macs = [2e7, 1e7]", "macs is 2e+07, 1e+07: give the least, then the most"),
        ("rungs = []", "rungs = []: expected `array` of length >= 1"),
        ("rungs = [{ epochs = 1, side = 99 }]", "'side': 99}]: expected `int` <= 48"),
        (
            "rungs = [{ epochs = 1, sides = 48 }]",
            "[rungs] sides: unknown setting: did you mean side?",
        ),
        ("width = 3", "width: unknown setting: known are"),
        ("macs = ", "not valid TOML"),
        ('baseline = "mien"', "no beginning such as"),
    ],
)
def test_settings_that_cannot_be_are_named(
    text: str, says: str, capfd: pytest.CaptureFixture[str], fer2013_csv: Path, tmp_path: Path
) -> None:
    file = tmp_path / "search.toml"
    file.write_text(text, encoding="utf-8")
    given = ["search", "--data", fer2013_csv, "--out", tmp_path / "out", "--config", file]
    assert main([str(part) for part in given]) == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert says in error


def test_without_optuna_the_search_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["search", "--data", "x", "--out", "y"]) == 2
    error = capfd.readouterr().err
    assert error == "search: cannot import optuna: pip install -r requirements-train.txt\n"


def test_the_command_line_does_without_optuna() -> None:
    """That nothing but the search imports it is seen in tests/test_project.py."""
    code = (
        "import sys; sys.modules['optuna'] = sys.modules['sqlalchemy'] = None\n"
        "from training.__main__ import main; main(['search', '--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
