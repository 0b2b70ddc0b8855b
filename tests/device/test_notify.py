import logging
import socket

import pytest

from device.notify import Notify
from tests.device.service_manager import ServiceManager


@pytest.fixture(params=["a path", "an abstract name"])
def manager(request, tmp_path):
    address = f"@{tmp_path}" if request.param == "an abstract name" else str(tmp_path / "socket")
    with ServiceManager(address) as manager:
        yield manager


def test_each_thing_is_said_as_systemd_has_it(manager):
    with Notify(manager.address) as notify:
        assert notify.there
        notify.status("Starting:\nloading  the model, à la carte")
        notify.ready()
        notify.alive()
        notify.stopping()
    assert manager.waiting() == [
        "STATUS=Starting: loading the model, à la carte", "READY=1", "WATCHDOG=1", "STOPPING=1",
    ]  # fmt: skip


def test_a_status_that_stays_is_said_once(manager):
    with Notify(manager.address) as notify:
        for text in ("a", "a", "b", "b", "a"):
            notify.status(text)
    assert manager.waiting() == ["STATUS=a", "STATUS=b", "STATUS=a"]


def test_the_socket_is_the_environments(manager, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    with Notify.from_environment() as notify:
        notify.alive()
    assert manager.waiting() == ["WATCHDOG=1"]


def test_where_there_is_no_service_manager_nothing_is_said(monkeypatch, caplog):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with Notify.from_environment() as notify:
        notify.ready()
    assert not notify.there
    assert caplog.messages == []


@pytest.mark.parametrize("address", ["/none/there", "@nobody listens here", "/\0", "/" + 200 * "x"])
def test_what_cannot_be_said_is_told_once(address, caplog):
    caplog.set_level(logging.WARNING)
    with Notify(address) as notify:
        notify.ready()
        notify.alive()
    (message,) = caplog.messages
    assert message.startswith(f"the service manager at {address}".replace("\0", "@"))


def test_a_manager_that_reads_nothing_holds_nobody_up(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("device.notify._SEND_S", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "socket"))
        with Notify(str(tmp_path / "socket")) as notify:
            for _ in range(5000):  # more than its queue takes
                notify.alive()
                if caplog.messages:
                    break
    (message,) = caplog.messages
    assert "cannot be told: timed out" in message
