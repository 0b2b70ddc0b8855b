"""What the user wants on the card: host name, Wi-Fi, who may log in. Checked before all else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from flash.errors import WRONG_USE, FlashError

HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
USER = re.compile(r"[a-z][a-z0-9-]{0,30}")
TAKEN = {"root", "mien", "daemon", "nobody", "rpi-first-boot-wizard"}
COUNTRY = re.compile(r"[A-Z]{2}")
KEY_KINDS = re.compile(
    r"ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com"
)
PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|PuTTY-User-Key-File|^SSH PRIVATE KEY", re.M)
LONGEST_SSID = 32
LARGEST_FILE = 1 << 16


@dataclass(frozen=True)
class Wifi:
    """A network. ``key`` is WPA2's 256 bits as hexadecimal digits, never the password itself."""

    ssid: str
    key: str = field(repr=False)
    country: str


@dataclass(frozen=True)
class Settings:
    """All of it. What is None, and keys that are not given, leave the system as it is."""

    hostname: str | None = None
    wifi: Wifi | None = None
    user: str = "pi"
    ssh_keys: tuple[str, ...] = ()


def check_hostname(name: str) -> str:
    """Return the name; raises FlashError for one that no network would take."""
    if not HOSTNAME.fullmatch(name):
        raise FlashError(
            f"HOSTNAME={name!r}: a host name is 1 to 63 small letters, digits and hyphens, "
            "and neither begins nor ends with a hyphen",
            WRONG_USE,
        )
    return name


def check_user(name: str) -> str:
    """Return the name; raises FlashError for one that cannot be made."""
    if not USER.fullmatch(name) or name in TAKEN:
        raise FlashError(
            f"SSH_USER={name!r}: a user's name is a small letter and up to 30 more, digits or "
            f"hyphens, and none of {', '.join(sorted(TAKEN))}",
            WRONG_USE,
        )
    return name


def read_ssh_keys(path: Path) -> tuple[str, ...]:
    """Return the public keys in a file. Raises FlashError for a private key and for none."""
    text = _read(path, "SSH_KEY")
    if PRIVATE.search(text):
        raise FlashError(
            f"SSH_KEY={path} is a private key, which must stay with you: give the public one, "
            f"which is usually {path}.pub",
            WRONG_USE,
        )
    lines = [line.strip() for line in text.splitlines()]
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys:
        raise FlashError(f"SSH_KEY={path} has no key in it", WRONG_USE)
    for number, key in enumerate(keys, start=1):
        if not _is_public_key(key):
            raise FlashError(
                f"SSH_KEY={path}: key {number} is no public key of SSH (it would begin with "
                "'ssh-ed25519', 'ssh-rsa' or 'ecdsa-sha2-')",
                WRONG_USE,
            )
    return keys


def _is_public_key(line: str) -> bool:
    kind, _, rest = line.partition(" ")
    if not KEY_KINDS.fullmatch(kind) or not line.isprintable():
        return False
    try:
        raw = base64.b64decode(rest.split(" ")[0], validate=True)
    except binascii.Error:
        return False
    length = int.from_bytes(raw[:4], "big")
    return raw[4 : 4 + length] == kind.encode() and len(raw) > 4 + length + 8


def read_password(path: Path) -> str:
    """Return the Wi-Fi's password, which is all that is in a file. Raises FlashError."""
    return _read(path, "WIFI_PASSWORD_FILE").rstrip("\r\n")


def wifi(ssid: str, password: str, country: str, place: str) -> Wifi:
    """Return the network, its password, which came from ``place``, turned into WPA2's key.

    Raises FlashError, which never names the password.
    """
    name = ssid.encode()
    if not 1 <= len(name) <= LONGEST_SSID or not ssid.isprintable():
        raise FlashError(
            f"WIFI_SSID={ssid!r}: a network's name has 1 to {LONGEST_SSID} bytes, "
            f"and this one has {len(name)}"
            + ("" if ssid.isprintable() else ", some of which cannot be printed"),
            WRONG_USE,
        )
    if not COUNTRY.fullmatch(country):
        raise FlashError(
            f"WIFI_COUNTRY={country!r}: two capital letters, such as FR: a Pi's Wi-Fi stays off "
            "until it knows the country whose rules hold",
            WRONG_USE,
        )
    return Wifi(ssid, wpa_key(password, name, place), country)


def wpa_key(password: str, ssid: bytes, place: str) -> str:
    """Return WPA2's key for a password; 64 hexadecimal digits are the key already.

    Raises FlashError, which names the place and never the password.
    """
    raw = password.encode()
    if re.fullmatch(r"[0-9A-Fa-f]{64}", password):
        return password.lower()
    if not 8 <= len(raw) <= 63 or not password.isprintable():
        odd = "" if password.isprintable() else ", and signs that cannot be printed"
        raise FlashError(
            f"{place}: a Wi-Fi password has 8 to 63 bytes on one line; "
            f"this one has {len(raw)}{odd}",
            WRONG_USE,
        )
    return hashlib.pbkdf2_hmac("sha1", raw, ssid, 4096, 32).hex()


def _read(path: Path, option: str) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise FlashError(f"{option}={path}: {error.strerror}", WRONG_USE) from error
    try:
        if len(raw) > LARGEST_FILE:
            raise ValueError
        return raw.decode("utf-8")
    except ValueError:
        raise FlashError(f"{option}={path} is no small text file", WRONG_USE) from None
