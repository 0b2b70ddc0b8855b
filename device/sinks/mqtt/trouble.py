"""What went wrong with the broker, in words for people, with what to do."""

from __future__ import annotations

import socket

from device.errors import why

NO_MQTT = "what answers there is no MQTT broker: is the port right?"
SILENT = "it takes the connection and says nothing: is it an MQTT broker?"
CLOSED = "it closes the connection before it answers: is the port right, does it want tls = true?"
LOST = "the connection was lost"
TWINS = "for another of the same name, it seems: give each device its own name as device"

# What a broker says of a message that it will not take the next time either.
_FOR_EVER = {
    "Not authorized",
    "Topic name invalid",
    "Payload format invalid",
    "Packet too large",
}


def is_for_ever(name: str) -> bool:
    """Tell whether a message that is refused for ``name`` is refused the next time, too."""
    return name in _FOR_EVER


def of_network(error: OSError | UnicodeError) -> str:
    """Say why no connection came to be."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"no such host is found: {why(error)}"
    # By name, so that ssl need not be imported where it is not wanted.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "SSLCertVerificationError" in kinds:
        return _of_certificate(getattr(error, "verify_message", "") or str(error))
    if "SSLError" in kinds:
        reason = (getattr(error, "reason", None) or str(error)).lower().replace("_", " ")
        return f"no encrypted connection comes to be: {reason}: is it a port for TLS?"
    if isinstance(error, TimeoutError):
        return "no answer in time: is it switched on, is there a firewall?"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there: does the broker run, is the port right?"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return CLOSED
    return why(error)


def _of_certificate(message: str) -> str:
    text = message[:1].lower() + message[1:].rstrip(".")
    if "not yet valid" in text or "expired" in text:
        advice = "is this machine's clock right?"
    elif "match" in text:
        advice = "give as host the name that the certificate is for"
    else:
        advice = "give its authority's certificate as ca_file"
    return f"its certificate is not trusted: {text}: {advice}"


def of_refusal(name: str, user: str) -> str:
    """Say why the broker does not let us in, by MQTT 5's name for it."""
    if name in ("Bad user name or password", "Not authorized"):
        if user:
            return f"it refuses the user {user!r} or the password"
        return "it wants a user name and a password: give user and password_file"
    if name == "Unsupported protocol version":
        return "it does not speak MQTT 5: a newer broker does (Mosquitto 1.6 or later)"
    return f"it refuses the connection: {name.lower()}"


def of_goodbye(name: str) -> str:
    """Say why the broker ended the connection, by MQTT 5's name for it."""
    if name == "Session taken over":
        return f"it ended the connection {TWINS}"
    return f"it ended the connection: {name.lower()}"
