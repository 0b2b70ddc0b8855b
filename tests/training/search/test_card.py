"""What the model card says of the study that was run in earnest is what came of it."""

from __future__ import annotations

import csv
import re

import pytest

from tests.training.conftest import ROOT
from training.architectures.plan import Plan
from training.config import read_config

STUDY = ROOT / "training/examples/search"
CARD = (ROOT / "device/models/README.md").read_text(encoding="utf-8")
SECTION = CARD.partition("\n## Searched for\n")[2].partition("\n## ")[0]
ROWS = re.findall(
    r"^\| (.*`(searched-\S+)`) \| ([\d.]+) M \| ([\d,]+) \| \**([\d.]+) %\** \|$",
    SECTION.replace(" | `searched", ": `searched"),
    re.MULTILINE,
)


def test_there_are_rows() -> None:
    assert len(ROWS) == 9


@pytest.mark.parametrize(("what", "name", "macs", "size", "right"), ROWS)
def test_costs_are_those_of_the_plans(
    what: str, name: str, macs: str, size: str, right: str
) -> None:
    plan = Plan.parse(name)
    assert (f"{plan.macs() / 1e6:.1f}", f"{plan.int8_bytes():,}") == (macs, size)


@pytest.mark.parametrize(("what", "name", "macs", "size", "right"), ROWS[:6])
def test_accuracies_are_those_of_the_trials_from_nothing(
    what: str, name: str, macs: str, size: str, right: str
) -> None:
    number = re.match(r"\d+", what)
    with (STUDY / "trials.csv").open(encoding="utf-8", newline="") as file:
        trials = [row for row in csv.DictReader(file) if row["architecture"] == name]
    (again,) = (row for row in trials if row["role"] == "confirm")
    assert number is not None
    assert again["again"] == number[0]
    assert f"{float(again['accuracy']):.2%}" == f"{right}%"


def test_the_settings_of_the_comparison_are_settings() -> None:
    config = read_config(STUDY / "equal.toml")
    assert Plan.parse(config.architecture).macs() == 19_181_360
    assert (config.epochs, config.teacher_share) == (45, 0.7)
