"""The page as a part of the program: its start, its end, and what goes wrong with it."""

import gc
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import httpx
import pytest

from device.errors import ConfigError
from device.records import Frame
from device.sinks.web import password_file
from device.sinks.web.limits import Limits
from device.sinks.web.passwords import PasswordHash
from tests.device.conftest import ROOT, python_path
from tests.device.sinks.web.conftest import PASSWORD, PASSWORD_HASH
from tests.device.waiting import until

EVERYWHERE = "0.0.0.0"  # noqa: S104 - as somebody in a home sets it
MADE_UP = re.compile(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}")


def log_in(client, password):
    return client.post("/login", data={"password": password}).status_code


def test_on_loopback_there_is_no_password(serve):
    page = serve()
    assert page.web.password is None
    assert page.web.url == f"http://127.0.0.1:{page.port}/"
    assert page.client().get("/").status_code == 200


def test_by_default_it_listens_at_one_address_alone(serve):
    page = serve()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", page.port), timeout=5)


def test_it_answers_to_the_address_that_it_was_reached_at(serve):
    url = f"http://127.0.0.2:{serve(host=EVERYWHERE).port}/healthz"
    assert httpx.get(url).status_code == 503
    assert httpx.get(url, headers={"Host": "127.0.0.3"}).status_code == 421


def test_a_password_in_the_settings_is_asked_for_on_loopback_as_well(serve):
    page = serve(password_hash=PASSWORD_HASH)
    assert page.web.password is None
    assert page.client().get("/").status_code == 303
    assert log_in(page.client(), PASSWORD) == 303


def test_beyond_loopback_a_password_is_made_up_and_said_once(serve, caplog):
    caplog.set_level(logging.INFO)
    page = serve(host=EVERYWHERE)
    assert MADE_UP.fullmatch(page.web.password)
    lines = [record.getMessage() for record in caplog.records]
    assert lines.count(f"web page: {page.web.url}, password: {page.web.password}") == 1
    assert sum(page.web.password in line for line in lines) == 1
    assert page.client().get("/api/now").status_code == 401
    assert log_in(page.client(), page.web.password) == 303


def test_a_password_that_was_made_up_stays_the_same(serve, tmp_path):
    first = serve(host=EVERYWHERE, state=tmp_path)
    assert first.web.password
    kept = (tmp_path / password_file.NAME).read_text()
    assert first.web.password not in kept
    first.web.close()
    second = serve(host=EVERYWHERE, state=tmp_path)
    assert second.web.password is None
    assert (tmp_path / password_file.NAME).read_text() == kept
    assert log_in(second.client(), first.web.password) == 303
    assert log_in(second.client(), "guess") == 401


def test_a_password_that_was_made_up_is_not_asked_for_on_loopback(serve, tmp_path):
    serve(host=EVERYWHERE, state=tmp_path).web.close()
    assert serve(state=tmp_path).client().get("/").status_code == 200


def test_a_password_that_the_owner_set_is_asked_for_on_loopback(serve, tmp_path):
    folder = password_file.PasswordFile(tmp_path)
    folder.write(PasswordHash(PASSWORD_HASH), given=True)
    page = serve(state=tmp_path)
    assert page.client().get("/").status_code == 303
    assert log_in(page.client(), PASSWORD) == 303


