"""Slow, silent and too many visitors, on raw sockets."""

import contextlib
import socket
import threading

import pytest

from device.sinks.web.limits import Limits
from tests.device.sinks.web.conftest import start_page
from tests.device.waiting import DEADLINE_S, until

QUICK = Limits(request_s=0.3, reader_s=0.3)
SMALL = Limits(clients=5)
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def quick(model):
    with contextlib.ExitStack() as parts:
        yield start_page(parts, model, limits=QUICK)


@contextlib.contextmanager
def visitor(page, *, receive_bytes=None):
    with socket.socket() as there:
        there.settimeout(DEADLINE_S)
        if receive_bytes:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        there.connect(page.address)
        yield there


def rest(there):
    """All that comes until the other side ends it; fails where it never does."""
    content = b""
    with contextlib.suppress(ConnectionResetError):
        while part := there.recv(65536):
            content += part
    return content


def first_line(content):
    return content.partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"G",
        HEAD,
        HEAD + b"X: ",
        HEAD + b"\r\n" + HEAD,  # one whole request, and a part of the next
        b"POST /api/sessions HTTP/1.1\r\nHost: localhost\r\n",
    ],
)
def test_a_request_that_never_comes_to_its_end_is_not_waited_for(quick, begun):
    with visitor(quick) as there:
        there.sendall(begun)
        content = rest(there)
    assert content.count(b"HTTP/1.1 ") == begun.count(b"\r\n\r\n")


def test_a_request_that_drips_is_not_waited_for(quick):
    with visitor(quick) as there:
        there.sendall(HEAD)
        there.settimeout(0.05)
        for _ in range(400):
            try:
                there.sendall(b"X")
                if there.recv(100) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    raise AssertionError("it was waited for")


@pytest.mark.parametrize(
    ("path", "kind"),
    [(b"/api/sessions", b"application/json"), (b"/login", b"application/x-www-form-urlencoded")],
)
def test_a_body_that_never_comes_is_not_waited_for(quick, path, kind):
    with visitor(quick) as there:
        there.sendall(
            b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n" % (path, kind)
            + b"Content-Length: 99\r\n\r\n{"
        )
        content = rest(there)
    assert first_line(content) == b"HTTP/1.1 408 Request Timeout"


def test_a_body_that_nobody_wants_is_not_waited_for(quick):
    with visitor(quick) as there:
        there.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n")
        there.sendall(b"x" * 1000)
        assert rest(there).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    "content",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,  # TLS
        b"\x00" * 1000,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: local\x00host\r\n\r\n",
        b"GET " + b"/" * 70_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
    ],
    ids=range(12),
)
def test_what_is_no_request_is_refused(quick, content):
    with visitor(quick) as there:
        with contextlib.suppress(ConnectionError):
            there.sendall(content)
        answer = rest(there)
    assert not answer or int(answer.split()[1]) in (400, 405, 408, 421, 431)
    assert quick.client().get("/api/now").status_code == 200


def test_an_upgrade_is_not_followed(quick):
    with visitor(quick) as there:
        there.sendall(HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert b"HTTP/1.1 101" not in rest(there)


def test_broken_requests_are_not_logged(quick, caplog):
    for _ in range(5):
        with visitor(quick) as there:
            there.sendall(b"nonsense\r\n\r\n")
            rest(there)
    assert not caplog.records


def test_visitors_beyond_the_limit_are_told_to_come_back(serve):
    page = serve(limits=SMALL)
    with contextlib.ExitStack() as stack:
        for _ in range(SMALL.clients + 1):  # the fixture's own client is one of them
            stack.enter_context(visitor(page))
        with visitor(page) as there:
            there.sendall(HEAD + b"\r\n")
            content = rest(there)
    assert first_line(content) == b"HTTP/1.1 503 Service Unavailable"
    assert b"retry-after: 5" in content
    until(lambda: page.client().get("/api/now").status_code == 200, "room")


def test_far_too_many_visitors_are_dropped_at_once(serve):
    page = serve(limits=Limits(clients=SMALL.clients, request_s=60.0))
    with contextlib.ExitStack() as stack:
        for _ in range(SMALL.clients + 32):
            stack.enter_context(visitor(page))
        with visitor(page) as there:
            assert rest(there) == b""


def test_pages_answer_while_all_places_for_streams_are_taken(serve):
    page = serve(limits=Limits(clients=20))
    client = page.client()
    with contextlib.ExitStack() as stack:
        for _ in range(page.web._limits.long_lived):
            answer = stack.enter_context(client.stream("GET", "/api/events"))
            assert answer.status_code == 200
        with client.stream("GET", "/stream.mjpeg") as answer:
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
        assert client.get("/").status_code == 200
    until(lambda: _status(client, "/api/events") == 200, "a place")


def _status(client, path):
    with client.stream("GET", path) as answer:
        return answer.status_code


def test_a_viewer_that_never_reads_is_dropped_and_holds_up_nobody(serve, demo_frames):
    page = serve(limits=Limits(reader_s=1.0))
    client = page.client()
    with page.reading(demo_frames[:10], 30), visitor(page, receive_bytes=4096) as there:
        there.sendall(b"GET /stream.mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: 'kind="stream"} 1' in client.get("/metrics").text, "the viewer")
        with client.stream("GET", "/stream.mjpeg") as other:
            seen = 0
            for part in other.iter_raw():
                seen += part.count(b"image/jpeg")
                if 'kind="stream"} 1' in client.get("/metrics").text and seen > 20:
                    break
        assert rest(there).count(b"Content-Type: image/jpeg") < seen


def read_slowly(page, there, rate_bytes_s, most_bytes):
    """Read a stream at so many bytes a second; return how many came before its end."""
    there.sendall(b"GET /stream.mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n")
    pause, received = threading.Event(), 0
    with contextlib.suppress(ConnectionResetError):
        while received < most_bytes and (part := there.recv(2048)):
            received += len(part)
            pause.wait(len(part) / rate_bytes_s)
    return received


def test_a_slow_reader_that_reads_is_not_dropped(serve, demo_frames):
    page = serve(limits=Limits(reader_s=0.8, least_bytes=1000), quality=95)
    with page.reading(demo_frames[:10], 30), visitor(page, receive_bytes=4096) as there:
        assert read_slowly(page, there, 80_000, 400_000) >= 400_000


def test_a_reader_that_drips_is_dropped(serve, demo_frames):
    page = serve(limits=Limits(reader_s=0.3, least_bytes=100_000), quality=95)
    with page.reading(demo_frames[:10], 30), visitor(page, receive_bytes=4096) as there:
        assert read_slowly(page, there, 30_000, 300_000) < 300_000


def test_a_slow_viewer_gets_the_newest_picture_and_not_each(serve, demo_frames):
    page = serve()
    with page.reading(demo_frames[:10], 30), visitor(page, receive_bytes=4096) as there:
        there.sendall(b"GET /stream.mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client = page.client()
        until(lambda: _encoded(client) >= 25, "some pictures")
        before = _encoded(client)
        content = b""
        while content.count(b"Content-Type: image/jpeg") < 10:
            content += there.recv(65536)
        assert before >= 25  # of which it missed many
        assert content.count(b"Content-Type: image/jpeg") < before


def _encoded(client):
    text = client.get("/metrics").text
    return float(text.partition("\nmien_pictures_encoded_total ")[2].split()[0])
