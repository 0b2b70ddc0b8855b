"""Where the page listens, under which names it may be asked for, and by whom."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import threading
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from device.errors import why

_log = logging.getLogger(__name__)

# "::1" and the like stand in brackets; a port may follow.
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_])?)(:\d{1,5})?")
_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}
AGAIN_S = 10.0
_BACKLOG = 64
# What lies unread in the kernel is a picture that is old when it is seen.
_SEND_BYTES = 65_536


def is_loopback(host: str) -> bool:
    """Tell whether only this machine itself reaches the address ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: who knows where it leads
        return False


class Listener:
    """The socket that the page listens on.

    again_s: how long it waits before it tries a port that is taken once more.
    """

    def __init__(self, host: str, port: int, *, again_s: float = AGAIN_S) -> None:
        self._host = "127.0.0.1" if host == "localhost" else host
        self._port = port
        self._again_s = again_s
        self._reason = ""
        self.socket: socket.socket | None = None
        self.open()

    def open(self) -> bool:
        """Try to listen; return whether that worked."""
        try:
            self.socket = _listen(self._host, self._port)
            self._port = self.socket.getsockname()[1]
        except OSError as error:
            self._reason = why(error)
        except UnicodeError:  # too long a name, or two dots
            self._reason = "that is no name of a host"
        return self.socket is not None

    def wait(self, closing: threading.Event) -> socket.socket | None:
        """Return the socket when it could be opened; None where ``closing`` is set before.

        One warning says that it has to be waited for.
        """
        if self.socket is None:
            _log.warning(
                "web page: cannot listen on %s port %d: %s: tried again every %g s; "
                "give another port under [page], or stop what has it",
                self._host, self._port, self._reason, self._again_s,
            )  # fmt: skip
        while self.socket is None:
            if closing.wait(self._again_s):
                return None
            self.open()
        return self.socket

    def close(self) -> None:
        """Listen no longer."""
        if self.socket is not None:
            self.socket.close()

    @property
    def url(self) -> str:
        """Where a browser finds the page."""
        return page_url(self._host, self._port)


def page_url(host: str, port: int) -> str:
    """Return where a browser finds the page that listens on ``host``, of any address or one."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - asked about, not bound to
        host = own_address()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _listen(host: str, port: int) -> socket.socket:
    kind, protocol = socket.SOCK_STREAM, socket.IPPROTO_TCP
    found = socket.getaddrinfo(host, port, type=kind, proto=protocol, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    # With its protocol named: asyncio turns off Nagle's delay of 40 ms only then.
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def own_address() -> str:
    """Return this machine's address in its network, or its name where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a route, and sends nothing
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


class Names:
    """The names that the page may be asked for under; any other is a trick (DNS rebinding).

    further: names beside localhost and the machine's own.
    """

    def __init__(self, further: Iterable[str] = ()) -> None:
        own = socket.gethostname().lower()
        short = own.split(".")[0]
        self._known = {*_LOOPBACK_NAMES, own, short, f"{short}.local"}
        self._known |= {name.lower() for name in further}

    def know(self, host: str, came_in_on: str) -> bool:
        """Tell whether the header ``host`` names this machine, with or without a port.

        came_in_on: the address of this machine that the connection was made to.
        """
        found = _HOST.fullmatch(host.lower())
        if not found:
            return False
        address = _address(found[1])
        return found[1] in self._known or (address is not None and address == _address(came_in_on))


def _address(text: str) -> str | None:
    """Return an address in its plain form; one that is no address is like no other."""
    try:
        found = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from the page itself, or from no page at all."""
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc == headers.get("host")


def is_cross_site(headers: Mapping[str, str]) -> bool:
    """Tell whether another site's page asks for something, and not a person for a page."""
    site = headers.get("sec-fetch-site", "none")
    return site not in ("same-origin", "none") and headers.get("sec-fetch-mode") != "navigate"
