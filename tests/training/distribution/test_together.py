"""``--distribute``: real processes that train together, and what is said where they cannot."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.test_domains import folder_of
from training.__main__ import main
from training.data import load
from training.distribution import rendezvous
from training.distribution.cluster import Cluster, host_and_port
from training.errors import WorkerError

pytestmark = pytest.mark.skipif(
    os.environ["KERAS_BACKEND"] != "tensorflow", reason="KERAS_BACKEND is not tensorflow"
)
# Pictures are changed and weighed, and votes learned too: all of it is drawn for each
# image by its number, so any number of processes computes the same; only dropout would be drawn
# by each replica for itself. At a low rate, for so few images a step: at a high one what is rounded
# otherwise grows from step to step. With so many epochs that a worker can be lost between the
# first and the last.
SETTINGS = """
architecture = "searched-k3c4-p3c8n1"
epochs = 20
batch_size = 16
peak_rate = 0.01
dropout = 0.0
label_smoothing = 0.0
keep = "last"
patience = 0
precision = "float32"
[class_weights]
happy = 2.0
fear = 0.5
"""
LIMIT_S = 600
MIRRORED = ("--distribute", "mirrored")
MULTI = ("--distribute", "multiworker")
AS_ONE = ("--scale", "none", "--statistics", "shared")


def task(addresses: list[str], index: int) -> str:
    return json.dumps(
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
    )


@pytest.fixture(scope="module")
def users(environment: dict[str, str]) -> dict[str, str]:
    """That of a user, who has not said how much TensorFlow logs."""
    return {name: value for name, value in environment.items() if name != "TF_CPP_MIN_LOG_LEVEL"}


@pytest.fixture(scope="module")
def arguments(
    fer2013_csv: Path, votes_csv: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    settings = tmp_path_factory.mktemp("settings") / "exact.toml"
    settings.write_text(SETTINGS)
    files = ["--data", str(fer2013_csv), "--votes", str(votes_csv)]
    return ["train", *files, "--config", str(settings)]


@contextmanager
def started(
    *commands: tuple[list[str], dict[str, str]],
) -> Iterator[list[subprocess.Popen[str]]]:
    """Run each command, of arguments and an environment; no process is left behind."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "training", *arguments], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for arguments, environment in commands
    ]  # fmt: skip
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def ended_well(process: subprocess.Popen[str]) -> str:
    """Return what ``process`` has said at its good end."""
    said, error = process.communicate(timeout=LIMIT_S)
    assert error == ""
    assert process.returncode == 0
    return said


History = list[dict[str, float]]


def history(folder: Path) -> History:
    with (folder / "history.csv").open(newline="") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def assert_alike(one: History, other: History) -> None:
    assert len(one) == len(other)
    for row, same in zip(one, other, strict=True):
        assert row == pytest.approx(same, rel=1e-5)


