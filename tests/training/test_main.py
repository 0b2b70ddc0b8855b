"""python -m training: what people type, and what they are told when it is wrong."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.conftest import LIMIT_S, ROOT, Cli
from training.__main__ import COMMANDS, main
from training.interrupt import HEARD


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text.rstrip("\n")


# All in one process: the first that imports too much is named.
HELP = """
import sys
from training.__main__ import COMMANDS, main
for command in COMMANDS:
    try:
        main([command, "--help"])
    except SystemExit as end:
        assert end.code == 0, command
    heavy = {"keras", "tensorflow", "numpy", "cv2"} & set(sys.modules)
    assert not heavy, (command, heavy)
"""


def test_help_needs_no_keras() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("--debug  ") == len(COMMANDS)


def test_data_that_is_not_there_is_a_failure_of_one_line(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = main(["train", "--data", str(tmp_path / "no.csv"), "--out", str(tmp_path / "run")])
    assert code == 1
    line = one_line(capfd.readouterr().err)
    assert line.startswith(f"train: cannot read {tmp_path / 'no.csv'}: no such file")
    assert not (tmp_path / "run").exists()


def test_a_broken_row_is_a_failure_and_the_mended_file_can_have_the_folder(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, pixels: str
) -> None:
    data = tmp_path / "x.csv"
    data.write_text(f"emotion,pixels\n9,{pixels}\n")
    arguments = ["train", "--data", str(data), "--out", str(tmp_path / "run")]
    assert main(arguments) == 1
    line = one_line(capfd.readouterr().err)
    assert line == f"train: {data}, line 2: the emotion is 9, outside 0-6"
    data.write_text(f"emotion,pixels\n5,{pixels}\n")
    assert main(arguments) == 1
    assert "no rows in its validation split" in one_line(capfd.readouterr().err)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--epochs", "0", "training settings: epochs = 0: expected `int` >= 1"),
        ("--arch", "resnet", "architecture 'resnet' is not known: use attention, mien"),
        ("--config", "none.toml", "cannot read none.toml: No such file"),
    ],
)
def test_a_wrong_setting_ends_with_2(
    capfd: pytest.CaptureFixture[str],
    fer2013_csv: Path, tmp_path: Path, option: str, value: str, says: str,
) -> None:  # fmt: skip
    data = ["--data", str(fer2013_csv)]
    assert main(["train", *data, "--out", str(tmp_path / "run"), option, value]) == 2
    assert says in one_line(capfd.readouterr().err)


def test_other_settings_for_the_same_folder_end_with_2(
    capfd: pytest.CaptureFixture[str],
    finished_run: tuple[Path, str],
    training_arguments: list[str],
    tmp_path: Path,
) -> None:
    folder = shutil.copytree(finished_run[0], tmp_path / "run")
    before = (folder / "config.json").read_bytes()
    assert main([*training_arguments, "--out", str(folder), "--seed", "77"]) == 2
    assert "holds a run with seed = 1, not 77" in one_line(capfd.readouterr().err)
    assert (folder / "config.json").read_bytes() == before


def test_debug_shows_the_traceback(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["evaluate", str(tmp_path / "m.keras"), "--data", str(tmp_path), "--debug"]
    assert main(arguments) == 1
    error = capfd.readouterr().err
    assert "Traceback" in error
    assert "ModelError: model not found" in error


def test_an_unwritable_place_is_a_failure_of_one_line(
    capfd: pytest.CaptureFixture[str],
    finished_run: tuple[Path, str],
    fer2013_csv: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    model = str(finished_run[0] / "model.keras")
    out = str(tmp_path / "file" / "out")
    assert main(["evaluate", model, "--data", str(fer2013_csv), "--out", out]) == 1
    assert "file/out" in one_line(capfd.readouterr().err)


def test_a_backend_that_is_not_installed_ends_with_2(cli: Cli, tmp_path: Path) -> None:
    done = cli(
        "train", "--data", tmp_path, "--out", tmp_path / "run", KERAS_BACKEND="jax",
        PYTHONPATH=f"{ROOT}{os.pathsep}{_without(tmp_path, 'jax')}",
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("train: cannot import jax: pip install -r requirements-train.txt")
    assert "Traceback" not in line


def _without(folder: Path, package: str) -> Path:
    """Return a folder that makes ``package`` impossible to import."""
    shadow = folder / "shadow" / package
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text(
        f"raise ModuleNotFoundError('No module named {package}', name='{package}')\n"
    )
    return shadow.parent


def test_ctrl_c_says_how_to_go_on(
    training_arguments: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    arguments = [*training_arguments, "--out", str(tmp_path / "run"), "--epochs", "500"]
    with subprocess.Popen(
        [sys.executable, "-m", "training", *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert any(line.startswith("epoch   1/500") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert error == (
        f"{HEARD}\nstopped: the epochs that are done are kept; "
        f"the same command goes on with the run in {tmp_path / 'run'}\n"
    )
    assert list((tmp_path / "run" / "checkpoint").glob("epoch-*.weights.h5"))


def test_who_reads_the_lines_may_go(
    demo_picture: np.ndarray, environment: dict[str, str], tmp_path: Path
) -> None:
    assert cv2.imwrite(str(tmp_path / "face.png"), demo_picture)
    command = ["predict", str(tmp_path / "face.png"), "--out", str(tmp_path / "o")]
    with subprocess.Popen(
        [sys.executable, "-m", "training", *command], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert (tmp_path / "o" / "face-read.png").exists()
