import logging
import threading
from collections import deque

import numpy as np
import pytest

from device.config import PanelSettings
from device.drawing import Look, Scene, draw
from device.errors import SinkError
from device.records import Frame
from device.sinks.screen import Panel, Screen, screen
from device.sinks.screen.framebuffer import Framebuffer, Geometry, pack
from tests.device.drawing.scenes import LABELS, STRIP, reading
from tests.device.sinks.screen.conftest import Told, frame, until

FAST = PanelSettings(rate_hz=60)


class Paper(Panel):
    """A panel of 320 x 240 that keeps what it was shown."""

    def __init__(self) -> None:
        self.size_px = (320, 240)
        self.shown: list[np.ndarray] = []
        self.asked: deque = deque()
        self.closed = 0
        self.gone = False

    def show(self, picture: np.ndarray) -> None:
        if self.gone:
            raise SinkError("the paper has gone")
        self.shown.append(picture)

    def actions(self):
        return [self.asked.popleft()] if self.asked else []

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def scenes(monkeypatch):
    """Each scene that is drawn, with its look."""
    found: list[tuple[Scene, Look]] = []

    def note(scene, size_px, look):
        found.append((scene, look))
        return draw(scene, size_px, look)

    monkeypatch.setattr(screen, "draw", note)
    return found


@pytest.fixture
def paper():
    return Paper()


@pytest.fixture
def shown(paper):
    with Screen(paper, Told(), FAST, "en", leave=lambda: None) as running:
        yield running


def test_what_is_seen_is_drawn(shown, paper, scenes):
    one = frame()
    shown.see(one, [reading()])
    until(lambda: any(s.picture is one.bgr for s, _ in scenes), "the frame")
    scene, look = next(pair for pair in scenes if pair[0].picture is one.bgr)
    assert [r.face.id for r in scene.readings] == [1]
    assert scene.strip == STRIP
    assert scene.labels == tuple(LABELS)
    assert look == Look("picture", 0, True, "en")
    until(lambda: paper.shown and paper.shown[-1].shape == (240, 320, 3))


class Costly(Frame):
    """A frame whose picture is made when it is asked for; it counts how often."""

    asked = 0

    @property
    def bgr(self):
        type(self).asked += 1
        return np.zeros((90, 160, 3), np.uint8)

    def __init__(self):
        object.__setattr__(self, "time_s", 0.0)


def test_bars_alone_do_not_ask_for_the_picture(paper, scenes):
    bars = PanelSettings(rate_hz=60, view="bars")
    with Screen(paper, Told(), bars, "en", leave=lambda: None) as running:
        running.see(Costly(), [reading()])
        until(lambda: any(s.readings for s, _ in scenes), "the bars")
        scene = next(s for s, _ in scenes if s.readings)
        assert scene.state == "faces"
        assert Costly.asked == 0
        paper.asked += ["view", "view"]
        until(lambda: Costly.asked, "the picture")


def test_a_frame_without_colour_is_drawn_grey(shown, scenes):
    grey = frame()
    object.__setattr__(grey, "bgr", None)
    shown.see(grey, [])
    until(lambda: any(s.picture is grey.grey for s, _ in scenes), "the frame")


def test_it_lands_on_a_small_panel(tmp_path):
    geometry = Geometry(320, 240, 704, 16)
    path = tmp_path / "fb1"
    path.write_bytes(bytes(704 * 240))
    settings = PanelSettings(rate_hz=60, view="statistics", rotate_deg=90)
    running = Screen(Framebuffer(path, geometry), Told(), settings, "fr", leave=lambda: None)
    scene = Scene(LABELS, session=Told().current())
    expected = pack(draw(scene, (320, 240), Look("statistics", 90, True, "fr")), geometry)
    until(lambda: path.read_bytes().startswith(expected), "the drawing")
    running.close()
    assert not any(path.read_bytes())


def test_before_the_first_frame_there_is_no_picture(shown, scenes):
    until(lambda: len(scenes) > 0)
    assert scenes[0][0].state == "no_picture"


def test_when_no_frame_comes_any_more_there_is_no_picture(shown, scenes, monkeypatch):
    monkeypatch.setattr(screen, "_LOST_S", 0.2)
    shown.see(frame(), [reading()])
    until(lambda: any(s.state == "faces" for s, _ in scenes), "the face")
    until(lambda: scenes[-1][0].state == "no_picture", "no picture")
    shown.see(frame(), [])
    until(lambda: scenes[-1][0].state == "nobody", "the picture again")


def test_a_touch_goes_from_view_to_view_and_round(shown, paper, scenes):
    for view in ("bars", "statistics", "picture"):
        paper.asked.append("view")
        until(lambda view=view: scenes and scenes[-1][1].view == view, view)
    until(lambda: scenes[-1][1].view == "picture")


def test_the_statistics_are_the_running_sessions(shown, paper, scenes):
    paper.asked.extend(["view", "view"])
    until(lambda: any(s.session == Told().current() for s, _ in scenes), "the session")


def test_it_begins_with_the_view_that_is_set(paper, scenes):
    with Screen(paper, Told(), PanelSettings(view="bars"), "fr", leave=lambda: None):
        until(lambda: len(scenes) > 0)
    assert {look.view for _, look in scenes} == {"bars"}


