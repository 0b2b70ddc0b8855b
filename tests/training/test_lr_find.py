"""training/lr_find.py: the range test, its suggestion and its command."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import TINY, Cli
from training.config import TrainingConfig
from training.data import load
from training.errors import DivergedError
from training.lr_find import RangeTest, Sweep, range_test
from training.range_picture import draw_range_test

CONFIG = TrainingConfig(architecture=TINY, batch_size=16, precision="float32")


def valley(bottom: float, noise: float = 0.0) -> RangeTest:
    """Losses over rates from 1e-5 to 10 that are lowest at the rate ``bottom``."""
    rates = 10 ** np.linspace(-5, 1, 300)
    losses = 1.5 + 0.1 * np.log10(rates / bottom) ** 2
    return RangeTest(rates, losses + noise * np.random.default_rng(0).normal(size=300), False)


@pytest.mark.parametrize("bottom", [0.004, 0.4])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_tenth_of_the_rate_with_the_lowest_loss_is_suggested(bottom: float, noise: float) -> None:
    suggested = valley(bottom, noise).peak_rate
    assert bottom / 10 / 2 <= suggested <= bottom / 10 * 2
    assert suggested == float(f"{suggested:.1g}")


def test_a_lucky_batch_suggests_nothing() -> None:
    found = valley(0.4)
    found.losses[20] = 0.5
    assert found.losses.argmin() == 20
    assert found.peak_rate == pytest.approx(0.04)


def test_the_rate_grows_by_the_same_factor_from_end_to_end() -> None:
    sweep = Sweep(lowest=1e-4, highest=1.0, steps=41)
    assert sweep.growth**40 == pytest.approx(1e4)


def test_the_network_is_trained_at_the_rates_that_are_reported(
    fer2013_csv: Path, votes_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two epochs' worth of batches, at rates low enough to change next to nothing."""
    models = []
    from training import lr_find

    compiled = lr_find.compiled
    monkeypatch.setattr(
        lr_find, "compiled", lambda *a, **k: models.append(compiled(*a, **k)) or models[-1]
    )
    found = range_test(CONFIG, load(fer2013_csv, votes_csv), Sweep(1e-7, 1e-6, 11))
    assert not found.exploded
    assert found.rates == pytest.approx(10 ** np.linspace(-7, -6, 11))
    optimizer = models[0].optimizer
    assert int(optimizer.iterations) == 11
    # The rate of the step that would come next.
    assert float(optimizer.learning_rate) == pytest.approx(1e-6 * 10**0.1, rel=1e-3)
    # Each loss is of its own batch: a mean over all so far would settle down.
    assert np.abs(np.diff(found.losses[-4:])).min() > 1e-4


def test_it_ends_where_the_loss_explodes(fer2013_csv: Path) -> None:
    found = range_test(CONFIG, load(fer2013_csv), Sweep(1e-2, 1e8, 60))
    assert found.exploded
    assert 2 <= len(found.losses) < 60
    assert np.isfinite(found.losses).all()
    assert found.peak_rate < found.rates[-1]


def test_a_loss_that_is_no_number_from_the_start_is_told(fer2013_csv: Path) -> None:
    with pytest.raises(DivergedError, match=r"no number at a rate of 1e\+30: begin lower"):
        range_test(CONFIG, load(fer2013_csv), Sweep(1e30, 1e35, 20))


def test_the_command_leaves_picture_and_table_and_says_what_to_do(
    here: Cli, fer2013_csv: Path, tmp_path: Path
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f'architecture = "{TINY}"\nprecision = "float32"\n')
    done = here(
        "lr-find", "--data", fer2013_csv, "--config", config, "--batch-size", 16,
        "--steps", 30, "--lowest", 1e-4, "--highest", 1, "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with (tmp_path / "out" / "lr_find.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["step", "rate", "loss", "smoothed_loss"]
    assert float(rows[0]["rate"]) == pytest.approx(1e-4)
    best = min(rows, key=lambda row: float(row["smoothed_loss"]))
    suggested = [line for line in done.stdout.splitlines() if "peak_rate = " in line]
    assert len(suggested) == 1
    peak_rate = float(suggested[0].split(" = ")[1])
    assert peak_rate == float(f"{float(best['rate']) / 10:.1g}")
    assert (tmp_path / "out" / "lr_find.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--lowest", "0"], "rates from 0 to 10: --lowest is above 0 and below --highest"),
        (["--lowest", "1", "--highest", "0.1"], "rates from 1 to 0.1"),
        (["--highest", "inf"], "rates from 1e-05 to inf"),
        (["--steps", "3"], "--steps 3: fewer than 20 make no curve"),
    ],
)
def test_a_test_that_makes_no_sense_ends_with_2(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, options: list[str], says: str
) -> None:
    from training.__main__ import main

    arguments = ["lr-find", "--data", str(tmp_path), "--out", str(tmp_path / "out"), *options]
    assert main(arguments) == 2
    assert capfd.readouterr().err.startswith(f"lr-find: {says}")
    assert not (tmp_path / "out").exists()


def test_the_picture_marks_the_suggested_rate(tmp_path: Path) -> None:
    import cv2

    draw_range_test(valley(0.4, 0.05), "x", tmp_path / "x.png")
    image = cv2.imread(str(tmp_path / "x.png"))
    assert image is not None
    green = np.all(np.abs(image.astype(int) - (115, 158, 0)) < 40, axis=-1)  # BGR
    columns = green.sum(axis=0)
    assert columns.max() > 200  # a line from bottom to top
    # 0.04 lies three fifths along the axis from 1e-5 to 10.
    assert 0.5 < columns.argmax() / image.shape[1] < 0.7
