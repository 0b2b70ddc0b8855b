"""training/soundness.py: what can be trained on, and what is told of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import TINY, Cli, synthetic_rows
from training.data import Dataset, Split, load
from training.errors import DataError
from training.soundness import check, duplicates, missing_classes

CLASSES = ("sad", "happy", "fear")


def split(rows: list[tuple[int, int]], origin: str = "") -> Split:
    """An image for each level, all its pixels the same, with its label."""
    levels = np.array([level for level, _ in rows], dtype=np.uint8)
    labels = np.array([label for _, label in rows], dtype=np.int64)
    return Split(np.tile(levels[:, None, None], (1, 48, 48)), labels, None, origin)


def dataset(
    train: list[tuple[int, int]],
    validation: list[tuple[int, int]],
    test: list[tuple[int, int]] | None = None,
) -> Dataset:
    parts = split(train, "Training"), split(validation, "PublicTest"), split(test or [])
    return Dataset(*parts, classes=CLASSES)


def test_all_classes_and_no_duplicates_are_nothing_to_speak_of() -> None:
    sound = dataset([(1, 0), (2, 1), (3, 2)], [(4, 0), (5, 1), (6, 2)])
    check(sound)
    assert missing_classes(sound) == []
    assert duplicates(sound) == []


def test_one_class_leaves_nothing_to_tell_apart() -> None:
    with pytest.raises(DataError, match="all 2 images of the train split are happy: there is noth"):
        check(dataset([(1, 1), (2, 1)], [(3, 1)]))


def test_what_is_not_learned_cannot_be_measured() -> None:
    says = "validation split has 2 images of fear, the train split none: .* --classes sad,happy$"
    with pytest.raises(DataError, match=says):
        check(dataset([(1, 0), (2, 1)], [(3, 0), (4, 2), (5, 2)]))


@pytest.mark.parametrize(("train", "validation"), [([], [(1, 0)]), ([(1, 0), (2, 1)], [])])
def test_a_split_without_rows_is_named(
    train: list[tuple[int, int]], validation: list[tuple[int, int]]
) -> None:
    with pytest.raises(DataError, match=r"no rows in its (train|validation) split"):
        check(dataset(train, validation))


def test_missing_classes_are_named_by_split() -> None:
    lacking = dataset([(1, 0), (2, 1)], [(3, 0)])
    check(lacking)
    assert missing_classes(lacking) == [
        "the train split has no image of fear: will not be learned",
        "the validation split has no image of happy, fear: will not be measured",
    ]


def test_duplicates_are_counted_across_splits_and_in_training() -> None:
    train = [(1, 0), (1, 0), (2, 1), (2, 0), (3, 2)]
    found = dataset(train, [(1, 0), (3, 2), (8, 1)], [(3, 2), (8, 0), (9, 0), (7, 0)])
    assert duplicates(found) == [
        "2 of the 3 PublicTest images stand in Training too",
        "1 of the 4 test images stands in Training too",
        "2 of the 4 test images stand in PublicTest too",
        "2 Training images stand there more than once, 1 of them with different labels",
    ]


def test_a_training_run_tells_of_duplicates_and_missing_classes(here: Cli, tmp_path: Path) -> None:
    rows = [row for row in synthetic_rows(3, "Training Training PublicTest") if row[0] != 1]
    repeated = [*rows, (*rows[0][:2], "PublicTest"), rows[1]]
    text = "".join(f"{e},{p},{u}\n" for e, p, u in repeated)
    (tmp_path / "x.csv").write_text("emotion,pixels,Usage\n" + text)
    arguments = ["train", "--data", tmp_path / "x.csv", "--arch", TINY]
    arguments += ["--epochs", 1, "--batch-size", 4, "--out", tmp_path / "run"]
    done = here(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:3] == [
        "1 of the 7 PublicTest images stands in Training too",
        "1 Training image stands there more than once",
    ]
    lacking = [line for line in done.stderr.splitlines() if "disgust" in line]
    assert lacking == [
        f"{tmp_path / 'x.csv'}: the train split has no image of disgust: will not be learned",
        f"{tmp_path / 'x.csv'}: the validation split has no image of disgust: will not be measured",
    ]
    one_class = "".join(f"{e},{p},{u}\n" for e, p, u in rows if e == 3)
    (tmp_path / "x.csv").write_text("emotion,pixels,Usage\n" + one_class)
    done = here(*arguments[:-1], tmp_path / "another")
    assert done.returncode == 1
    assert done.stderr.startswith("train: all 2 images of the train split are happy: ")
    assert done.stderr.count("\n") == 1


def test_the_shared_data_has_no_duplicates(fer2013_csv: Path) -> None:
    assert duplicates(load(fer2013_csv)) == []
