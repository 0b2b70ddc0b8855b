import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from device import model_file
from device.errors import ModelError
from device.faces import FaceFinder
from device.model import RUNTIMES, Model, softmax
from device.model_file import is_classifier, read_card, write_model
from device.preprocess import Framing, crop_face
from tests.device.conftest import MODEL, ROOT, python_path

LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def parts() -> tuple[bytes, dict]:
    """The TFLite part of the shipped file, and its card."""
    card = read_card(MODEL)
    return MODEL.read_bytes()[: card["model_bytes"]], card


def remade(folder: Path, labels: list[str] = LABELS, **changes: object) -> Path:
    """The shipped network with another card."""
    tflite, card = parts()
    path = folder / "changed.tflite"
    write_model(path, tflite, labels, card | changes)
    return path


def test_labels_and_card_come_out_of_the_file(model):
    assert model.labels == LABELS
    assert model.side_px == 48
    assert isinstance(model.framing, Framing)
    assert model.id.startswith("mien-")


def test_any_zip_program_can_read_the_card():
    with zipfile.ZipFile(MODEL) as archive:
        assert archive.read("labels.txt").decode().split() == LABELS
        assert json.loads(archive.read("card.json"))["name"] == "mien"


SHIPPED = [path for path in sorted(MODEL.parent.glob("*.tflite")) if is_classifier(path)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_model_reads_a_smile_as_happy(path, demo_frames):
    model = Model(path)
    grey = demo_frames[0].grey
    crop = crop_face(grey, FaceFinder().find(grey)[0], model.framing, model.side_px)
    assert model.labels[int(np.argmax(model.probabilities(crop)))] == "happy"
    assert model.card.name == path.stem


def test_there_are_a_default_model_and_a_small_one():
    assert [path.stem for path in SHIPPED] == ["mien-nano", "mien"]


def test_the_same_crop_gives_the_same_answer_whatever_came_between(model):
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    first = model.logits(noise[0])
    model.logits(noise[1])
    assert np.array_equal(model.logits(noise[0]), first)


@pytest.mark.parametrize(
    "crop", [np.zeros((48, 47), np.uint8), np.zeros((48, 48, 1), np.uint8), np.zeros((48, 48))]
)
def test_a_crop_of_another_shape_or_type_is_refused(model, crop):
    with pytest.raises(ValueError, match="a crop is uint8"):
        model.logits(crop)


def test_the_temperature_flattens(tmp_path):
    crop = np.random.default_rng(3).integers(0, 256, (48, 48), dtype=np.uint8)
    cold, hot = (
        Model(remade(tmp_path, temperature=t)).probabilities(crop).max() for t in (1.0, 3.0)
    )
    assert hot < cold


def test_softmax_survives_large_logits():
    assert softmax(np.array([1e4, 0, -1e4], np.float32), 1.0).tolist() == [1, 0, 0]


_ASK = """
import sys, numpy as np
from pathlib import Path
from device.model import Model
path, runtime, exact, crops, out = sys.argv[1:]
model = Model(Path(path), runtime=runtime, exact=exact == "exact")
np.save(out, np.stack([model.logits(crop) for crop in np.load(crops)]))
"""


@pytest.fixture(scope="module")
def faces(model, demo_frames) -> np.ndarray:
    """Crops of the demo clip, and the same with noise: uint8 (n, 48, 48)."""
    finder = FaceFinder()
    crops = [
        crop_face(frame.grey, boxes[0], model.framing, model.side_px)
        for frame in demo_frames[::10]
        if (boxes := finder.find(frame.grey))
    ]
    noise = np.random.default_rng(0).normal(0, 10, (len(crops), 48, 48))
    noisy = np.clip(np.stack(crops) + noise, 0, 255).astype(np.uint8)
    return np.concatenate([np.stack(crops), noisy])


class TestBothRuntimes:
    """Each runs in a process of its own: both bring the same C++ symbols."""

    def answers(self, folder: Path, faces: np.ndarray, *kernels: str) -> list[np.ndarray]:
        for name, module in RUNTIMES.items():
            if importlib.util.find_spec(module.split(".")[0]) is None:
                pytest.skip(f"{name} is not installed here")
        np.save(folder / "faces.npy", faces)
        answers = []
        for name, kernel in zip(RUNTIMES, kernels, strict=True):
            out = folder / f"{name}.npy"
            command = [sys.executable, "-c", _ASK, MODEL, name, kernel, folder / "faces.npy", out]
            environment = {"PYTHONPATH": python_path()}
            subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
            answers.append(np.load(out))
        return answers

    def test_the_same_kernels_give_the_same_answers(self, model, tmp_path, faces):
        one, other = self.answers(tmp_path, faces, "exact", "exact")
        # One step, and the last bit of a float: in squeeze-and-excite the runtimes
        # round a product differently here and there.
        assert np.abs(one - other).max() < 1.01 * model.logit_step
        assert np.ptp(one) > 10 * model.logit_step

    def test_the_fast_kernels_stay_near_and_read_the_same(self, model, tmp_path, faces):
        one, other = self.answers(tmp_path, faces, "fast", "fast")
        furthest = np.abs(one - other).max(axis=1)
        assert np.median(furthest) < 1.5 * model.logit_step
        assert furthest.max() < 5 * model.logit_step
        certain = np.diff(np.sort(one))[:, -1] > 5 * model.logit_step
        assert np.array_equal(one.argmax(axis=1)[certain], other.argmax(axis=1)[certain])


def test_a_runtime_that_is_not_there_is_named():
    missing = [
        name
        for name, module in RUNTIMES.items()
        if importlib.util.find_spec(module.split(".")[0]) is None
    ]
    if not missing:
        pytest.skip("all runtimes are installed here")
    with pytest.raises(ModelError, match=r"no TFLite runtime: \.venv/bin/pip install"):
        Model(MODEL, runtime=missing[0])


class TestBrokenFiles:
    def refusal(self, path: Path) -> str:
        with pytest.raises(ModelError) as error:
            Model(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)
        return str(error.value)

    def test_missing(self, tmp_path):
        assert "no such file" in self.refusal(tmp_path / "none.tflite")

    def test_a_folder(self, tmp_path):
        assert "is a directory" in self.refusal(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"x", b"hello" * 1000])
    def test_something_else(self, tmp_path, content):
        path = tmp_path / "m.tflite"
        path.write_bytes(content)
        assert "not a model file" in self.refusal(path)

    def test_without_a_card(self, tmp_path):
        path = tmp_path / "m.tflite"
        path.write_bytes(parts()[0])
        assert "without a card, or cut short: make it with python -m convert" in self.refusal(path)

    def test_one_that_comes_with_mien_is_to_be_installed_anew(self, tmp_path, monkeypatch):
        monkeypatch.setattr(model_file, "__file__", str(tmp_path / "model_file.py"))
        (tmp_path / "models").mkdir()
        path = tmp_path / "models" / "m.tflite"
        path.write_bytes(parts()[0])
        assert "it comes with Mien: install that anew" in self.refusal(path)

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
    def test_cut_short(self, tmp_path, share):
        content = MODEL.read_bytes()
        path = tmp_path / "m.tflite"
        path.write_bytes(content[: int(len(content) * share)])
        assert "cut short" in self.refusal(path)

    @pytest.mark.parametrize("where", [4, 1000, 0.5, 0.9])
    def test_a_byte_that_changed(self, tmp_path, where):
        content = bytearray(MODEL.read_bytes())
        index = where if isinstance(where, int) else int(len(parts()[0]) * where)
        content[index] ^= 0x40
        path = tmp_path / "m.tflite"
        path.write_bytes(content)
        assert "damaged" in self.refusal(path)

    def test_another_zip(self, tmp_path):
        path = tmp_path / "m.tflite"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("labels.txt", "happy\n")
        assert "lacks card.json" in self.refusal(path)

    def test_another_input_shape_than_the_card_says(self, tmp_path):
        spec = {"height_px": 64, "width_px": 64, "channels": 1}
        message = self.refusal(remade(tmp_path, input=spec))
        assert "input [(1, 48, 48, 1)], but its card says (1, 64, 64, 1)" in message

    @pytest.mark.parametrize("labels", [LABELS[:6], [*LABELS, "contempt"]])
    def test_another_number_of_labels(self, tmp_path, labels):
        message = self.refusal(remade(tmp_path, labels))
        assert f"output [(1, 7)], but labels.txt has {len(labels)} names" in message

    def test_a_label_twice(self, tmp_path):
        assert "twice" in self.refusal(remade(tmp_path, ["happy", *LABELS[1:], "happy"]))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("temperature", 0),
            ("temperature", "warm"),
            ("temperature", 1e-320),
            ("framing", {"scale": 0, "shift_x": 0, "shift_y": 0}),
            ("framing", {"scale": 1, "shift_x": 50, "shift_y": 0}),
            ("name", "two\nlines"),
            ("figures", {"split": "PublicTest"}),
            ("input", None),
        ],
    )
    def test_a_card_that_says_what_cannot_be(self, tmp_path, name, value):
        assert "its card cannot be used" in self.refusal(remade(tmp_path, **{name: value}))

    @pytest.mark.parametrize("text", [b'{"name":', b"[1]", b'{"name": "\xff"}', b"7", b""])
    def test_a_card_that_is_none(self, tmp_path, text):
        path = tmp_path / "m.tflite"
        path.write_bytes(parts()[0])
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("labels.txt", "happy\n")
            archive.writestr("card.json", text)
        assert "its card cannot be used" in self.refusal(path)
        with pytest.raises(ModelError, match=r"m\.tflite: its card cannot be used"):
            read_card(path)
        assert is_classifier(path)

    def test_a_pipe_is_refused_instead_of_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "m.tflite")
        assert "no model" in self.refusal(tmp_path / "m.tflite")

    def test_any_byte_of_the_card(self, tmp_path):
        """Each bit that flips behind the network is noticed, or changes nothing that is read."""
        content = MODEL.read_bytes()
        path = tmp_path / "m.tflite"
        for place in np.random.default_rng(0).integers(len(parts()[0]), len(content), 60):
            changed = bytearray(content)
            changed[place] ^= 1 << int(place) % 8
            path.write_bytes(changed)
            try:
                Model(path)
            except ModelError as error:
                assert str(path) in str(error)  # noqa: PT017

    def test_a_tflite_part_that_the_runtime_refuses(self, tmp_path):
        path = tmp_path / "m.tflite"
        write_model(path, b"\0\0\0\0TFL3" + b"\0" * 64, LABELS, parts()[1])
        self.refusal(path)


def test_writing_leaves_nothing_half_done(tmp_path):
    path = remade(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    again = shutil.copy(path, tmp_path / "first")
    assert remade(tmp_path).read_bytes() == Path(again).read_bytes()
