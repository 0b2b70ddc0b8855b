from device.sinks.screen.turns import Turns


def test_the_first_is_drawn_at_once():
    assert Turns(10).due("picture", 1, 5.0)


def test_what_has_not_changed_is_not_drawn_again():
    turns = Turns(10)
    turns.due("picture", 1, 0.0)
    assert not any(turns.due("picture", 1, now_s) for now_s in (0.1, 1.0, 3600.0))
    assert turns.due("picture", 2, 3600.1)


def test_a_change_waits_for_its_turn():
    turns = Turns(10)
    turns.due("picture", 1, 0.0)
    assert not turns.due("picture", 2, 0.05)
    assert turns.due("picture", 2, 0.1)


def test_there_are_no_more_drawings_than_were_asked_for():
    turns = Turns(10)
    drawn = sum(turns.due("picture", count, count / 60) for count in range(600))
    assert 95 <= drawn <= 105


def test_frames_as_often_as_drawings_are_all_drawn_though_they_tremble():
    turns, early_s = Turns(10), 0.008
    assert all(turns.due("picture", n, n / 10 - early_s * (n % 2)) for n in range(50))


def test_what_somebody_did_is_shown_at_once():
    turns = Turns(0.5)
    turns.due("picture", 1, 0.0)
    assert turns.due("bars", 1, 0.01)
    assert not turns.due("bars", 2, 0.02)
