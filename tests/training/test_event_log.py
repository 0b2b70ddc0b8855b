"""training/event_log.py and network_graph.py: read back by TensorBoard's own code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.training.conftest import EPOCHS, LIMIT_S, network
from training.config import TrainingConfig
from training.event_log import EventLog, log_picture
from training.metrics import Scores
from training.network_graph import graph_of
from training.pictures import draw_confusion
from training.run_folder import RunFolder

# Serves the folder on a free port of the loopback, says which, and asks itself.
SERVE = """
import sys, urllib.request
from tensorboard import program
board = program.TensorBoard()
board.configure(logdir=sys.argv[1], host="127.0.0.1", port=0, load_fast="false")
url = board.launch()
for path in sys.argv[2:]:
    with urllib.request.urlopen(url + path, timeout=300) as answer:
        sys.stdout.buffer.write(answer.read().replace(b"\\n", b" ") + b"\\n")
"""


def read(run: Path, part: str) -> EventAccumulator:
    events = EventAccumulator(str(run / "tensorboard" / part))
    events.Reload()
    return events


def row(epoch: int, loss: float) -> dict[str, float]:
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    return {"epoch": float(epoch)} | dict.fromkeys(names, loss)


def test_the_graph_of_a_run_is_its_layers(finished_run: tuple[Path, str]) -> None:
    graph = read(finished_run[0], "train").Graph()
    nodes = {node.name: node for node in graph.node}
    assert nodes["image"].op == "InputLayer"
    assert list(nodes["scale"].input) == ["image"]
    sides = [side.size for side in nodes["votes"].attr["_output_shapes"].list.shape[0].dim]
    assert sides == [-1, 8]
    assert all(source in nodes for node in graph.node for source in node.input)


def test_what_has_two_inputs_is_shown_with_both() -> None:
    graph = graph_of(network("mien"))
    names = {node.name for node in graph.node}
    additions = [node for node in graph.node if node.op == "Add"]
    assert len(additions) == 5
    assert all(len(node.input) == 2 and names.issuperset(node.input) for node in additions)


def test_a_network_in_the_network_is_a_box_of_its_own() -> None:
    inner_in = keras.Input((4,), name="inside")
    inner = keras.Model(inner_in, keras.layers.Dense(3, name="narrow")(inner_in), name="inner")
    outer_in = keras.Input((4,), name="image")
    answer = keras.layers.Dense(2, name="answer")(inner(keras.ops.relu(outer_in)))
    nodes = {node.name: node for node in graph_of(keras.Model(outer_in, answer)).node}
    assert list(nodes["answer"].input) == ["inner/narrow"]
    assert list(nodes["inner/inside"].input) == ["relu"]
    assert nodes["relu"].op == "Relu"
    assert nodes["answer"].attr["weights"].i == 3 * 2 + 2


def test_the_confusion_matrix_of_a_run_is_shown_at_its_best_epoch(
    finished_run: tuple[Path, str],
) -> None:
    folder, _ = finished_run
    (shown,) = read(folder, "evaluation").Images("confusion_matrix")
    assert shown.encoded_image_string == (folder / "confusion_matrix.png").read_bytes()
    assert shown.step == json.loads((folder / "metrics.json").read_text("utf-8"))["epoch"]
    assert min(shown.width, shown.height) > 400


def test_a_picture_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    run = RunFolder(tmp_path, TrainingConfig(), {})
    labels = np.arange(3)
    for epoch, names in ((5, ("a", "b", "c")), (2, ("x", "y", "z"))):
        draw_confusion(Scores.of(labels, labels, names), "x", tmp_path / "x.png")
        log_picture(run, "confusion_matrix", epoch, tmp_path / "x.png")
    (shown,) = read(tmp_path, "evaluation").Images("confusion_matrix")
    assert shown.step == 2
    assert shown.encoded_image_string == (tmp_path / "x.png").read_bytes()


def test_what_a_run_that_was_cut_off_wrote_too_much_is_dropped(tmp_path: Path) -> None:
    """Epoch 2 was logged, but its checkpoint was lost: it is done again."""
    run = RunFolder(tmp_path, TrainingConfig(), {})
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    for first, losses in ((1, [0.5, 0.4]), (2, [0.3, 0.2])):
        run.truncate_history(first - 1)
        log = EventLog(run, first_epoch=first)
        log.set_model(model)
        log.on_train_begin()
        for epoch, loss in enumerate(losses, start=first):
            run.append_history(row(epoch, loss))
            log.on_epoch_end(epoch - 1)
        log.close()
    shown = read(tmp_path, "train").Scalars("loss")
    assert [(event.step, round(event.value, 3)) for event in shown] == [
        (1, 0.5),
        (2, 0.3),
        (3, 0.2),
    ]
    assert len(read(tmp_path, "train").Graph().node) == 2


def test_tensorboard_serves_curves_graph_and_picture(finished_run: tuple[Path, str]) -> None:
    folder = finished_run[0] / "tensorboard"
    done = subprocess.run(
        [
            sys.executable, "-c", SERVE, str(folder),
            "data/plugin/scalars/scalars?tag=accuracy&run=validation",
            "data/plugin/graphs/graph?run=train&conceptual=false",
            "data/plugin/images/images?tag=confusion_matrix&run=evaluation&sample=0",
        ],
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    scalars, graph, images = done.stdout.splitlines()
    assert [step for _, step, _ in json.loads(scalars)] == list(range(1, EPOCHS + 1))
    assert 'op: "InputLayer"' in graph
    assert len(json.loads(images)) == 1
