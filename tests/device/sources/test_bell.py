import signal
import threading

import pytest

from device.sources.bell import Bell

PATIENCE_S = 20.0  # only a broken bell ever waits this long


def test_it_tells_whether_it_rang() -> None:
    bell = Bell()
    assert not bell.wait(0.0)
    assert not bell.wait(-1.0)
    bell.ring()
    assert bell.wait(PATIENCE_S)
    assert not bell.wait(0.0)


def test_rings_that_nobody_heard_do_not_pile_up() -> None:
    bell = Bell()
    for _ in range(50):
        bell.ring()
    assert bell.wait(0.0)
    assert not bell.wait(0.0)


@pytest.mark.parametrize("at_once", [True, False])
def test_its_end_ends_every_wait(at_once: bool) -> None:
    bell = Bell()
    woken = threading.Event()

    def wait() -> None:
        bell.wait(PATIENCE_S)
        woken.set()

    if at_once:
        bell.end()
    thread = threading.Thread(target=wait)
    thread.start()
    bell.end()
    assert woken.wait(PATIENCE_S / 2)
    thread.join()
    assert bell.ended
    assert bell.wait(PATIENCE_S)


def test_a_signal_handler_may_ring_it_in_the_thread_that_waits() -> None:
    bell = Bell()
    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGUSR1, lambda *_: bell.end())
    sender = threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGUSR1))
    try:
        sender.start()
        assert bell.wait(PATIENCE_S)
    finally:
        sender.join(PATIENCE_S)
        signal.signal(signal.SIGUSR1, before)
