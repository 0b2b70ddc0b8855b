"""The command: real conversions; what belongs to a process is seen in one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from convert.self_test import main as self_test
from device.model import RUNTIMES, Model
from device.model_file import read_card, unpack, write_model
from device.self_test import try_model
from tests.convert.conftest import (
    ROOT,
    TRAINING_EACH,
    VALIDATION_EACH,
    WRONG_EACH,
    convert_process,
    run_convert,
    write_fer2013,
)  # fmt: skip
from tests.convert.drawing import face, marked_face
from tests.in_process import run_here
from training.data import LABELS, load

RIGHT = 1 - WRONG_EACH / VALIDATION_EACH


def _fails(done, code, *words):
    """The process ended with ``code`` and one line that has all ``words`` in it."""
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("mien: ")
    for word in words:
        assert str(word) in done.stderr


def test_says_what_it_found_and_nothing_else(converted):
    done, out = converted
    assert done.stderr == ""
    topics = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert topics == [
        "model", "data", "framing", "int8", "ops", "accuracy", "agreement", "temperature",
        "written",
    ]  # fmt: skip
    assert f"Keras {RIGHT:.2%}, int8 {RIGHT:.2%} of 210 validation images" in done.stdout
    assert str(out) in done.stdout


def test_labels_and_card_are_read_with_plain_zipfile(converted):
    _, out = converted
    with zipfile.ZipFile(out) as archive:
        labels = archive.read("labels.txt").decode().splitlines()
        card = json.loads(archive.read("card.json"))
    assert labels == list(LABELS)
    assert card["name"] == "marks"
    assert card["labels"] == labels
    assert card["network"]["macs"] == 48 * 48 * 7 + 7 * 7


def test_the_card_carries_the_figures(converted):
    _, out = converted
    figures = read_card(out)["figures"]
    assert figures["split"] == "PublicTest"
    assert figures["images"] == VALIDATION_EACH * len(LABELS)
    assert figures["keras_accuracy"] == figures["int8_accuracy"] == pytest.approx(RIGHT)
    assert figures["agreement"] == 1
    assert figures["int8_runtime"] in RUNTIMES
    # A network that is surer than it is right is brought down by a higher temperature.
    assert read_card(out)["temperature"] > 1
    assert figures["ece_after_temperature"] < figures["ece_before_temperature"]


def test_the_card_says_where_the_model_comes_from_without_this_machines_paths(
    converted, trained, faces
):
    _, out = converted
    card = read_card(out)
    assert card["training"]["run"] == {"revision": "abc1234", "data": {"path": "f.csv"}}
    assert card["training"]["config"] == {"architecture": "marks", "epochs": 3}
    assert card["data"]["name"] == "faces.csv"
    assert card["data"]["training_images"] == TRAINING_EACH * len(LABELS)
    assert card["conversion"]["command"].startswith(
        "python -m convert model.keras --data faces.csv"
    )
    assert "FER2013" in card["licence"]
    text = json.dumps(card)
    for path in (trained, faces, out, ROOT):
        assert str(path.parent) not in text


def test_the_framing_was_measured_on_the_training_images(converted):
    _, out = converted
    card = read_card(out)
    assert card["framing_measured"]["images"] == TRAINING_EACH * len(LABELS)
    low, high = card["framing_measured"]["quartiles"]["scale"]
    assert low <= card["framing"]["scale"] <= high
    assert low < high


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_runtime_gives_the_answers_of_the_marks(converted, faces, runtime):
    pytest.importorskip(RUNTIMES[runtime], reason=f"{runtime} is not installed here")
    _, out = converted
    model = Model(out, runtime=runtime)
    images = load(faces).validation.images
    answers = [int(model.logits(image).argmax()) for image in images]
    assert answers == np.repeat(np.arange(7), VALIDATION_EACH).tolist()


def test_the_same_seed_gives_the_same_bytes_and_replaces_an_old_file(
    converted, trained, faces, tmp_path
):
    _, first = converted
    out = tmp_path / "marks.tflite"
    out.write_bytes(b"an older model")
    done = run_convert(trained, "--data", faces, "--out", out, "--name", "marks")
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == first.read_bytes()
    assert os.listdir(tmp_path) == ["marks.tflite"]


def test_a_model_that_int8_cannot_hold_is_not_written(network, faces, tmp_path):
    # With so large a number added to all logits, int8 cannot tell them apart.
    network(offset=1e5).save(tmp_path / "model.keras")
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "mien.tflite"
    out.write_bytes(b"the good one")
    done = run_convert(tmp_path / "model.keras", "--data", faces, "--out", out)
    _fails(done, 1, "not as good as the original on 210 validation images", f"{RIGHT:.2%}")
    assert out.read_bytes() == b"the good one"
    assert os.listdir(out.parent) == ["mien.tflite"]


def test_a_data_set_without_validation_rows_is_refused(trained, tmp_path):
    data = tmp_path / "few.csv"
    write_fer2013(data, [(0, face(), "Training"), (1, face(), "Training")])
    done = run_convert(trained, "--data", data, "--out", tmp_path / "x.tflite")
    _fails(done, 1, data, "validation", "PublicTest")
    assert not (tmp_path / "x.tflite").exists()


def test_fewer_calibration_images_than_classes_are_refused(trained, faces, tmp_path):
    out = tmp_path / "x.tflite"
    done = run_convert(trained, "--data", faces, "--out", out, "--calibration-images", "6")
    _fails(done, 2, "--calibration-images 6", "7 or more")


def test_a_network_of_two_classes_keeps_their_names(keras, network, tmp_path):
    from training.keras_file import save_model

    generator = np.random.default_rng(0)
    rows = [
        (label, marked_face(label, generator), usage)
        for usage in ["Training"] * 5 + ["PublicTest"] * 5
        for label in range(len(LABELS))
    ]
    faces = tmp_path / "faces.csv"
    write_fer2013(faces, rows)
    seven = network()
    kept = ("sad", "happy")
    logits = keras.layers.Dense(2, use_bias=False)(seven.outputs[0])
    model = keras.Model(seven.inputs, logits)
    pick = np.zeros((7, 2), np.float32)
    for column, name in enumerate(kept):
        pick[LABELS.index(name), column] = 1
    model.layers[-1].set_weights([pick])
    save_model(model, kept, tmp_path / "two.keras")
    done = run_convert(tmp_path / "two.keras", "--data", faces, "--out", tmp_path / "two.tflite")
    assert done.returncode == 0, done.stderr
    assert tuple(Model(tmp_path / "two.tflite").labels) == kept
    assert read_card(tmp_path / "two.tflite")["figures"]["images"] == 2 * 5


def test_a_model_of_another_shape_is_refused_in_one_line(keras, faces, tmp_path):
    image = keras.Input((64, 64, 1))
    logits = keras.layers.Dense(7)(keras.layers.Flatten()(image))
    keras.Model(image, logits).save(tmp_path / "big.keras")
    done = run_convert(tmp_path / "big.keras", "--data", faces, "--out", tmp_path / "x.tflite")
    _fails(done, 1, "big.keras", "(None, 64, 64, 1)", "(None, 48, 48, 1)")
    assert sorted(os.listdir(tmp_path)) == ["big.keras"]


@pytest.fixture
def given(tmp_path):
    """Files that pass for what they are at a first look."""
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    (tmp_path / "text.keras").write_text("not a model")
    (tmp_path / "data.csv").write_text("emotion,pixels,Usage\n")
    return tmp_path


@pytest.mark.parametrize(
    ("code", "change", "words"),
    [
        (1, {"model": "none.keras"}, ["none.keras", "not found", ".keras file"]),
        (1, {"model": "."}, ["is a folder"]),
        (1, {"model": "text.keras"}, ["text.keras", "not a .keras file", "11 bytes"]),
        (1, {"--data": "none.csv"}, ["none.csv", "not found", "FER2013"]),
        (1, {"--out": "data.csv/new/x.tflite"}, ["data.csv/new/x.tflite", "not a directory"]),
        (1, {"--out": "data.csv/x.tflite"}, ["data.csv", "not a directory"]),
        (2, {"--out": "."}, ["ends in .tflite"]),
        (2, {"--out": "model.keras"}, ["model.keras", "ends in .tflite"]),
        (2, {"--name": "a/b"}, ["--name 'a/b'", "letters"]),
        (2, {"--seed": "-1"}, ["--seed -1", "0 or more"]),
        (2, {"--seed": "one"}, ["--seed", "'one'", "--help"]),
        (2, {"--calibration-images": "0"}, ["--calibration-images 0", "1 or more"]),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_in_one_line(given, code, change, words):
    paths = {"model": "model.keras", "--data": "data.csv", "--out": "x.tflite"}
    settings = {k: str(given / v) for k, v in (paths | change).items() if k in paths}
    settings |= {k: v for k, v in change.items() if k not in paths}
    model = settings.pop("model")
    before = sorted(os.listdir(given))
    done = run_convert(model, *(part for pair in settings.items() for part in pair))
    _fails(done, code, *words)
    assert sorted(os.listdir(given)) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named(given):
    given.chmod(0o500)
    done = run_convert(
        given / "model.keras", "--data", given / "data.csv", "--out", given / "x.tflite"
    )
    given.chmod(0o700)
    _fails(done, 1, given, "permission denied")


def test_a_traceback_is_shown_on_request_only(given):
    arguments = [given / "text.keras", "--data", given, "--out", given / "x.tflite", "--debug"]
    assert "Traceback" in convert_process(*arguments).stderr


def test_help_does_not_wait_for_tensorflow():
    program = (
        "import sys\n"
        "from convert.__main__ import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "MODEL.keras" in done.stdout
    assert done.stdout.endswith("set()\n")


def test_the_card_carries_what_it_said_of_drawn_faces(converted):
    _, out = converted
    said = read_card(out)["self_test"]["logits"]
    assert {len(row) for row in said} == {len(LABELS)}
    assert try_model(Model(out)).compared


def test_that_part_of_a_card_can_be_written_anew(converted, tmp_path):
    _, out = converted
    labels, tflite = unpack(out)[1:]
    old = {key: value for key, value in read_card(out).items() if key != "self_test"}
    write_model(tmp_path / "old.tflite", tflite, labels, old)
    shutil.copy(out, tmp_path / "new.tflite")
    files = [tmp_path / "old.tflite", tmp_path / "new.tflite"]
    done = run_here(self_test, *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert read_card(tmp_path / "old.tflite") == read_card(out)
    assert (tmp_path / "new.tflite").read_bytes() == out.read_bytes()


def test_a_file_whose_card_cannot_be_written_anew_is_named(tmp_path):
    (tmp_path / "m.tflite").write_bytes(b"x")
    done = subprocess.run(
        [sys.executable, "-m", "convert.self_test", tmp_path / "m.tflite"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    _fails(done, 1, "m.tflite", "not a model file")


def test_a_network_that_answers_the_same_whatever_it_sees_is_not_written(network, faces, tmp_path):
    deaf = network()
    for layer in deaf.layers:
        layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
    deaf.save(tmp_path / "model.keras")
    out = tmp_path / "deaf.tflite"
    done = run_convert(tmp_path / "model.keras", "--data", faces, "--out", out)
    _fails(done, 1, "the same whatever face it sees")
    assert not out.exists()
