"""training/config.py: a wrong setting is named with its place."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from device.errors import ConfigError
from tests.training.conftest import ROOT
from training.architectures.registry import MIEN_NANO
from training.config import TrainingConfig, read_config
from training.landmarks.config import read_config as read_landmarks_config
from training.mask.config import read_config as read_mask_config
from training.run_folder import read_run_config


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "train.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_all_is_default() -> None:
    assert read_config(None) == TrainingConfig()


def test_a_file_changes_what_it_names_and_the_command_line_wins(tmp_path: Path) -> None:
    path = written(tmp_path, "epochs = 7\npeak_rate = 1\n[augmentation]\nflip = false\n")
    config = read_config(path, epochs=9, seed=None)
    assert (config.epochs, config.peak_rate, config.seed) == (9, 1.0, 1)
    assert config.augmentation.flip is False
    assert config.augmentation.rotate_deg == 15.0


def test_a_recipe_stands_between_the_defaults_and_what_is_given(tmp_path: Path) -> None:
    path = written(tmp_path, 'architecture = "vgg"\ndropout = 0.5\npeak_rate = 0.1\n')
    config = read_config(path, weight_decay=0.01)
    assert (config.optimizer, config.dropout, config.weight_decay) == ("adam", 0.5, 0.01)
    # Also where it is the default that is given.
    assert config.peak_rate == TrainingConfig().peak_rate
    assert config.epochs == TrainingConfig().epochs
    assert read_config(path, architecture="mien").optimizer == "sgd"


def test_a_run_of_before_the_recipes_is_read_with_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"architecture": "vgg", "epochs": 3}', encoding="utf-8")
    assert read_run_config(path, TrainingConfig) == TrainingConfig(architecture="vgg", epochs=3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epoch = 7", "epoch: unknown setting: did you mean epochs"),
        ('epochs = "7"', r"epochs = '7': expected a whole number, without quotes"),
        ("epochs = 0", r"epochs = 0: expected `int` >= 1"),
        ("dropout = 1.0", r"dropout = 1.0: expected `float` < 1.0"),
        ("peak_rate = 0", r"peak_rate = 0: "),
        ('precision = "float16"', 'precision = \'float16\': give "float32" or "mixed_bfloat16"'),
        ("[augmentation]\nrotate = 3", r"\[augmentation\] rotate: unknown .* mean rotate_deg"),
        ("[augmentation.degradation]\nblurs = 3", r"\[augmentation.degradation\] blurs: unknown"),
        ("[augmentation]\nerase_side_px = [9, 3]", r"\[augmentation\] erase_side_px is 9, 3"),
        ("[class_weights]\nsad = 0", r"class_weights = {'sad': 0}: expected `float` > 0"),
        ("epochs 7", "not valid TOML"),
        ("architecture = 5", r"architecture = 5: expected text in quotes"),
        ('optimizer = "adamw"', 'optimizer = \'adamw\': give "sgd" or "adam"'),
        ("stage_rate = 0", "stage_rate"),
        ("frozen_epochs = 2", "frozen_epochs is 2, but mien begins with no weights from else"),
        ('architecture = "vgg"\nweights = "w.h5"', "weights is 'w.h5', but vgg begins with no"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=says) as raised:
        read_config(path)
    assert str(path) in str(raised.value)


def test_the_settings_of_a_run_are_settings(finished_run: tuple[Path, str]) -> None:
    path = finished_run[0] / "config.json"
    kept = read_run_config(path, TrainingConfig)
    assert read_config(path) == kept
    assert read_config(path, seed=7) == msgspec.structs.replace(kept, seed=7)


@pytest.mark.parametrize(
    ("folder", "architecture"),
    [
        ("mien", "mien"),
        ("mien/degraded", "mien"),
        ("mien-nano", "mien-nano"),
        ("mien-nano/first", MIEN_NANO),
        ("mien-nano/second", MIEN_NANO),
    ],
)
def test_the_settings_of_the_shipped_runs_are_settings(folder: str, architecture: str) -> None:
    config = read_config(ROOT / "training/runs" / folder / "config.json")
    assert config.architecture == architecture


def test_so_are_those_of_landmarks_and_mask() -> None:
    runs = ROOT / "training/runs"
    assert read_landmarks_config(runs / "landmarks/config.json").epochs > 0
    assert read_mask_config(runs / "mask/config.json").epochs > 0


@pytest.mark.parametrize("text", ["[1, 2]", '{"epochs": 7'])
def test_a_file_that_is_no_settings_of_a_run_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"config\.json: not valid JSON: "):
        read_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: No such file"):
        read_config(tmp_path / "none.toml")
