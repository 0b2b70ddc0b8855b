"""training/ferplus.py: votes, good and broken, and what their majority is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.errors import DataError
from training.ferplus import FerPlus, read_votes
from training.labels import FERPLUS_CLASSES, FERPLUS_LABELS


def csv(path: Path, header: str, *lines: str) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


VOTES = "Usage,Image name," + ",".join(FERPLUS_LABELS) + ",unknown,NF"


def test_votes_become_shares_and_none_where_nobody_saw_a_face(tmp_path: Path) -> None:
    path = csv(
        tmp_path / "v.csv", VOTES,
        "Training,fer0.png,4,0,0,1,3,2,0,0,0,0", "Training,,0,0,0,0,0,0,0,0,0,10",
    )  # fmt: skip
    votes = read_votes(path, ["Training", "Training"]).shares
    assert votes.dtype == np.float32
    assert np.allclose(votes[0], [0.4, 0, 0, 0.1, 0.3, 0.2, 0, 0])
    assert not votes[1].any()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Training,f,4,0,0,x,3,2,0,0,0,0", "line 2: the count of sadness is 'x', not a number"),
        ("Training,f,4,0,0,-1,3,2,0,0,0,0", "line 2: the count of sadness is -1, below 0"),
        ("Training,f,4,0,0,nan,3,2,0,0,0,0", "line 2: the count of sadness is 'nan'"),
        ("PublicTest,f,4,0,0,1,3,2,0,0,0,0", "line 2: Usage PublicTest, but the image"),
    ],
)
def test_broken_votes_are_named_with_their_line(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_votes(csv(tmp_path / "v.csv", VOTES, line), ["Training"])


def test_votes_for_another_number_of_images_are_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "v.csv", VOTES, "Training,f,4,0,0,1,3,2,0,0,0,0")
    with pytest.raises(DataError, match="1 rows of votes for 2 images"):
        read_votes(path, ["Training", "Training"])


def test_a_file_that_holds_no_votes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'neutral' of votes"):
        read_votes(csv(tmp_path / "v.csv", "emotion,pixels", "1,2"), [""])


def majority(*counts: int) -> str | None:
    """The class that ten counts, in the order of the file, have as their majority."""
    label = int(FerPlus(np.array([counts])).majority[0])
    return None if label < 0 else FERPLUS_CLASSES[label]


def test_more_than_half_of_the_votes_are_a_majority() -> None:
    assert majority(0, 6, 4, 0, 0, 0, 0, 0, 0, 0) == "happy"
    assert majority(0, 0, 0, 0, 0, 0, 0, 10, 0, 0) == "contempt"


def test_half_of_the_votes_are_none() -> None:
    assert majority(5, 5, 0, 0, 0, 0, 0, 0, 0, 0) is None
    assert majority(0, 0, 0, 4, 3, 0, 3, 0, 0, 0) is None


def test_single_votes_are_slips_and_do_not_count() -> None:
    # 4 of 10 are no majority; without the three slips they are 4 of 7.
    assert majority(1, 1, 1, 4, 3, 0, 0, 0, 0, 0) == "sad"
    assert majority(1, 1, 1, 1, 1, 1, 1, 1, 1, 1) is None
    assert majority(1, 0, 0, 0, 0, 0, 0, 0, 0, 0) is None


def test_doubt_and_no_face_count_against_an_emotion_and_are_no_label() -> None:
    assert majority(5, 0, 0, 0, 0, 0, 0, 0, 3, 2) is None
    assert majority(5, 0, 0, 0, 0, 0, 0, 0, 4, 1) == "neutral"
    assert majority(0, 2, 0, 0, 0, 0, 0, 0, 8, 0) is None
    assert majority(0, 2, 0, 0, 0, 0, 0, 0, 0, 8) is None
    assert majority(*[0] * 10) is None
