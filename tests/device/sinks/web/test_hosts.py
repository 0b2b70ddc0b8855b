import logging
import socket
import threading

import pytest

from device.sinks.web.hosts import Listener, Names, is_loopback, is_same_origin
from tests.device.waiting import until

OWN = socket.gethostname().lower()
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing but tests comes in


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_only_this_machine_reaches_a_loopback_address(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.168.1.5", "", "localhost.example", "pi"])
def test_others_reach_any_other(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST", "127.0.0.1", "[::1]", OWN, f"{OWN.split('.')[0]}.local",
        "192.168.1.5", "mien.example",
    ],
)  # fmt: skip
def test_this_machine_is_known_under_its_names_with_and_without_a_port(host):
    names = Names(["Mien.Example"])
    assert names.know(host, "192.168.1.5")
    assert names.know(f"{host}:8080", "192.168.1.5")


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:8080", "192.168.1.6", "localhost.evil.example",
        "localhost@evil.example", "localhost:80:80", "localhost:", "localhost:x", "localhost/",
        "localhost.", " localhost", "[::2]", "::1", "[::1", "localhost\nevil", "127.0.0.1.evil",
        "2130706433", "0x7f.1", "foo",
    ],
)  # fmt: skip
def test_any_other_name_is_not_known(host):
    assert not Names().know(host, "192.168.1.5")
    assert not Names().know(host, "")


def test_an_ipv6_address_is_known_as_it_may_be_written():
    assert Names().know("[2001:db8:0:0::1]:80", "2001:db8::1")
    assert Names().know("10.0.0.1", "::ffff:10.0.0.1")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://pi:8080", "host": "pi:8080"},
        {"origin": "https://pi", "host": "pi", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_the_page_itself_and_scripts_are_of_the_same_origin(headers):
    assert is_same_origin(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example", "host": "pi"},
        {"origin": "http://pi:8081", "host": "pi:8080"},
        {"origin": "null", "host": "pi"},
        {"origin": "", "host": "pi"},
        {"origin": "http://[", "host": "pi"},
        {"origin": "ftp://pi", "host": "pi"},
        {"origin": "http://pi", "host": "pi", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "host": "pi"},
    ],
)
def test_other_pages_are_not(headers):
    assert not is_same_origin(headers)


def test_a_url_leads_where_it_listens():
    listener = Listener("127.0.0.1", 0)
    with listener.socket:
        port = listener.socket.getsockname()[1]
        assert listener.url == f"http://127.0.0.1:{port}/"


def test_answers_are_not_held_back():
    with Listener("127.0.0.1", 0).socket as listening:
        assert listening.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY only then


def test_a_url_for_others_names_an_address_that_they_can_use():
    listener = Listener(EVERYWHERE, 0)
    with listener.socket:
        assert EVERYWHERE not in listener.url


def test_all_of_ipv6_is_all_of_ipv4_too():
    listener = Listener("::", 0)
    with listener.socket:
        port = listener.socket.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_a_port_that_is_taken_is_waited_for_with_one_warning(caplog):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        listener = Listener("127.0.0.1", port, again_s=0.02)
        found = []
        closing = threading.Event()
        waiting = threading.Thread(target=lambda: found.append(listener.wait(closing)))
        waiting.start()
        until(lambda: caplog.records, "a warning")
    waiting.join(10)
    assert found[0].getsockname()[1] == port
    found[0].close()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"port {port}: address already in use" in record.message


def test_waiting_for_a_port_ends_with_the_page():
    with socket.create_server(("127.0.0.1", 0)) as other:
        listener = Listener("127.0.0.1", other.getsockname()[1])
        closing = threading.Event()
        closing.set()
        assert listener.wait(closing) is None


@pytest.mark.parametrize("host", ["203.0.113.9", "no-such-host.invalid", "two..dots", "a" * 64])
def test_an_address_that_is_not_there_yet_is_waited_for(host):
    assert Listener(host, 0).socket is None