@pytest.fixture(scope="module")
def runs(
    arguments: list[str], users: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Runs of one replica ("one") and of two ("two"); of two with own statistics ("each")."""
    folder = tmp_path_factory.mktemp("runs")
    mirrored = [*arguments, *MIRRORED, "--replicas"]
    two = [*mirrored, "2", *AS_ONE, "--out", str(folder / "two")]
    # Of labels alone, for one loss to compare.
    at = mirrored.index("--votes")
    labels = [*mirrored[:at], *mirrored[at + 2 :]]
    each = [*labels, "2", "--epochs", "2", "--batch-size", "2", "--out", str(folder / "each")]
    with started((two, users), (each, users)) as processes:
        assert main([*mirrored, "1", "--out", str(folder / "one")]) == 0
        for process in processes:
            said = ended_well(process)
            assert "2 replicas on parts of the processor of this machine" in said
    return folder


def test_replicas_of_one_machine_learn_as_one(runs: Path) -> None:
    one = history(runs / "one")
    assert_alike(history(runs / "two"), one)
    assert one[-1]["loss"] < 0.98 * one[0]["loss"]  # else anything would be alike


def test_what_is_measured_is_what_is_kept(runs: Path, fer2013_csv: Path) -> None:
    """Although each replica has seen other images, by whose mean and variance it normalises."""
    validation = load(fer2013_csv).validation
    model = keras.saving.load_model(runs / "each" / "model.keras")
    logits = model.predict(validation.images[..., np.newaxis].astype(np.float32), verbose=0)
    kept = keras.losses.sparse_categorical_crossentropy(validation.labels, logits, from_logits=True)
    measured = history(runs / "each")[-1]["val_loss"]
    assert float(keras.ops.mean(kept)) == pytest.approx(measured, rel=2e-6)


def test_two_workers_learn_as_one_although_one_of_them_was_lost(
    arguments: list[str],
    runs: Path,
    addresses: list[str],
    users: dict[str, str],
    tmp_path: Path,
) -> None:
    out = tmp_path / "run"
    one = history(runs / "one")
    same = [*arguments, *MULTI, *AS_ONE, "--out", str(out)]
    both = [(same, users | {"TF_CONFIG": task(addresses, index)}) for index in (0, 1)]
    with started(*both) as (chief, other):
        assert chief.stdout is not None
        assert any(line.startswith("epoch  1/20") for line in chief.stdout)
        other.kill()
        _, error = chief.communicate(timeout=LIMIT_S)
        assert error == (
            f"train: worker 1 ({addresses[1]}) was lost: the epochs that are done are kept, and "
            "the run goes on after them: give the same command on all machines again\n"
        )
        assert chief.returncode == 1
    assert 1 <= len(history(out)) < len(one)
    with started(*both) as (chief, other):
        said = ended_well(chief)
        assert "going on after epoch" in said
        assert f"2 replicas on 2 workers, {', '.join(addresses)}" in said
        said = ended_well(other)
        assert f"worker 1 of 2 ({addresses[1]}); the chief ({addresses[0]}) tells more" in said
        assert "epoch" not in said
    assert_alike(history(out), one)
    about = json.loads((out / "run.json").read_text("utf-8"))
    assert about["started"]["replicas"] == 2
    assert len(about["resumed"]) == 1
    assert (out / "metrics.json").exists()
    assert keras.saving.load_model(out / "model.keras").predict(
        np.zeros((1, 48, 48, 1), np.float32), verbose=0
    ).shape == (1, 7)  # fmt: skip


Refused = Callable[..., str]


@pytest.fixture
def refused(
    arguments: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Refused:
    """Run the command in this process; return the one line that it ends with."""

    def run(code: int, *more: str, tf_config: str | None = None) -> str:
        if tf_config is None:
            monkeypatch.delenv("TF_CONFIG", raising=False)
        else:
            monkeypatch.setenv("TF_CONFIG", tf_config)
        assert main([*arguments, "--out", str(tmp_path / "run"), *more]) == code
        error = capfd.readouterr().err
        assert error.count("\n") == 1
        return error

    return run


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (MULTI, "TF_CONFIG is not set: on each machine give it as {"),
        (MIRRORED, "nothing to share: leave it out"),
        (("--replicas", "2"), "--replicas goes with --distribute"),
        (("--scale", "none"), "--scale goes with --distribute"),
        ((*MULTI, "--replicas", "2"), "--replicas goes with --distribute mirrored"),
        ((*MIRRORED, "--wait", "2"), "--wait goes with --distribute multiworker"),
        ((*MULTI, "--wait", "0"), "--wait 0.0: give seconds, above 0"),
        (
            (*MIRRORED, "--replicas", "3", "--scale", "none"),
            "a batch of 16 cannot be shared evenly by 3 replicas",
        ),
    ],
)
def test_options_that_do_not_fit_end_with_2(
    refused: Refused, tmp_path: Path, more: tuple[str, ...], says: str
) -> None:
    assert says in refused(2, *more)
    assert not (tmp_path / "run").exists()


def test_a_worker_that_never_comes_is_named(refused: Refused, addresses: list[str]) -> None:
    line = refused(1, *MULTI, "--wait", "0.1", tf_config=task(addresses, 0))
    assert line.startswith(f"train: no answer from worker 1 ({addresses[1]}): start the same")


def test_a_chief_that_never_comes_is_named(
    refused: Refused, addresses: list[str], tmp_path: Path
) -> None:
    line = refused(1, *MULTI, "--wait", "0.1", tf_config=task(addresses, 1))
    assert line.startswith(f"train: the chief ({addresses[0]}) does not answer")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("index", [0, 1])
def test_what_was_left_out_is_said_by_the_chief_alone(
    refused: Refused, addresses: list[str], caplog: pytest.LogCaptureFixture, tmp_path: Path,
    index: int,
) -> None:  # fmt: skip
    data = folder_of(tmp_path / "data", {"angry": 0, "happy": 3, "bored": 2}, each=20)
    words = (*MULTI, "--data", str(data), "--wait", "0.1")
    refused(1, *words, tf_config=task(addresses, index))
    assert ("20 left out: in 'bored'" in caplog.text) == (index == 0)


def test_a_chief_that_refuses_the_run_says_so_to_the_workers(
    refused: Refused, addresses: list[str], tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").write_text("precious")
    with ThreadPoolExecutor(1) as pool:
        worker = Cluster(tuple(addresses), 1)
        waiting = pool.submit(rendezvous.receive, worker, {}, LIMIT_S)
        line = refused(2, *MULTI, tf_config=task(addresses, 0))
        assert "has a model.keras but no checkpoint" in line
        with pytest.raises(WorkerError, match=r"^the chief .* has failed: .*model\.keras but no"):
            waiting.result()


def test_a_port_that_is_taken_is_named(
    refused: Refused, addresses: list[str], tmp_path: Path
) -> None:
    with socket.create_server(host_and_port(addresses[0])):
        line = refused(1, *MULTI, tf_config=task(addresses, 0))
    assert f"cannot listen at {addresses[0]}" in line
    assert "another program listens there" in line
    assert not (tmp_path / "run").exists()


def test_more_images_a_step_than_there_are_is_refused(
    refused: Refused, fer2013_csv: Path, addresses: list[str]
) -> None:
    one = json.dumps({"cluster": {"worker": addresses[:1]}, "task": {"index": 0}})
    assert "84 images" in refused(2, *MULTI, "--batch-size", "85", tf_config=one)


def test_another_backend_is_refused(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    line = refused(2, *MULTI, tf_config=task(addresses, 0))
    assert "KERAS_BACKEND is 'torch', and only tensorflow shares its steps" in line
