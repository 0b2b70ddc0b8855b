import threading

import numpy as np
import pytest

from device.sources.synthetic import Synthetic

PICTURES = [np.full((4, 4), level, np.uint8) for level in (1, 2)]


def test_pictures_come_over_and_over_on_a_rising_clock():
    with Synthetic(PICTURES, rate_hz=500, frames=5) as source:
        frames = list(source)
    assert [int(frame.grey[0, 0]) for frame in frames] == [1, 2, 1, 2, 1]
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s)


def test_closing_ends_a_wait():
    source = Synthetic(PICTURES, rate_hz=0.001)
    frames = iter(source)
    next(frames)  # the second would come in a thousand seconds
    closer = threading.Timer(0.01, source.close)
    closer.start()
    assert next(frames, None) is None
    closer.join()


def test_it_needs_a_picture():
    with pytest.raises(ValueError, match="at least one picture"):
        Synthetic([])
