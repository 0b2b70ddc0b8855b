"""Workers meet before they train: all there, of one mind, and with the same start.

TensorFlow's own start waits for an hour for a worker that never comes, and workers with other
settings or data would train nonsense. So each worker tells the chief who it is and what it is
about to do; the chief compares, and sends each its last checkpoint and history, so that a run
goes on although only the chief's machine has its folder.

A message is its length, in eight bytes, and MessagePack. What is received is the network's word:
it is bounded, of a known form, and nothing in it is executed. Nothing is encrypted, here or in
TensorFlow's own traffic.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any, TypeVar

import msgspec

from device.errors import why
from training.distribution.cluster import Cluster, host_and_port
from training.errors import WorkerError

Message = TypeVar("Message", bound=msgspec.Struct)
_MOST_HELLO = 1 << 20
_MOST_ANSWER = 4 << 30
# One that has connected says who it is at once.
_HELLO_S = 10.0
_AGAIN_S = 0.5
# How long others are waited for to be told that there is no training: they read their data first.
_TELLING_S = 30.0


class _Hello(msgspec.Struct):
    """What a worker says: its number, and what it is about to do, or why it does nothing."""

    worker: int
    about: dict[str, Any]
    failed: str = ""


class _Answer(msgspec.Struct):
    """What the chief says to that: why not, or the files to go on from, by name."""

    refused: str = ""
    files: dict[str, bytes] = {}


def check_port(cluster: Cluster) -> None:
    """Raise WorkerError where this worker's port is taken, or not its own to listen at."""
    _listen(cluster).close()


def receive(cluster: Cluster, about: Mapping[str, Any], limit_s: float) -> dict[str, bytes]:
    """Wait until the chief has everybody; return the files that it sends, by name.

    about: what this worker is about to do, which the chief compares with its own.

    Raises WorkerError where the chief does not answer within ``limit_s``, or refuses.
    """
    with _connect(cluster, time.monotonic() + limit_s) as connection:
        # The chief waits as long for others; its own word on who is missing should come first.
        connection.settimeout(limit_s + _HELLO_S)
        try:
            _send(connection, _Hello(cluster.index, dict(about)))
            answer = _next_message(connection, _Answer, _MOST_ANSWER)
        except (OSError, ValueError) as error:
            raise WorkerError(
                f"{cluster.name(0)} broke off before all were there ({why(error) or 'no reason'}): "
                "start the same command on all machines again"
            ) from error
    if answer.refused:
        raise WorkerError(answer.refused)
    return answer.files


def gather(
    cluster: Cluster, about: Mapping[str, Any], files: Mapping[str, bytes], limit_s: float
) -> None:
    """Wait for all workers; send each the ``files``, by name.

    Raises WorkerError where one does not come within ``limit_s``, naming the addresses, or is
    about to do something else, or has failed.
    """
    until = time.monotonic() + limit_s
    guests: dict[int, socket.socket] = {}
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(cluster))
        try:
            while len(guests) < len(cluster.workers) - 1:
                connection, hello = _next_guest(listener, cluster, guests, until)
                stack.enter_context(connection)
                if hello.worker in guests:  # it was started anew meanwhile
                    guests[hello.worker].close()
                guests[hello.worker] = connection
                _compare(cluster, hello, about)
        except WorkerError as error:
            _refuse(listener, cluster, guests, str(error), min(until, _soon()))
            raise
        for worker, connection in guests.items():
            try:
                _send(connection, _Answer(files=dict(files)))
            except OSError as error:
                raise WorkerError(
                    f"{cluster.name(worker)} went away ({why(error)}): "
                    "start the same command on all machines again"
                ) from error


def break_off(cluster: Cluster, reason: str, limit_s: float) -> None:
    """Tell the others, where they come within ``limit_s`` or soon, that this worker has failed."""
    until = min(time.monotonic() + limit_s, _soon())
    with suppress(WorkerError, OSError):  # who cannot be told finds nobody, and says so
        if cluster.index:
            with _connect(cluster, until) as connection:
                _send(connection, _Hello(cluster.index, {}, reason))
            return
        with _listen(cluster) as listener:
            _refuse(listener, cluster, {}, _failed(cluster, 0, reason), until)