def test_a_notice_is_shown_until_a_touch_which_does_nothing_else(shown, paper, scenes):
    shown.notice(["http://pi:8080/", "green-moon"])
    until(lambda: scenes and scenes[-1][0].notice == ("http://pi:8080/", "green-moon"))
    paper.asked.append("view")
    until(lambda: scenes[-1][0].notice == (), "the notice's end")
    assert scenes[-1][1].view == "picture"


@pytest.mark.parametrize("takes_actions", [True, False])
def test_a_notice_offers_a_touch_only_where_one_arrives(takes_actions, paper, scenes):
    paper.takes_actions = takes_actions
    with Screen(paper, Told(), FAST, "en", leave=lambda: None) as running:
        running.notice(["http://pi:8080/"])
        until(lambda: scenes and scenes[-1][0].notice != ())
    assert scenes[-1][0].dismissible is takes_actions


def test_a_notice_ends_by_itself(shown, scenes, monkeypatch):
    monkeypatch.setattr(screen, "_NOTICE_S", 0.3)
    shown.notice(["http://pi:8080/"])
    until(lambda: scenes and scenes[-1][0].notice != ())
    until(lambda: scenes[-1][0].notice == ())


def test_q_leaves(paper):
    left = threading.Event()
    with Screen(paper, Told(), FAST, "en", leave=left.set):
        paper.asked.append("leave")
        assert left.wait(20)


def test_the_panel_is_closed_with_the_screen_and_closing_twice_is_well(paper):
    running = Screen(paper, Told(), FAST, "en", leave=lambda: None)
    running.close()
    running.close()
    assert paper.closed
    assert "screen" not in {thread.name for thread in threading.enumerate()}


def test_a_screen_that_goes_away_is_said_once_and_the_reading_goes_on(shown, paper, caplog):
    shown.see(frame(), [reading()])
    until(lambda: len(paper.shown) > 0)
    paper.gone = True
    paper.size_px = (480, 320)
    until(lambda: len(caplog.records) > 0, "the warning")
    for _ in range(100):
        shown.see(frame(), [reading()])
        shown.write([reading()])
        shown.notice(["still there"])
    until(lambda: paper.closed > 0)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.messages == ["the paper has gone: the screen is off, the reading goes on"]


def test_what_cannot_be_drawn_ends_the_screen_and_not_the_reading(shown, caplog, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(screen, "draw", fail)
    shown.see(frame(), [reading()])
    until(lambda: "a mistake of ours" in caplog.text)
    shown.see(frame(), [reading()])
    assert len(caplog.records) == 1


class Stuck(Paper):
    """A panel that takes a picture and never comes back, until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.busy, self.release = threading.Event(), threading.Event()

    def show(self, picture: np.ndarray) -> None:
        self.busy.set()
        self.release.wait(60)

    def close(self) -> None:
        self.release.set()


def test_a_stuck_screen_neither_stops_the_reading_nor_the_end():
    panel = Stuck()
    running = Screen(panel, Told(), FAST, "en", leave=lambda: None)
    assert panel.busy.wait(20)
    for _ in range(10_000):  # would hang here
        running.see(frame_, [reading_])
    running.close()
    assert "screen" not in {thread.name for thread in threading.enumerate()}


frame_, reading_ = frame(), reading()


def test_its_pulse_shows_whether_it_moves():
    stuck = Stuck()
    running = Screen(stuck, Told(), FAST, "en", leave=lambda: None)
    assert stuck.busy.wait(20)
    assert running.pulse() is not None
    assert running.pulse() == running.pulse()
    running.close()
    assert running.pulse() is None
    with Screen(Paper(), Told(), FAST, "en", leave=lambda: None) as moving:
        before = moving.pulse()
        until(lambda: moving.pulse() != before, "a turn")


def test_seeing_copies_and_draws_nothing(shown):
    """It is one reference into a slot: the reading pays for nothing else."""
    one = frame()
    shown.see(one, [reading()])
    assert shown._seen[1] is one


def test_a_window_of_another_size_is_drawn_anew(shown, paper):
    until(lambda: len(paper.shown) > 0)
    paper.size_px = (333, 222)
    until(lambda: paper.shown[-1].shape == (222, 333, 3), "the new size")


@pytest.mark.parametrize(
    ("view", "readings", "contents"),
    [
        ("picture", [], 50),
        ("bars", [reading()], 50),
        ("bars", [], 1),
        ("statistics", [reading()], 1),
    ],
)
def test_only_what_would_look_different_is_drawn_anew(paper, view, readings, contents):
    running = Screen(paper, Told(), PanelSettings(view=view), "en", leave=lambda: None)
    running.close()
    running.see(frame(), readings)
    found, now_s = set(), running._times_s[0]
    for _ in range(50):
        running.see(frame(), readings)
        found.add(running._content(now_s))
    assert len(found) == contents


def test_the_rate_is_that_of_the_frames(shown, monkeypatch):
    now = iter(100 + 0.125 * n for n in range(1000))
    monkeypatch.setattr(screen.time, "monotonic", lambda: next(now))
    shown.close()
    shown._times_s.clear()
    for _ in range(40):
        shown.see(frame_, [])
    assert shown._rate_hz() == pytest.approx(8)
