"""The attached screen without a desktop: drawn on the console by KMS, and on a framebuffer."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.virtual_pi.pi import Pi
from tests.virtual_pi.say import say
from tests.virtual_pi.test_service import read_demo


def shown(pi: Pi, path: Path) -> np.ndarray:
    """Return what the monitor shows, as BGR, and keep it as ``path``."""
    pi.machine.monitor.screen(path)
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def has_a_picture(picture: np.ndarray) -> bool:
    """Tell whether a picture of the demo clip is drawn there; a login prompt has no colours."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    coloured = ((hsv[..., 1] > 60) & (hsv[..., 2] > 60)).mean()
    say(f"{picture.shape[1]}x{picture.shape[0]}, {coloured:.0%} of it in colours")
    return bool(coloured > 0.05)


@pytest.mark.parametrize("kind", ["console", "framebuffer"])
def test_the_screen_shows_the_picture(pi, results, kind):
    pi.shell.must("systemctl stop mien")
    assert not has_a_picture(shown(pi, results / f"{kind}-before.png"))
    since = pi.cursor()
    read_demo(pi, screen=kind)
    pi.more_readings(3)
    path = results / f"{kind}.png"
    until_s = time.monotonic() + 180  # without a graphics chip, and emulated
    while not has_a_picture(shown(pi, path)) and time.monotonic() < until_s:
        pi.more_readings(2)
    say(f"a dump of the screen: {path}")
    say("\n".join(pi.journal(since)))
    assert has_a_picture(shown(pi, path))
