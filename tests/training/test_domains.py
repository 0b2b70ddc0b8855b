"""Comparing domains: training/domains.py, its table, its picture and the command."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.conftest import synthetic_image
from tests.training.test_evaluate import answering, dataset_of, looking, split_of
from tests.training.test_pictures import BLUE, ORANGE, of_colour
from training.__main__ import main
from training.data import DataError, fingerprint
from training.degraded import kinds
from training.domain_picture import draw_comparison
from training.domain_report import markdown, report
from training.domains import Comparison, Domain, compare, degraded, names_of
from training.labels import LABELS
from training.left_out import LeftOut
from training.subject import Subject

HAPPY, SAD = 3, 4
NOT_FOUND = LeftOut(Path("x|y.png"), "no face found")


def two_domains() -> Comparison:
    """Eight of ten right at home; two of four abroad, where there is nothing but happy and sad."""
    from dataclasses import replace

    home = dataset_of([HAPPY] * 5 + [SAD] * 5)
    abroad = replace(dataset_of([HAPPY, HAPPY, SAD, SAD]), left_out=(NOT_FOUND,) * 3)
    answers = [HAPPY] * 5 + [SAD] * 3 + [HAPPY] * 2
    domains = [Domain("home", home, Subject("validation")),
               Domain("abroad", abroad, Subject("validation"))]  # fmt: skip
    return compare(answering(answers), iter(domains))


def test_each_domain_has_its_figures_beside_the_others() -> None:
    lines = report(two_domains()).splitlines()
    header, home, abroad = (line.split() for line in lines[:3])
    assert header == ["images", "left", "out", "accuracy", "±", "loses", "ECE", "recall", *LABELS]
    # One standard error: the root of 0.8 * 0.2 / 10, and of 0.5 * 0.5 / 4.
    assert home[:5] == ["home", "10", "0", "80.00%", "12.65%"]
    assert abroad[:6] == ["abroad", "4", "3", "50.00%", "25.00%", "30.00"]
    assert (home[-8], abroad[-8]) == ("80.0%", "50.0%")
    assert home[-7:] == ["-", "-", "-", "100%", "60%", "-", "-"]
    assert abroad[-7:] == ["-", "-", "-", "100%", "0%", "-", "-"]


def test_the_markdown_is_a_table_of_the_same() -> None:
    text = markdown(two_domains())
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert len({row.count("|") for row in rows}) == 1
    assert rows[3].startswith("| abroad | 4 | 3 | 50.00% |")
    assert "- abroad: 3 left out: no face found" in text


def test_the_figures_hold_all_that_is_printed() -> None:
    there = json.loads(json.dumps(two_domains().to_dict()))
    assert there["classes"] == list(LABELS)
    home, abroad = there["domains"]
    assert (home["name"], home["accuracy"], abroad["accuracy"]) == ("home", 0.8, 0.5)
    assert abroad["left_out"] == {"no face found": 3}
    assert abroad["labels"]["sad"]["recall"] == 0
    assert there["means"] == {}


def test_the_picture_has_bars_for_each_domain(tmp_path: Path) -> None:
    draw_comparison(two_domains(), tmp_path / "x.png")
    image = cv2.imread(str(tmp_path / "x.png"))
    assert image is not None
    blue = of_colour(image[..., ::-1], BLUE)
    # Two bars, the second five eighths as long as the first; the legend has a short one.
    lengths = blue.sum(axis=1)
    starts = np.flatnonzero(np.diff((lengths > 50).astype(int), prepend=0) == 1)
    home, abroad = (lengths[start : start + 30].max() for start in starts[:2])
    assert abroad == pytest.approx(5 / 8 * home, rel=0.05)
    assert of_colour(image[..., ::-1], ORANGE).any()


def test_a_domain_that_cannot_be_measured_is_named() -> None:
    domain = Domain("abroad", dataset_of([]), Subject("validation"))
    with pytest.raises(DataError, match=r"^abroad: .* no rows in its validation split"):
        compare(answering([0]), iter([domain]))


def test_all_images_of_a_domain_can_be_measured() -> None:
    dataset = dataset_of([SAD, SAD], train=split_of([HAPPY] * 3, first=2))
    domain = Domain("all", dataset, Subject("all"))
    measured = compare(answering([SAD, SAD, HAPPY, HAPPY, SAD]), iter([domain])).home
    assert measured.evaluation.scores.images == 5
    assert measured.accuracy == pytest.approx(4 / 5)
    with pytest.raises(DataError, match="no rows in its all split"):
        dataset_of([]).split("all")


def test_degraded_copies_are_of_the_split_that_is_measured() -> None:
    dataset = dataset_of([HAPPY, SAD], train=split_of([HAPPY] * 3, first=2))
    found = list(degraded(Domain("home", dataset, Subject("validation"))))
    assert [domain.name for domain in found] == [kind.name for kind in kinds()]
    for domain in found:
        assert domain.dataset.split(domain.subject.split).labels.tolist() == [HAPPY, SAD]


def test_data_sets_are_called_by_their_names_once_each() -> None:
    paths = ["a/fer2013.csv.xz", "b/raf-db", "c/raf-db", "d/v1.2"]
    assert names_of([Path(p) for p in paths]) == ["fer2013", "raf-db", "raf-db 2", "v1.2"]


def folder_of(path: Path, names: dict[str, int], each: int = 3) -> Path:
    """Folders of synthetic images, in colour and twice as large as FER2013's."""
    generator = np.random.default_rng(5)
    for name, label in names.items():
        (path / name).mkdir(parents=True)
        for number in range(each):
            grey = synthetic_image(label, generator)
            large = cv2.cvtColor(cv2.resize(grey, (96, 96)), cv2.COLOR_GRAY2BGR)
            assert cv2.imwrite(str(path / name / f"{number}.png"), large)
    return path


