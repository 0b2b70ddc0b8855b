"""Which model a service begins with."""

import shutil

from device import model_choice
from device.config import Settings
from device.model_choice import open_working_model
from tests.device.conftest import MODEL


def test_models_that_take_long_leave_the_time_for_the_shipped_one(tmp_path, monkeypatch, caplog):
    """Else systemd would begin anew before that is asked, again and again."""
    mine = tmp_path / "mine.tflite"
    shutil.copy(MODEL, mine)
    settings = Settings(model=str(mine), state=str(tmp_path))
    assert open_working_model(settings)[0].path == mine
    monkeypatch.setattr(model_choice, "_ALL_AT_START_S", 0.0)
    model, called = open_working_model(settings)
    assert model.path == MODEL
    assert called.endswith(f"(in place of {mine}, which does not work)")
    assert f"{mine}: not tried: those before it took all the time of a start" in caplog.text
