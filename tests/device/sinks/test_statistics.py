import numpy as np

from device.history import History
from device.records import Frame
from device.sessions import Sessions
from device.sinks.statistics import Statistics
from tests.device.test_session import LABELS, reading

GREY = np.zeros((9, 9), np.uint8)


def test_every_frame_is_counted_and_readings_that_are_due_are_not_counted_again():
    with Sessions(LABELS, History(None)) as sessions, Statistics(sessions) as sink:
        for number in range(21):
            seen = [reading("happy")] if number < 10 else []
            sink.see(Frame(GREY, number / 10), seen)
            sink.write(seen)
        current = sessions.current()
        assert (current.watched_s, current.everybody.seconds["happy"]) == (2, 1)


def test_closing_it_leaves_the_sessions_to_their_owner():
    with Sessions(LABELS, History(None)) as sessions:
        sink = Statistics(sessions)
        sink.close()
        sink.close()
        sessions.start("another")
        assert [head.name for head in sessions.heads()] == ["another", ""]
