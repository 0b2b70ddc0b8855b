"""A short version of ``python -m tests.benchmarks.soak``."""

from tests.benchmarks.soak import Memory, Visitors, soak


def test_people_coming_and_going_leave_nothing_behind(tmp_path):
    *complaints, report = soak(2000, tmp_path)
    assert complaints == []
    assert report.startswith("2,000 frames, ")


def test_a_leak_would_be_seen(tmp_path, monkeypatch):
    leak = []
    see = Memory.see

    def leaking(self, frame, readings):
        leak.append(b"x" * 200_000)
        see(self, frame, readings)

    monkeypatch.setattr(Memory, "see", leaking)
    (complaint, _) = soak(400, tmp_path)
    assert complaint.startswith("memory grew by ")


def test_the_room_is_empty_at_times_and_crowded_at_others():
    from device.faces import FaceFinder

    finder = FaceFinder()
    seen = [len(finder.find(frame.grey)) for frame in list(Visitors(600))[::20]]
    assert min(seen) == 0
    assert max(seen) >= 2
