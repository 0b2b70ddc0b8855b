from tests.device.history.clocks import DAY_S, NOW_S, Clocks


def test_it_is_believed_once_it_was_not_set_for_a_while():
    clocks = Clocks()
    clocks.wall.know(NOW_S - DAY_S)
    assert not clocks.wall.believed()
    clocks.pass_s(601)
    assert clocks.wall.believed()


def test_it_is_not_believed_soon_after_it_was_set():
    clocks = Clocks()
    clocks.wall.know(NOW_S - DAY_S)
    clocks.pass_s(601)
    assert clocks.wall.believed()
    clocks.now_s -= 3600
    assert not clocks.wall.believed()
    clocks.pass_s(601)
    assert clocks.wall.believed()


def test_a_jump_of_months_is_believed_after_a_day():
    clocks = Clocks()
    clocks.wall.know(NOW_S - DAY_S)
    clocks.pass_s(601)
    assert clocks.wall.believed()
    clocks.now_s += 200 * DAY_S
    assert not clocks.wall.believed()
    clocks.pass_s(DAY_S / 2)
    assert not clocks.wall.believed()
    clocks.pass_s(DAY_S / 2)
    assert clocks.wall.believed()


def test_a_clock_that_is_corrected_a_little_is_believed():
    clocks = Clocks()
    clocks.wall.know(NOW_S)
    for _ in range(100):
        clocks.pass_s(60)
        clocks.now_s += 0.5
        clocks.wall.believed()
    assert clocks.wall.believed()
