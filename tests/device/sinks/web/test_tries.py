import pytest

from device.sinks.web.logins import LASTS_S, Logins
from device.sinks.web.tries import Tries


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tries(clock):
    return Tries(clock)


def fail(tries, clock, address, times):
    for _ in range(times):
        clock.now_s += tries.pause_s(address)
        tries.wrong(address)


def test_some_wrong_tries_cost_no_pause(tries):
    for _ in range(4):
        tries.wrong("10.0.0.1")
    assert tries.pause_s("10.0.0.1") == 0


def test_pauses_grow_to_some_minutes_and_not_beyond(tries, clock):
    fail(tries, clock, "10.0.0.1", 4)
    pauses = []
    for _ in range(20):
        fail(tries, clock, "10.0.0.1", 1)
        pauses.append(tries.pause_s("10.0.0.1"))
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == 300


def test_a_pause_ends(tries, clock):
    fail(tries, clock, "10.0.0.1", 6)
    assert tries.pause_s("10.0.0.1") == 2
    clock.now_s += 2
    assert tries.pause_s("10.0.0.1") == 0


def test_a_pause_is_of_the_address_that_failed(tries, clock):
    fail(tries, clock, "10.0.0.1", 8)
    assert tries.pause_s("10.0.0.2") == 0


def test_the_right_password_takes_the_pause_away(tries, clock):
    fail(tries, clock, "10.0.0.1", 8)
    tries.right("10.0.0.1")
    assert tries.pause_s("10.0.0.1") == 0


def test_after_a_quiet_time_all_is_forgiven(tries, clock):
    fail(tries, clock, "10.0.0.1", 12)
    clock.now_s += 1000
    tries.wrong("10.0.0.1")
    assert tries.pause_s("10.0.0.1") == 0


def test_tries_from_many_addresses_make_all_wait(tries):
    for number in range(60):
        tries.wrong(f"10.0.1.{number}")
    assert tries.pause_s("10.0.2.1") > 0


def test_who_was_right_before_is_not_kept_out_by_others(tries):
    tries.right("192.168.1.5")
    for number in range(200):
        tries.wrong(f"10.0.{number // 100}.{number % 100}")
    assert tries.pause_s("192.168.1.5") == 0
    assert 0 < tries.pause_s("192.168.1.6") <= 30


def test_an_ipv6_network_counts_as_one_address(tries, clock):
    for number in range(8):
        tries.wrong(f"2001:db8::{number:x}")
    assert tries.pause_s("2001:db8::ffff") > 0
    assert tries.pause_s("2001:db8:1::1") == 0


def test_an_ipv4_address_is_the_same_within_ipv6(tries):
    for _ in range(8):
        tries.wrong("::ffff:10.0.0.1")
    assert tries.pause_s("10.0.0.1") > 0


def test_memory_is_bounded(tries):
    for number in range(5000):
        tries.wrong(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
        tries.right(f"11.{number // 65536}.{number // 256 % 256}.{number % 256}")
    assert len(tries._of) <= 512
    assert len(tries._right) <= 512


def test_a_token_holds_until_it_expires(clock):
    logins = Logins(clock)
    token = logins.begin()
    assert logins.holds(token)
    clock.now_s += LASTS_S - 1
    assert logins.holds(token)
    clock.now_s += 1
    assert not logins.holds(token)
    clock.now_s -= 10
    assert not logins.holds(token)  # forgotten, not only refused


def test_a_token_ends(clock):
    logins = Logins(clock)
    token, other = logins.begin(), logins.begin()
    logins.end(token)
    logins.end("never given out")
    assert not logins.holds(token)
    assert logins.holds(other)


@pytest.mark.parametrize("token", ["", "guess", "\ud800"])
def test_a_token_that_was_not_given_out_does_not_hold(clock, token):
    logins = Logins(clock)
    logins.begin()
    assert not logins.holds(token)


def test_tokens_are_long_and_not_kept(clock):
    logins = Logins(clock)
    tokens = [logins.begin() for _ in range(200)]
    assert len(set(tokens)) == 200
    assert min(map(len, tokens)) >= 43
    assert len(logins._ends_s) <= 64
    assert logins.holds(tokens[-1])
    assert not logins.holds(tokens[0])
    assert not any(token.encode() in repr(vars(logins)).encode() for token in tokens)
