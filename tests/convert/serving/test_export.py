"""``python -m convert --to saved-model``, and what others make of the result.

It is asked by a process that has TensorFlow and nothing of this project and, where there is
one, by clients of a real server.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from contextlib import closing, contextmanager

import cv2
import numpy as np
import pytest

from device.preprocess import Framing, crop_face
from tests.convert.conftest import ROOT, run_convert
from tests.convert.drawing import marked_face
from tests.in_process import LIMIT_S
from training.data import LABELS, load

SERVER = "tensorflow_model_server"
# What a client's own program does; -I keeps it from this project's modules.
ASK = """
import sys
import numpy as np
import tensorflow as tf
folder, given, answers = sys.argv[1:]
model = tf.saved_model.load(folder)
with np.load(given, allow_pickle=True) as file:
    faces = model.signatures["serving_default"](faces=tf.constant(file["faces"]))
    files = [bytes(content) for content in file["files"]]
    jpeg = model.signatures["jpeg"](jpeg=tf.constant(files))
np.savez(answers, **{f"{kind}_{name}": value.numpy().astype(
    "U" if value.dtype == tf.string else value.numpy().dtype)
    for kind, answer in (("faces", faces), ("jpeg", jpeg)) for name, value in answer.items()})
print({name.split(".")[0] for name in sys.modules} & {"convert", "training", "device"})
"""


def faces_of_every_class() -> np.ndarray:
    generator = np.random.default_rng(3)
    return np.stack([marked_face(label, generator) for label in range(len(LABELS))])


def jpeg_files() -> list[bytes]:
    """Faces of every class as files: grey and in colour, larger than 48, as large, wider."""
    files = []
    for label, face in enumerate(faces_of_every_class()):
        side = (48, 60, 96)[label % 3]
        picture = cv2.resize(face, (side, side), interpolation=cv2.INTER_LINEAR)
        if label % 2:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        if label == 6:
            picture = cv2.copyMakeBorder(picture, 0, 0, 20, 20, cv2.BORDER_CONSTANT)
        quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
        files.append(cv2.imencode(".jpg", picture, quality)[1].tobytes())
    return files


def by_the_device(file: bytes) -> np.ndarray:
    grey = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_GRAYSCALE)
    height, width = grey.shape
    left = (width - height) // 2
    return crop_face(grey, (left, 0, left + height, height), Framing())


def test_says_what_it_found_and_nothing_else(served):
    done, out = served
    assert done.stderr == ""
    topics = [line.split()[0] for line in done.stdout.splitlines()]
    assert topics == ["model", "temperature", "answers", "jpeg", "written"]
    assert "1.5 (as given)" in done.stdout
    assert str(out / "1") in done.stdout
    assert os.listdir(out) == ["1"]


def test_a_process_that_knows_nothing_of_mien_gets_the_answers_of_the_keras_model(
    served, wanted, tmp_path
):
    faces, files = faces_of_every_class(), jpeg_files()
    contents = np.empty(len(files), object)
    contents[:] = files
    np.savez(tmp_path / "given.npz", faces=faces[..., None], files=contents)
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASK, served[1] / "1", tmp_path / "given.npz",
         tmp_path / "answers.npz"],
        cwd=tmp_path, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "set()\n"
    answers = np.load(tmp_path / "answers.npz")
    assert answers["faces_probabilities"].dtype == np.float32
    assert np.abs(answers["faces_probabilities"] - wanted(faces)).max() <= 1e-5
    for kind in ("faces", "jpeg"):
        assert answers[f"{kind}_emotion"].tolist() == list(LABELS)
        assert answers[f"{kind}_labels"].tolist() == [list(LABELS)] * len(LABELS)
    # A grey level of difference in the pixels moves a probability by little.
    crops = np.stack([by_the_device(file) for file in files])
    assert np.abs(answers["jpeg_probabilities"] - wanted(crops)).max() < 0.02


@contextmanager
def server(base, batching):
    """Run TensorFlow Serving; yield its ports, gRPC's and REST's, once it answers."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(free.getsockname()[1])
    command = [
        SERVER, f"--port={ports[0]}", f"--rest_api_port={ports[1]}", "--model_name=marks",
        f"--model_base_path={base}", "--enable_batching", f"--batching_parameters_file={batching}",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        limit = threading.Timer(LIMIT_S, process.kill)
        limit.start()
        try:
            lines = []
            for line in process.stderr:
                lines.append(line)
                if "Exporting HTTP/REST API" in line:
                    break
            else:
                pytest.fail("".join(lines))
            # Its pipe must not fill up.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield ports
        finally:
            limit.cancel()
            process.terminate()


def examples(language: str) -> list[str]:
    text = (ROOT / "convert/README.md").read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.skipif(
    shutil.which(SERVER) is None, reason=f"{SERVER} is not on PATH (tensorflow-model-server)"
)
def test_a_real_server_gives_the_same_by_rest_and_by_grpc(served, wanted, tmp_path):
    (tmp_path / "batching.txt").write_text(examples("proto")[0])
    faces = faces_of_every_class()
    encoded = [{"b64": base64.b64encode(file).decode()} for file in jpeg_files()]
    with server(served[1], tmp_path / "batching.txt") as (grpc_port, rest_port):

        def ask(**body: object) -> list[dict[str, object]]:
            connection = http.client.HTTPConnection("127.0.0.1", rest_port, timeout=30)
            with closing(connection):
                connection.request("POST", "/v1/models/marks:predict", json.dumps(body))
                return json.load(connection.getresponse())["predictions"]

        answers = ask(instances=faces[..., None].tolist())
        probabilities = np.array([answer["probabilities"] for answer in answers])
        assert np.abs(probabilities - wanted(faces)).max() <= 1e-5
        answers = ask(signature_name="jpeg", instances=encoded)
        assert [answer["emotion"] for answer in answers] == list(LABELS)
        if shutil.which("curl"):
            (tmp_path / "face.jpg").write_bytes(jpeg_files()[3])
            command = examples("sh")[-1].replace("8501", str(rest_port)).replace("mien", "marks")
            done = subprocess.run(
                ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
            )
            assert json.loads(done.stdout)["predictions"][0]["emotion"] == LABELS[3]
        pytest.importorskip("tensorflow_serving", reason="pip install tensorflow-serving-api")
        program = examples("python")[0].replace("8500", str(grpc_port)).replace("mien", "marks")
        done = subprocess.run(
            [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
        )
        assert done.stdout.count("[") >= 2


def test_without_a_server_it_is_asked_as_the_readme_says(served, wanted, tmp_path, capsys):
    program = tmp_path / "program.py"
    program.write_text(examples("python")[1].replace("serving/mien", str(served[1])))
    said = runpy.run_path(str(program))
    answer = said["answer"]
    assert np.abs(answer["probabilities"].numpy() - wanted(said["faces"][..., 0])).max() <= 1e-5
    assert capsys.readouterr().out.count("[") >= 3


def test_the_card_says_where_it_comes_from_without_this_machines_paths(served, trained):
    card = json.loads((served[1] / "1/assets.extra/card.json").read_text("utf-8"))
    assert card["labels"] == list(LABELS)
    assert card["temperature"] == 1.5
    assert card["verified"]["largest_difference"] <= 1e-5
    assert card["training"]["config"] == {"architecture": "marks", "epochs": 3}
    assert card["conversion"]["command"] == (
        "python -m convert model.keras --to saved-model --out marks --name mien --temperature 1.5"
    )
    for path in (trained, served[1], ROOT):
        assert str(path.parent) not in json.dumps(card)


def test_with_data_the_temperature_is_fitted_and_the_next_version_gets_the_next_number(
    trained, faces, tmp_path
):
    out = tmp_path / "marks"
    for taken in ("3", "9", "old"):
        (out / taken).mkdir(parents=True)
    done = run_convert(trained, "--to", "saved-model", "--data", faces, "--out", out)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(out)) == ["10", "3", "9", "old"]
    card = json.loads((out / "10/assets.extra/card.json").read_text("utf-8"))
    # A network that is surer than it is right is brought down by a higher temperature.
    assert card["temperature"] > 1
    assert card["verified"]["pictures"] > len(load(faces).validation)
    assert "fitted on 210 validation images" in done.stdout


def fails(done: subprocess.CompletedProcess[str], code: int, *words: object) -> None:
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("mien: ")
    for word in words:
        assert str(word) in done.stderr


def test_a_model_whose_answers_differ_is_not_written(network, tmp_path):
    broken = network()
    broken.layers[-1].bias.assign(np.full(len(LABELS), np.nan, np.float32))
    broken.save(tmp_path / "model.keras")
    out = tmp_path / "marks"
    done = run_convert(tmp_path / "model.keras", "--to", "saved-model", "--out", out)
    fails(done, 1, "up to inf from the Keras model's", "1e-05 is allowed")
    assert not out.exists()


def test_a_model_of_another_kind_is_refused(keras, tmp_path):
    image = keras.Input((96, 96, 1))
    points = keras.layers.Dense(30)(keras.layers.Flatten()(image))
    keras.Model(image, points).save(tmp_path / "points.keras")
    done = run_convert(tmp_path / "points.keras", "--to", "saved-model", "--out", tmp_path / "x")
    fails(done, 1, "points.keras", "(None, 48, 48, 1)")
    assert not (tmp_path / "x").exists()


@pytest.fixture
def given(tmp_path):
    """Files that pass for what they are at a first look."""
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    (tmp_path / "text.keras").write_text("not a model")
    (tmp_path / "version").mkdir()
    (tmp_path / "version/saved_model.pb").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("code", "change", "words"),
    [
        (1, {"model": "none.keras"}, ["none.keras", "not found"]),
        (1, {"model": "text.keras"}, ["text.keras", "not a .keras file"]),
        (2, {"--out": "text.keras"}, ["text.keras", "is no folder"]),
        (2, {"--out": "version"}, ["is a version itself", "the folder above"]),
        (1, {"--out": "text.keras/new/x"}, ["text.keras/new/x", "not a directory"]),
        (1, {"--out": "text.keras/x"}, ["text.keras", "not a directory"]),
        (1, {"--data": "none.csv"}, ["none.csv", "not found"]),
        (2, {"--votes": "text.keras"}, ["--votes", "without --data"]),
        (2, {"--name": "a/b"}, ["--name 'a/b'"]),
        (2, {"--temperature": "0"}, ["--temperature 0.0", "above 0"]),
        (2, {"--temperature": "nan"}, ["--temperature nan", "above 0"]),
        (2, {"--temperature": "warm"}, ["--temperature", "'warm'", "--help"]),
        (2, {"--to": "onnx"}, ["--to", "'onnx'", "saved-model"]),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(given, code, change, words):
    paths = {"model": "model.keras", "--out": "new", "--data": "", "--votes": ""}
    settings = {"--to": "saved-model"} | {k: v for k, v in (paths | change).items() if v}
    settings = {k: str(given / v) if k in paths else v for k, v in settings.items()}
    model = settings.pop("model")
    before = sorted(os.listdir(given))
    done = run_convert(model, *(part for pair in settings.items() for part in pair))
    fails(done, code, *words)
    assert sorted(os.listdir(given)) == before


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "--data is missing"),
        (["--data", ".", "--temperature", "1"], "--temperature: without a"),
    ],
)
def test_the_devices_file_takes_other_options(given, arguments, word):
    done = run_convert(given / "model.keras", "--out", given / "x.tflite", *arguments)
    fails(done, 2, word)


def test_ctrl_c_leaves_nothing(trained, tmp_path):
    out = tmp_path / "marks"
    with subprocess.Popen(
        [sys.executable, "-m", "convert", trained, "--to", "saved-model", "--out", out],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline().startswith("model")
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    assert error == "mien: stopped; no model file was written\n"
    assert not out.exists()