def test_a_password_that_was_damaged_does_not_leave_the_page_open(serve, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    (tmp_path / password_file.NAME).write_text("{bad")
    page = serve(state=tmp_path)
    assert MADE_UP.fullmatch(page.web.password)
    assert page.client().get("/").status_code == 303
    assert log_in(page.client(), page.web.password) == 303
    assert "page.json cannot be used" in caplog.text
    # And from then on.
    again = serve(state=tmp_path)
    assert again.web.password is None
    assert log_in(again.client(), page.web.password) == 303
    assert again.client().get("/").status_code == 303


def test_the_settings_password_goes_before_the_kept_one(serve, tmp_path):
    serve(host=EVERYWHERE, state=tmp_path).web.close()
    page = serve(host=EVERYWHERE, state=tmp_path, password_hash=PASSWORD_HASH)
    assert page.web.password is None
    assert log_in(page.client(), PASSWORD) == 303


def test_a_state_folder_that_cannot_be_written_is_a_warning(serve, tmp_path, caplog):
    (tmp_path / "state").write_text("a file")
    page = serve(host=EVERYWHERE, state=tmp_path / "state")
    assert log_in(page.client(), page.web.password) == 303
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert "the password is for this run alone" in warnings[-1]


def test_a_hash_in_the_settings_that_is_none_is_refused_at_the_start(serve):
    with pytest.raises(ConfigError, match="password_hash: not a hash of a password"):
        serve(password_hash="secret")  # noqa: S106 - it is none


def test_a_port_that_is_taken_does_not_stop_the_reading(serve, caplog, demo_frames, monkeypatch):
    from device.sinks.web import hosts

    monkeypatch.setattr(hosts.Listener.__init__, "__kwdefaults__", {"again_s": 0.05})
    first = serve()
    other = first.parts.enter_context(_second(first))
    until(lambda: caplog.records, "a warning")
    for frame in demo_frames[:20]:
        other.see(frame, [])
    assert other._present.frames == 20
    (record,) = caplog.records
    assert "address already in use: tried again every" in record.message
    first.web.close()
    until(lambda: _status(other.url) == 200, "the other page")


def _second(first):
    from device.config import PageSettings
    from device.sinks.web import Web

    settings = PageSettings(port=first.port)
    return Web(settings, first.sessions, first.costs, first.web._about, state=None)


def _status(url):
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.TransportError:
        return None


def test_a_server_that_fails_is_one_warning_and_the_reading_goes_on(serve, caplog, monkeypatch):
    from device.sinks.web import server

    page = serve()

    async def fail(self, counter):
        raise ZeroDivisionError("no such bug\nis known")

    monkeypatch.setattr(server.Server, "on_tick", fail)
    until(lambda: not page.web._thread.is_alive(), "its end")
    page.web.see(Frame(next(iter(_pictures())), 0.0), [])
    page.web.write([])
    (record,) = caplog.records
    assert record.message == "the web page has ended: ZeroDivisionError: no such bug is known"


def test_its_pulse_shows_whether_the_server_moves(serve, monkeypatch):
    from device.sinks.web import server

    hanging, released = threading.Event(), threading.Event()
    tick = server.Server.on_tick

    async def hang(self, counter):
        hanging.set()
        released.wait(20)  # the event loop itself: nothing answers
        return await tick(self, counter)

    page = serve()
    before = page.web.pulse()
    until(lambda: page.web.pulse() != before, "a turn")
    monkeypatch.setattr(server.Server, "on_tick", hang)
    assert hanging.wait(20)
    stands = page.web.pulse()
    assert stands is not None
    page.web.see(Frame(next(iter(_pictures())), 0.0), [])  # waits for nothing
    assert page.web.pulse() == stands
    released.set()
    until(lambda: page.web.pulse() != stands, "a turn")
    page.web.close()
    assert page.web.pulse() is None


def _pictures():
    import numpy as np

    yield np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize("looking", [[], ["/stream.mjpeg", "/api/events"]])
def test_closing_ends_every_thread_and_lets_everybody_go(serve, looking):
    before = set(threading.enumerate())
    page = serve()
    answers = [page.parts.enter_context(page.client().stream("GET", path)) for path in looking]
    with socket.create_connection(page.address, timeout=20) as idle:
        page.web.close()
        left = {thread.name for thread in set(threading.enumerate()) - before}
        assert left <= {"history"}
        assert idle.recv(10) == b""
    for answer in answers:
        assert list(answer.iter_raw())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(page.address, timeout=5)
    page.web.close()  # again


def test_closing_does_not_wait_for_a_viewer_that_never_reads(serve, demo_frames):
    page = serve()
    with page.reading(demo_frames[:10], 30), socket.socket() as there:
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        there.connect(page.address)
        there.sendall(b"GET /stream.mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: page.web._present.frames > 15)
        page.web.close()
    assert not page.web._thread.is_alive()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
    assert not [str(each.message) for each in caught if "unclosed" in str(each.message)]


def test_the_thread_has_a_name_and_signals_stay_as_they_were(serve):
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    page = serve()
    assert page.web._thread.name == "web page"
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_readings_while_the_server_ends_are_no_error(serve, demo_frames):
    page = serve(limits=Limits(clients=10))
    with page.client().stream("GET", "/stream.mjpeg"):
        page.web.close()
        for frame in demo_frames[:5]:
            page.web.see(frame, [])


def test_what_the_page_needs_is_imported_only_when_it_is_served():
    heavy = "'starlette', 'uvicorn', 'prometheus_client', 'anyio', 'asyncio'"
    code = (
        "import sys, device.service, device.sinks.log, device.__main__\n"
        f"print([name for name in [{heavy}] if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": python_path()},
        capture_output=True, text=True, timeout=60, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_the_whole_program_with_the_page_open_is_small(tmp_path):
    """Two people look on: a stream, events, and each page's data."""
    (tmp_path / "mien.toml").write_text("[page]\nport = 0\n")
    command = [sys.executable, "-m", "device", "run", "--web", "--screen", "off",
               "--config", "mien.toml", "--log", "readings.jsonl", "--state", "state"]  # fmt: skip
    with subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": python_path()},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as program:  # fmt: skip
        try:
            lines = iter(program.stderr.readline, "")
            url = next(m[1] for line in lines if (m := re.search(r"web page: (\S+)", line)))
            _look_on(url.rstrip("/"))
            status = Path(f"/proc/{program.pid}/status").read_text(encoding="ascii")
        finally:
            program.terminate()
            program.wait(30)
    peak_mb = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    assert peak_mb <= 160
    assert program.returncode == 0


LOOKED_AT = [
    "/", "/session", "/history", "/device", "/api/session", "/api/history", "/api/device",
    "/api/log", "/metrics", "/openapi.json", "/emoji/happy.png", "/api/history.svg",
    "/api/sessions/1/export.csv", "/api/sessions/1/timeline.svg", "/picture.jpg",
]  # fmt: skip


def _look_on(url):
    with httpx.Client(base_url=url, timeout=20) as client:
        until(lambda: client.get("/healthz").status_code == 200, "the first frame")
        with client.stream("GET", "/stream.mjpeg") as one, client.stream("GET", "/api/events"):
            chunks = one.iter_raw()
            for _ in range(3):
                next(chunks)
                for path in LOOKED_AT:
                    assert client.get(path).status_code == 200
