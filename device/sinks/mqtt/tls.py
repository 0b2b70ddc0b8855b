"""How the broker is made sure of; there is no way to do without that."""

from __future__ import annotations

import ssl
from pathlib import Path

from device.errors import ConfigError, why


class _Socket(ssl.SSLSocket):
    """Closes itself where no encrypted connection comes to be; who asked for it has gone."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def open_tls(ca_file: str, cert_file: str, key_file: str) -> ssl.SSLContext:
    """Return how connections are encrypted.

    ca_file: the authorities that are trusted; "" for the system's.
    cert_file, key_file: what this device shows of itself; "" for nothing.

    Raises ConfigError, naming the file, where one cannot be used.
    """
    for name, text in (("ca_file", ca_file), ("cert_file", cert_file), ("key_file", key_file)):
        _check_file(name, text)
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(
            f"[mqtt] ca_file {ca_file}: no certificates in PEM form: {_why(error)}"
        ) from error
    # From Python 3.13 on by default: it refuses what people made for their homes, for form's
    # sake, as an authority that does not say what its key is for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if cert_file:
        try:
            # A key with a password would be asked for on the terminal.
            context.load_cert_chain(cert_file, key_file, password=lambda: "")
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"[mqtt] cert_file {cert_file}, key_file {key_file}: "
                f"no certificate with its key, unlocked, in PEM form: {_why(error)}"
            ) from error
    context.sslsocket_class = _Socket
    return context


def _check_file(name: str, text: str) -> None:
    try:
        if text:
            Path(text).open("rb").close()
    except OSError as error:
        raise ConfigError(f"[mqtt] {name} {text}: cannot be read: {why(error)}") from error


def _why(error: OSError | ValueError) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return str(reason).lower().replace("_", " ")
