import msgspec
import numpy as np
import pytest

from device.drawn_faces import draw_faces
from device.errors import ModelError
from device.model import Model
from device.model_file import is_classifier, read_card, unpack, write_model
from device.model_store import SHIPPED
from device.self_test import MOST_STEPS, ask, try_file, try_model
from tests.device.conftest import MODEL
from tests.device.networks import model_file, network

CLASSIFIERS = [path for path in sorted(SHIPPED.glob("*.tflite")) if is_classifier(path)]
# Bytes of the network "alive" with which tflite-runtime ends its process: place and value.
CRASHES = [(3235, 127), (3450, 128), (502, 127), (1027, 129)]


def refusal(path) -> str:
    with pytest.raises(ModelError) as error:
        try_model(Model(path))
    assert str(path) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("path", CLASSIFIERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
def test_each_shipped_model_answers_as_at_its_conversion(path, exact):
    passed = try_model(Model(path, exact=exact))
    assert passed.compared
    assert passed.faces == len(draw_faces(48))
    assert passed.id == f"{path.stem}-{read_card(path)['model_sha256'][:8]}"


def test_a_model_of_other_labels_and_another_size_passes(tmp_path):
    labels = ["awake", "asleep", "away"]
    path = model_file(tmp_path / "m.tflite", network("other"), labels=labels, side_px=32)
    assert not try_model(Model(path)).compared


def test_a_network_that_answers_the_same_whatever_it_sees_is_refused(tmp_path):
    path = model_file(tmp_path / "m.tflite", network("dead"))
    assert "the same whatever face it sees" in refusal(path)


class TestWhatStandsInTheCard:
    def card(self, folder, change):
        said = msgspec.to_builtins(ask(Model(model_file(folder / "m.tflite"))))
        change(said)
        return model_file(folder / "m.tflite", self_test=said)

    @pytest.mark.parametrize(("steps", "passes"), [(MOST_STEPS - 1, True), (MOST_STEPS + 1, False)])
    def test_answers_may_be_some_steps_apart(self, tmp_path, steps, passes):
        step = Model(model_file(tmp_path / "m.tflite")).logit_step

        def change(said):
            said["logits"][2][3] += steps * step

        path = self.card(tmp_path, change)
        if passes:
            assert try_model(Model(path)).compared
        else:
            assert f"{steps} steps from those at its conversion" in refusal(path)

    def test_answers_about_other_faces_are_not_compared(self, tmp_path):
        def change(said):
            said["faces_sha256"] = "another version's"
            said["logits"][0][0] += 100

        assert not try_model(Model(self.card(tmp_path, change))).compared

    @pytest.mark.parametrize("kept", [slice(0, 3), slice(0, 0)])
    def test_answers_in_another_number_are_refused(self, tmp_path, kept):
        path = self.card(tmp_path, lambda said: said.update(logits=said["logits"][kept]))
        assert "another number of faces or labels" in refusal(path)

    @pytest.mark.parametrize("value", [5, {"faces_sha256": 1}, {"faces_sha256": "", "logits": [1]}])
    def test_what_cannot_be_read_is_a_broken_card(self, tmp_path, value):
        path = model_file(tmp_path / "m.tflite", self_test=value)
        with pytest.raises(ModelError, match="its card cannot be used"):
            unpack(path)


class TestInAProcessOfItsOwn:
    def test_it_says_the_same(self):
        passed = try_file(MODEL, runtime="auto", threads=1)
        assert passed.compared
        assert 0 < passed.face_s < 60
        assert str(passed).startswith("answers 5 drawn faces as at its conversion")

    def test_a_file_that_is_refused_is_said_in_the_same_words(self, tmp_path):
        path = model_file(tmp_path / "m.tflite", network("dead"))
        with pytest.raises(ModelError, match="the same whatever") as error:
            try_file(path, runtime="auto", threads=1)
        assert str(error.value) == refusal(path)

    def test_a_network_that_ends_its_process_is_an_error_and_no_more(self, tmp_path):
        pytest.importorskip("tflite_runtime", reason="LiteRT refuses these by itself")
        told = []
        for place, value in CRASHES:
            tflite = bytearray(network("alive"))
            tflite[place] = value
            path = model_file(tmp_path / "m.tflite", bytes(tflite))
            with pytest.raises(ModelError) as error:
                try_file(path, runtime="tflite-runtime", threads=1)
            told.append(str(error.value))
        assert any("crashes the TFLite runtime (SIG" in line for line in told)

    def test_it_has_a_time_limit(self):
        with pytest.raises(ModelError, match=r"was not through in 0\.001 s"):
            try_file(MODEL, runtime="auto", threads=1, limit_s=0.001)

    def test_modules_of_the_folder_that_it_starts_in_are_not_taken(self, tmp_path, monkeypatch):
        (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong one')")
        monkeypatch.chdir(tmp_path)
        assert try_file(MODEL, runtime="auto", threads=1).compared


def test_a_loaded_model_is_not_touched_by_what_becomes_of_its_file(tmp_path):
    path = tmp_path / "m.tflite"
    content = MODEL.read_bytes()
    path.write_bytes(content)
    model, faces = Model(path), draw_faces(48)
    before = [model.logits(face) for face in faces]
    with path.open("r+b") as file:  # in place, as a careless copy does it
        file.write(bytes(len(content)))
    path.write_bytes(b"")
    assert np.array_equal([model.logits(face) for face in faces], before)


def test_a_card_written_anew_leaves_the_network_as_it_was(tmp_path):
    card, labels, tflite = unpack(MODEL)
    write_model(tmp_path / "m.tflite", tflite, labels, read_card(MODEL) | {"temperature": 2.0})
    again, _, same = unpack(tmp_path / "m.tflite")
    assert (same, again.id) == (tflite, card.id)