def test_the_command_compares_foreign_folders_with_fer2013(
    fer2013_csv: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = looking(tmp_path / "seen.keras", LABELS, list(range(7)))
    names = {"Anger": 0, "happiness": 3, "TRISTEZA": 4, "contempt": 1, "bored": 2}
    abroad = folder_of(tmp_path / "abroad", names)
    (abroad / "Anger" / "broken.png").write_bytes(b"\x89PNG")
    out = tmp_path / "out"
    command = ["evaluate", str(model), "--data", str(fer2013_csv), "--data", f"far away={abroad}"]
    assert main([*command, "--out", str(out)]) == 0
    printed = capfd.readouterr().out
    rows = [line.split("  ") for line in printed.splitlines()]
    assert rows[1][0] == "fer2013"
    assert rows[2][0] == "far away"
    there = json.loads((out / "comparison.json").read_text("utf-8"))
    home, far = there["domains"]
    assert (home["images"], far["images"], far["images_left_out"]) == (28, 9, 7)
    assert (home["accuracy"], far["accuracy"]) == (1, 1)
    assert far["labels"]["sad"]["images"] == 3
    assert "left out: in 'bored', a folder that is none of angry" in caplog.text
    assert "left out: not a readable image" in caplog.text
    assert "left out:" not in printed
    assert "left out: not a readable image" in (out / "comparison.md").read_text("utf-8")
    assert (out / "comparison.md").read_text("utf-8").startswith("# seen, side by side")
    assert (out / "comparison.png").read_bytes()[1:4] == b"PNG"
    with (out / "left_out.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.reader(file))
    assert listed[0] == ["picture", "reason"]
    assert len(listed) == 8


def test_the_command_measures_degraded_copies(
    fer2013_csv: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = looking(tmp_path / "seen.keras", LABELS, list(range(7)))
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", str(model), "--data", str(fer2013_csv), "--degraded"]) == 0
    out = Path("runs/evaluate-seen-keras-degraded")
    there = json.loads((out / "comparison.json").read_text("utf-8"))
    assert len(there["domains"]) == 1 + len(kinds())
    copies = [d["accuracy"] for d in there["domains"] if d["degraded"]]
    mean = there["means"]["mean of the degraded copies"]["accuracy"]
    assert mean == pytest.approx(np.mean(copies), abs=1e-4)
    assert f"mean of the degraded copies: {np.mean(copies):.2%} right" in capfd.readouterr().out
    assert min(copies) < 1


def test_a_single_folder_is_measured_whole_unless_the_model_may_have_learned_from_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    model = looking(tmp_path / "seen.keras", LABELS, list(range(7)))
    data = folder_of(tmp_path / "abroad", {"Anger": 0, "joy": 3, "bored": 2}, each=20)
    command = ["evaluate", str(model), "--data", str(data), "--out", str(tmp_path / "out")]
    tenth = "held out (validation split): 4 images, 100.00% right; the data has no test split\n"

    def measured(*more: str) -> str:
        caplog.clear()
        assert main([*command, *more]) == 0
        return capfd.readouterr().out

    def note(digest: str) -> None:
        run = {"data": {"data": {"name": "some", "sha256": digest}}}
        (tmp_path / "run.json").write_text(json.dumps(run))

    assert tenth in measured()  # nothing is known of the model
    assert f"{data}: a tenth is measured, as training holds it out: --split all" in caplog.text
    note("0" * 64)
    assert "all images: 40 images, 100.00% right; the model's run names other" in measured()
    assert "--split" not in caplog.text
    note(fingerprint(data)["sha256"])
    assert tenth in measured()
    # It is no home to be measured whole beside others, either.
    both = measured("--data", f"again={data}").splitlines()
    assert [line.split()[1] for line in both[1:3]] == ["4", "4"]
    assert "all images: 40 images, 100.00% right\n" in measured("--split", "all")
    figures = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    assert list(figures["left_out"].values()) == [20]


def test_wrong_options_are_one_line(
    fer2013_csv: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = looking(tmp_path / "seen.keras", LABELS, list(range(7)))
    other = tmp_path / "other.csv"
    shutil.copy(fer2013_csv, other)
    command = ["evaluate", str(model), "--data", str(fer2013_csv)]
    for more, status, says in (
        (["--map", "bored"], 2, "--map bored: give FOLDER=LABEL"),
        (["--map", "bored=tired"], 2, "--map bored=tired: give FOLDER=LABEL"),
        (["--data", f"fer2013={other}"], 2, "the name 'fer2013' is taken"),
        (["--data", str(other), "--votes", "x.csv"], 2, "--votes x.csv: for a single --data"),
        (["--data", f"far={tmp_path / 'none'}"], 1, "data set not found: "),
    ):
        assert main([*command, *more]) == status, more
        error = capfd.readouterr().err
        assert says in error
        assert error.count("\n") == 1
