import pytest

from convert.card import serving, training_identity
from device.errors import ConfigError
from device.preprocess import Framing


def test_what_the_device_needs_stands_where_it_looks_for_it():
    assert serving("mien", Framing(1.1, 0.0, 0.05), 1.23456) == {
        "name": "mien",
        "input": {"height_px": 48, "width_px": 48, "channels": 1},
        "framing": {"scale": 1.1, "shift_x": 0.0, "shift_y": 0.05},
        "temperature": 1.2346,
    }


def test_a_model_without_a_run_folder_has_no_training_identity(tmp_path):
    assert training_identity(tmp_path) is None


def test_paths_of_the_training_machine_are_cut_down_to_names(tmp_path):
    (tmp_path / "run.json").write_text(
        r'{"data": [{"path": "/home/me/fer.csv"}, "C:\\data\\fer.csv", "share/kept"], "seed": 1}'
    )
    assert training_identity(tmp_path) == {
        "run": {"data": [{"path": "fer.csv"}, "fer.csv", "share/kept"], "seed": 1}
    }


def test_a_broken_run_file_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ConfigError, match=r"config\.json cannot be read"):
        training_identity(tmp_path)
