"""training/data.py: which rows belong to which split."""

from __future__ import annotations

import gzip
import lzma
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.conftest import ROOT, synthetic_image, synthetic_rows
from training.data import LABELS, DataError, Dataset, fingerprint, load
from training.labels import FERPLUS_CLASSES, FERPLUS_LABELS

REAL = ROOT.parent / "shared" / "data"


def write(path: Path, rows: list[tuple[int, str, str]], *, usage: bool = True) -> Path:
    lines = [f"{e},{p},{u}" if usage else f"{e},{p}" for e, p, u in rows]
    header = "emotion,pixels,Usage" if usage else "emotion,pixels"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def sizes(dataset: Dataset) -> tuple[int, int, int]:
    return len(dataset.train), len(dataset.validation), len(dataset.test)


def test_usage_decides_and_is_remembered(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", synthetic_rows(4, "Training PublicTest PrivateTest Training"))
    dataset = load(path)
    assert sizes(dataset) == (14, 7, 7)
    origins = (dataset.train.origin, dataset.validation.origin, dataset.test.origin)
    assert origins == ("Training", "PublicTest", "PrivateTest")


def test_without_usage_each_class_gives_its_share_and_the_seed_decides(tmp_path: Path) -> None:
    path = write(tmp_path / "train.csv", synthetic_rows(20, "x"), usage=False)
    one, again, other = load(path), load(path), load(path, seed=5)
    assert sizes(one) == (126, 14, 0)
    assert np.bincount(one.validation.labels).tolist() == [2] * 7
    assert np.array_equal(one.validation.images, again.validation.images)
    assert not np.array_equal(one.validation.images, other.validation.images)
    together = np.concatenate([one.train.images, one.validation.images])
    assert len(np.unique(together.reshape(140, -1), axis=0)) == 140


def test_the_test_split_never_serves_for_validation(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", synthetic_rows(20, "Training PrivateTest"))
    dataset = load(path)
    assert sizes(dataset) == (63, 7, 70)
    assert dataset.validation.origin == "10% of Training, held out"


def test_the_same_image_is_not_held_out_and_learned(tmp_path: Path) -> None:
    """Not even where it has another label the second time."""
    rows = synthetic_rows(10, "x")
    twice = [*rows, *rows, ((rows[0][0] + 1) % 7, *rows[0][1:])]
    for seed in range(3):
        dataset = load(write(tmp_path / "train.csv", twice, usage=False), seed=seed)
        held, learned = (
            {image.tobytes() for image in split.images}
            for split in (dataset.validation, dataset.train)
        )
        assert (len(held), len(learned)) == (7, 63)
        assert not held & learned


def test_one_image_many_times_is_learned(tmp_path: Path) -> None:
    dataset = load(write(tmp_path / "train.csv", synthetic_rows(1, "x") * 5, usage=False))
    assert sizes(dataset) == (35, 0, 0)


def test_a_class_of_two_images_is_on_both_sides(tmp_path: Path) -> None:
    dataset = load(write(tmp_path / "x.csv", synthetic_rows(2, "Training")))
    assert sizes(dataset) == (7, 7, 0)


def test_the_challenge_pair_without_test_labels_gives_train_and_validation(tmp_path: Path) -> None:
    rows = synthetic_rows(20, "x")
    write(tmp_path / "train.csv", rows, usage=False)
    (tmp_path / "test.csv").write_text("pixels\n" + rows[0][1] + "\n")
    assert sizes(load(tmp_path)) == (126, 14, 0)


def test_the_challenge_pair_with_test_labels_gives_a_test_split(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", synthetic_rows(20, "x"), usage=False)
    test = write(tmp_path / "test.csv", synthetic_rows(1, "x"), usage=False)
    (tmp_path / "test.csv.gz").write_bytes(gzip.compress(test.read_bytes()))
    test.unlink()
    assert sizes(load(tmp_path)) == (126, 14, 7)


@pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv.xz"])
def test_a_folder_with_a_known_csv_is_read(tmp_path: Path, fer2013_csv: Path, name: str) -> None:
    content = fer2013_csv.read_bytes()
    (tmp_path / name).write_bytes(lzma.compress(content) if name.endswith("xz") else content)
    assert sizes(load(tmp_path)) == (84, 28, 0)


def test_folders_of_images_split_by_their_names(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for split, count in (("train", 10), ("test", 1)):
        for label, name in enumerate(LABELS):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                cv2.imwrite(str(folder / f"{i}.png"), synthetic_image(label, generator))
    assert sizes(load(tmp_path)) == (63, 7, 7)
    shutil.move(tmp_path / "train" / "happy", tmp_path / "happy")
    with pytest.raises(DataError, match="name it for all or for none"):
        load(tmp_path)


def test_votes_stay_with_their_images(fer2013_csv: Path, votes_csv: Path) -> None:
    dataset = load(fer2013_csv, votes_csv)
    assert dataset.train.votes is not None
    assert dataset.train.votes.shape == (84, 8)
    assert not dataset.train.votes[0].any()
    assert np.allclose(dataset.train.votes[1:].sum(axis=1), 1)


def test_some_classes_alone_are_numbered_as_they_are_named(
    fer2013_csv: Path, votes_csv: Path
) -> None:
    whole = load(fer2013_csv, votes_csv)
    part = whole.only(["sad", "happy"])
    assert part.classes == ("sad", "happy")
    assert sizes(part) == (24, 8, 0)
    assert part.validation.origin == "PublicTest"
    for number, name in enumerate(part.classes):
        there = whole.train.labels == LABELS.index(name)
        here = part.train.labels == number
        assert np.array_equal(part.train.images[here], whole.train.images[there])
        assert part.train.votes is not None
        assert whole.train.votes is not None
        assert np.array_equal(part.train.votes[here], whole.train.votes[there])


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["happy", "bored"], "class 'bored' is not known: use angry, disgust"),
        (["happy", "contempt"], "class 'contempt' is not known"),
        (["happy"], "classes happy: give two or more, each once"),
        (["happy", "sad", "happy"], "classes happy, sad, happy: give two or more, each once"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_named(
    fer2013_csv: Path, names: list[str], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        load(fer2013_csv).only(names)


def test_labels_of_ferplus_are_the_majority_of_its_votes(tmp_path: Path) -> None:
    rows = synthetic_rows(1, "Training Training")
    data = write(tmp_path / "fer2013.csv", rows)
    header = ["Usage", "Image name", *FERPLUS_LABELS, "unknown", "NF"]
    lines = [",".join(header)]
    for i in range(7):
        # Of each image the class that stands i places before the last; of image 3 nobody's.
        counts = [9 if j == 7 - i and i != 3 else 0 for j in range(8)]
        lines.append(",".join(["Training", "x", *map(str, counts), "1", "0"]))
    votes = tmp_path / "fer2013new.csv"
    votes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    # A class of one image is learned from: nothing is held out.
    dataset = load(data, votes, labels="ferplus")
    assert dataset.classes == FERPLUS_CLASSES
    assert sizes(dataset) == (6, 0, 0)
    assert dataset.train.labels.tolist() == [7, 6, 5, 3, 2, 1]
    assert dataset.train.votes is not None
    assert np.array_equal(dataset.train.votes, np.eye(8)[dataset.train.labels])
    kept = [row for row in range(7) if row != 3]
    assert np.array_equal(dataset.train.images, load(data).train.images[kept])


def test_labels_of_ferplus_need_its_votes(fer2013_csv: Path) -> None:
    with pytest.raises(DataError, match=r"need its votes: give --votes fer2013new\.csv"):
        load(fer2013_csv, labels="ferplus")


def test_a_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data set not found: .*nowhere\.csv: give a FER2013 CSV"):
        load(tmp_path / "nowhere.csv")


def test_an_empty_split_says_what_there_is(fer2013_csv: Path) -> None:
    message = r"no rows in its test split \(rows: train 84, validation 28, test 0\)"
    with pytest.raises(DataError, match=message):
        load(fer2013_csv).split("test")


def test_the_fingerprint_is_of_content_not_of_place(tmp_path: Path, fer2013_csv: Path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(fer2013_csv.read_bytes())
    assert fingerprint(copy)["sha256"] == fingerprint(fer2013_csv)["sha256"]
    copy.write_bytes(b"x")
    assert fingerprint(copy)["name"] == "copy.csv"
    assert fingerprint(copy)["sha256"] != fingerprint(fer2013_csv)["sha256"]


def test_the_fingerprint_of_a_folder_is_of_what_is_read_of_it(
    tmp_path: Path, fer2013_csv: Path
) -> None:
    inside = tmp_path / "fer2013.csv"
    inside.write_bytes(fer2013_csv.read_bytes())
    before = fingerprint(tmp_path)["sha256"]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "learning_curves.png").write_bytes(b"not of the data")
    assert fingerprint(tmp_path)["sha256"] == before
    inside.write_bytes(inside.read_bytes() + b"\n")
    assert fingerprint(tmp_path)["sha256"] != before


def test_what_a_folder_leaves_out_is_told_with_labels_of_votes_too(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for number, name in enumerate(("angry", "bored", "happy", "sad")):
        (tmp_path / "set" / name).mkdir(parents=True)
        picture = generator.integers(0, 256, (48, 48), dtype=np.uint8)
        assert cv2.imwrite(str(tmp_path / "set" / name / f"{number}.png"), picture)
    votes = tmp_path / "votes.csv"
    row = ",a.png,0,9,1,0,0,0,0,0,0,0\n"
    header = ",".join(["Usage,Image name", *FERPLUS_LABELS, "unknown,NF"])
    votes.write_text(f"{header}\n{row * 3}")
    dataset = load(tmp_path / "set", votes, labels="ferplus")
    assert [one.path.name for one in dataset.left_out] == ["1.png"]
    assert dataset.classes[dataset.train.labels[0]] == "happy"


@pytest.mark.skipif(not REAL.is_dir(), reason="FER2013 itself is not there")
def test_all_of_fer2013_is_read() -> None:
    dataset = load(REAL / "fer2013.csv.xz", REAL / "fer2013new.csv.xz")
    assert sizes(dataset) == (28692, 3589, 0)
    assert np.bincount(dataset.validation.labels).tolist() == [467, 56, 494, 896, 652, 416, 608]
    assert dataset.train.votes is not None