def _refuse(
    listener: socket.socket,
    cluster: Cluster,
    guests: Mapping[int, socket.socket],
    reason: str,
    until: float,
) -> None:
    """Tell the ``guests``, and those who come before the clock says ``until``."""
    told = {}
    with suppress(WorkerError), ExitStack() as stack:
        for worker, connection in guests.items():
            told[worker] = connection
            with suppress(OSError):
                _send(connection, _Answer(refused=reason))
        while len(told) < len(cluster.workers) - 1:
            connection, hello = _next_guest(listener, cluster, told, until)
            told[hello.worker] = stack.enter_context(connection)
            with suppress(OSError):
                _send(connection, _Answer(refused=reason))


def _soon() -> float:
    return time.monotonic() + _TELLING_S


def _failed(cluster: Cluster, worker: int, reason: str) -> str:
    return f"{cluster.name(worker)} has failed: {reason}"


def _listen(cluster: Cluster) -> socket.socket:
    _, port = host_and_port(cluster.own)
    try:
        # On all addresses, as TensorFlow's own server: the name may be that of a router before us.
        if socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64
            )
        return socket.create_server(("", port), backlog=64)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "another program listens there" if taken else why(error)
        raise WorkerError(
            f"cannot listen at {cluster.own}, which is {cluster.name(cluster.index)}: {reason}: "
            "end that, or give another port on all machines"
        ) from error


def _next_guest(
    listener: socket.socket, cluster: Cluster, guests: Mapping[int, socket.socket], until: float
) -> tuple[socket.socket, _Hello]:
    """Return the next worker that says who it is; others that connect are passed over."""
    while (left := until - time.monotonic()) > 0:
        listener.settimeout(left)
        with suppress(OSError), ExitStack() as stack:
            connection = stack.enter_context(listener.accept()[0])
            connection.settimeout(_HELLO_S)
            with suppress(ValueError):
                hello = _next_message(connection, _Hello, _MOST_HELLO)
                if 0 < hello.worker < len(cluster.workers):
                    stack.pop_all()
                    return connection, hello
    missing = [n for n in range(1, len(cluster.workers)) if n not in guests]
    raise WorkerError(
        f"no answer from {', '.join(cluster.name(n) for n in missing)}: "
        "start the same command there too; the port must be open between the machines"
    )


def _compare(cluster: Cluster, hello: _Hello, ours: Mapping[str, Any]) -> None:
    """Raise WorkerError where a worker has failed, or is about to do something else."""
    if hello.failed:
        raise WorkerError(_failed(cluster, hello.worker, hello.failed))
    for key, value in ours.items():
        if hello.about.get(key) != value:
            raise WorkerError(
                f"{cluster.name(hello.worker)} has {key} = {hello.about.get(key)}, the chief "
                f"{value}: give the same command, data and program on all machines"
            )


def _connect(cluster: Cluster, until: float) -> socket.socket:
    """Return a connection to the chief, who may come later than this worker."""
    reason = "no answer"
    while (left := until - time.monotonic()) > 0:
        try:
            return socket.create_connection(host_and_port(cluster.workers[0]), timeout=left)
        except OSError as error:
            reason = why(error)
            threading.Event().wait(min(_AGAIN_S, left))
    raise WorkerError(
        f"{cluster.name(0)} does not answer ({reason}): start the same command there "
        "too; the port must be open between the machines"
    )


def _send(connection: socket.socket, message: msgspec.Struct) -> None:
    content = msgspec.msgpack.encode(message)
    connection.sendall(len(content).to_bytes(8, "big") + content)


def _next_message(connection: socket.socket, kind: type[Message], most: int) -> Message:
    """Return the one message of ``connection``.

    Raises ValueError where it is longer than ``most`` bytes, cut off, or of another form.
    """
    with connection.makefile("rb") as stream:
        size = int.from_bytes(stream.read(8), "big")
        if size > most:
            raise ValueError(f"a message of {size:,} bytes")
        return msgspec.msgpack.decode(stream.read(size), type=kind)
