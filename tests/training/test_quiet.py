"""training/quiet.py: libraries are held back, errors are not."""

from __future__ import annotations

import os

import pytest

from training.quiet import quiet_stderr


@pytest.mark.parametrize(
    ("end", "heard"), [(ValueError, "from a library\n"), (KeyboardInterrupt, "")]
)
def test_what_was_held_back_is_let_out_with_an_error_and_not_at_ctrl_c(
    end: type[BaseException], heard: str, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        with quiet_stderr():
            os.write(2, b"from a library\n")
            raise end

    with pytest.raises(end):
        fail()
    assert capfd.readouterr().err == heard
