"""convert/options.py: what says nothing of what is converted is refused, and not passed over."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from device.model_file import CLASSIFIER, LANDMARKS, MASK
from tests.convert.conftest import run_convert

SERVED = ("--to", "saved-model")
READS, POINTS, MARKS = (
    f"without a meaning for a .tflite file that {does}"
    for does in ("reads faces", "finds points", "marks faces")
)


@pytest.mark.parametrize(
    ("kind", "arguments", "says"),
    [
        (CLASSIFIER, (*SERVED, "--test", "d"), "--test: without a meaning for a SavedModel"),
        (CLASSIFIER, (*SERVED, "--seed", "0"), "--seed: without a meaning"),
        (
            CLASSIFIER,
            (*SERVED, "--outlines", "d", "--test-outlines", "d", "--calibration-images", "9"),
            "--outlines, --test-outlines, --calibration-images: without a meaning",
        ),
        (CLASSIFIER, (*SERVED, "--votes", "d"), "--votes d: is without --data"),
        (CLASSIFIER, (*SERVED, "--labels", "ferplus"), "--labels ferplus: is without --data"),
        (CLASSIFIER, (*SERVED, "--map", "ck+"), "--map: for folders of pictures, and there is no"),
        (CLASSIFIER, ("--data", "d", "--test", "d"), f"--test: {READS}"),
        (CLASSIFIER, ("--data", "d", "--outlines", "d"), "--outlines: without a meaning"),
        (CLASSIFIER, ("--data", "d", "--test-outlines", "d"), "--test-outlines: without a"),
        (CLASSIFIER, ("--data", "d", "--temperature", "1"), "--temperature: without a meaning"),
        (CLASSIFIER, ("--data", "d", "--find-faces"), "--find-faces: for folders of pictures"),
        (CLASSIFIER, ("--data", "d", "--no-face", "whole"), "--no-face whole: goes with --find"),
        (LANDMARKS, ("--data", "d", "--votes", "d"), POINTS),
        (LANDMARKS, ("--data", "d", "--labels", "fer2013"), POINTS),
        (LANDMARKS, ("--data", "d", "--find-faces"), POINTS),
        (LANDMARKS, ("--data", "d", "--map", "raf-db"), POINTS),
        (LANDMARKS, ("--data", "d", "--outlines", "d"), POINTS),
        (MASK, ("--data", "d",
                "--votes", "d", "--labels", "fer2013"), f"--votes, --labels: {MARKS}"),
        (MASK, ("--data", "d", "--no-face", "leave-out"), MARKS),
        (MASK, ("--data", "d", "--test-outlines", "d"), "--test-outlines d: is without --test"),
    ],
)  # fmt: skip
def test_options_without_a_meaning_are_refused_in_one_line(
    kind: str,
    arguments: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("kind.txt", kind)
    Path("d").write_text("a,b\n")
    done = run_convert("model.keras", "--out", "x.tflite", *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("mien: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "model.keras"]
