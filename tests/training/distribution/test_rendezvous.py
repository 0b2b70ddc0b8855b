"""training/distribution/rendezvous.py: real sockets on this machine."""

from __future__ import annotations

import socket
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec
import pytest

from training.distribution.cluster import Cluster, host_and_port
from training.distribution.rendezvous import break_off, check_port, gather, receive
from training.errors import WorkerError

ABOUT = {"batch_size": 128, "data": "7fe8"}
# What a chief that goes on with a run sends.
FILES = {
    "checkpoint/epoch-0001.weights.h5": bytes(range(256)) * 20_000,
    "history.csv": b"epoch,loss\n1,2.0\n",
}
LIMIT_S = 30.0


def together(
    addresses: list[str], about: dict[str, object]
) -> tuple[Future[None], Future[dict[str, bytes]]]:
    """Let a worker that is about to do ``about`` and a chief meet; return what became of each."""
    with ThreadPoolExecutor(2) as pool:
        chief, worker = (Cluster(tuple(addresses), index) for index in (0, 1))
        gathered = pool.submit(gather, chief, ABOUT, FILES, LIMIT_S)
        came = pool.submit(receive, worker, about, LIMIT_S)
    return gathered, came


def framed(message: object) -> bytes:
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(8, "big") + content


def test_a_worker_has_the_chiefs_checkpoint_and_history(addresses: list[str]) -> None:
    gathered, came = together(addresses, ABOUT)
    gathered.result()
    assert came.result() == FILES


def test_a_worker_with_other_settings_is_refused_and_both_say_so(addresses: list[str]) -> None:
    for outcome in together(addresses, {**ABOUT, "batch_size": 64}):
        with pytest.raises(WorkerError) as caught:
            outcome.result()
        assert str(caught.value) == (
            f"worker 1 ({addresses[1]}) has batch_size = 64, the chief 128: "
            "give the same command, data and program on all machines"
        )


@pytest.mark.parametrize("failing", [0, 1])
def test_a_worker_that_has_failed_says_so_to_those_who_wait_for_it(
    addresses: list[str], failing: int
) -> None:
    workers = (*addresses, "127.0.0.1:1")
    chief, worker, last = (Cluster(workers, index) for index in range(3))
    waiting: list[Future[object]] = []
    with ThreadPoolExecutor(3) as pool:
        if failing == 0:
            pool.submit(break_off, chief, "no data", LIMIT_S)
            waiting.append(pool.submit(receive, worker, ABOUT, LIMIT_S))
        else:
            waiting.append(pool.submit(gather, chief, ABOUT, FILES, LIMIT_S))
            pool.submit(break_off, worker, "no data", LIMIT_S).result()
        waiting.append(pool.submit(receive, last, ABOUT, LIMIT_S))  # who comes late hears it too
    name = ("the chief", "worker 1")[failing]
    for outcome in waiting:
        with pytest.raises(WorkerError, match=rf"^{name} \({addresses[failing]}\) has failed: no"):
            outcome.result()


def test_workers_that_do_not_come_are_named(addresses: list[str]) -> None:
    chief = Cluster((*addresses, "10.9.9.9:77"), 0)
    with pytest.raises(WorkerError) as caught:
        gather(chief, ABOUT, {}, 0.2)
    assert f"no answer from worker 1 ({addresses[1]}), worker 2 (10.9.9.9:77): " in str(
        caught.value
    )


def test_a_worker_hears_who_else_did_not_come(addresses: list[str]) -> None:
    workers = (*addresses, "10.9.9.9:77")
    with ThreadPoolExecutor(2) as pool:
        gathered = pool.submit(gather, Cluster(workers, 0), ABOUT, {}, 1.0)
        came = pool.submit(receive, Cluster(workers, 1), ABOUT, LIMIT_S)
    for outcome in (gathered, came):
        with pytest.raises(WorkerError, match=r"no answer from worker 2 \(10\.9\.9\.9:77\)"):
            outcome.result()


def test_a_chief_that_does_not_come_is_named(addresses: list[str]) -> None:
    with pytest.raises(WorkerError, match=f"the chief .{addresses[0]}. does not answer"):
        receive(Cluster(tuple(addresses), 1), ABOUT, 0.2)


def test_a_port_that_is_taken_is_named(addresses: list[str]) -> None:
    with (
        socket.create_server(host_and_port(addresses[1])),
        pytest.raises(WorkerError, match=f"cannot listen at {addresses[1]}, which is worker 1"),
    ):
        check_port(Cluster(tuple(addresses), 1))
    check_port(Cluster(tuple(addresses), 1))


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        framed([]),
        framed({"worker": 0, "about": {}}),
        framed({"worker": 1, "about": {}})[:-1],
    ],
)
def test_strangers_are_passed_over(addresses: list[str], said: bytes) -> None:
    with ThreadPoolExecutor(2) as pool:
        gathered = pool.submit(gather, Cluster(tuple(addresses), 0), ABOUT, FILES, LIMIT_S)
        with connected(addresses[0]) as stranger:
            stranger.sendall(said)
        came = pool.submit(receive, Cluster(tuple(addresses), 1), ABOUT, LIMIT_S)
        gathered.result()
    assert came.result() == FILES


def test_a_worker_that_was_started_anew_takes_its_place(addresses: list[str]) -> None:
    workers = (*addresses, "127.0.0.1:1")
    with ThreadPoolExecutor(3) as pool:
        gathered = pool.submit(gather, Cluster(workers, 0), ABOUT, FILES, LIMIT_S)
        with connected(addresses[0]) as first:
            first.sendall(framed({"worker": 1, "about": ABOUT}))
            again = pool.submit(receive, Cluster(workers, 1), ABOUT, LIMIT_S)
            assert first.recv(1) == b""  # it is shown the door
        last = pool.submit(receive, Cluster(workers, 2), ABOUT, LIMIT_S)
        gathered.result()
    assert again.result() == last.result() == FILES


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", framed([]), framed({"files": {"a": 1}}), b""]
)
def test_a_chief_that_is_none_is_named(addresses: list[str], said: bytes) -> None:
    with (
        socket.create_server(host_and_port(addresses[0])) as listener,
        ThreadPoolExecutor(1) as pool,
    ):
        came = pool.submit(receive, Cluster(tuple(addresses), 1), ABOUT, LIMIT_S)
        connection, _ = listener.accept()
        with connection:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            with pytest.raises(WorkerError, match=f"the chief .{addresses[0]}. broke off"):
                came.result()


def connected(address: str) -> socket.socket:
    """Return a connection to who is about to listen at ``address``."""
    while True:
        try:
            return socket.create_connection(host_and_port(address), timeout=LIMIT_S)
        except ConnectionRefusedError:
            continue
