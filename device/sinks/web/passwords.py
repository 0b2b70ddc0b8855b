"""Passwords: made up, hashed and compared."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass

from device import program
from device.errors import ConfigError

# No letter or digit that looks like another one: 31 of them.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4  # 16 of 31: 79 bits
# 16 MB and half a second on a Raspberry Pi Zero 2 W.
_LOG2_N, _R, _P = 14, 8, 1
_SALT_BYTES, _KEY_BYTES = 16, 32
_MAX_MEMORY_BYTES = 256 * 2**20
_FORM = re.compile(r"scrypt\$n=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([\w+/=-]{22,88})\$([\w+/=-]{43,88})")
# Longer ones are refused before any work is done on them.
LONGEST = 256


@dataclass(frozen=True)
class PasswordHash:
    """A salted hash of a password, as its text says: ``scrypt$n=14,r=8,p=1$SALT$KEY``.

    Raises ConfigError where ``text`` is no such hash, or asks for too much or too little work.
    """

    text: str

    def __post_init__(self) -> None:
        self._parts()

    def fits(self, password: str) -> bool:
        """Tell whether ``password`` is the one; takes long, and memory, on purpose."""
        if len(password) > LONGEST:
            return False
        log2_n, r, p, salt, key = self._parts()
        return secrets.compare_digest(_key(password, salt, log2_n, r, p, len(key)), key)

    def _parts(self) -> tuple[int, int, int, bytes, bytes]:
        found = _FORM.fullmatch(self.text)
        advice = f"give what {program.NAME} password prints"
        if not found:
            raise ConfigError(f"password_hash: not a hash of a password: {advice}")
        log2_n, r, p = (int(found[index]) for index in (1, 2, 3))
        if not (10 <= log2_n <= 17 and 1 <= r <= 16 and 1 <= p <= 4):
            raise ConfigError(f"password_hash: n={log2_n},r={r},p={p} is out of range: {advice}")
        try:
            salt, key = (base64.b64decode(found[index], validate=True) for index in (4, 5))
        except binascii.Error as error:
            raise ConfigError(f"password_hash: it is damaged ({error}): {advice}") from error
        return log2_n, r, p, salt, key


def hash_password(password: str) -> PasswordHash:
    """Return a new hash of ``password``, with a salt of its own.

    Raises ConfigError for one that is empty or too long.
    """
    if not 1 <= len(password) <= LONGEST:
        raise ConfigError(f"a password has 1 to {LONGEST} characters, got {len(password)}")
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _key(password, salt, _LOG2_N, _R, _P, _KEY_BYTES)
    ends = (base64.b64encode(part).decode("ascii") for part in (salt, key))
    return PasswordHash("$".join(["scrypt", f"n={_LOG2_N},r={_R},p={_P}", *ends]))


def make_password() -> str:
    """Return a password that nobody can guess and anybody can type: ``k4mw-x9ta-…``."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def _key(password: str, salt: bytes, log2_n: int, r: int, p: int, length: int) -> bytes:
    text = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(
        text, salt=salt, n=2**log2_n, r=r, p=p, maxmem=_MAX_MEMORY_BYTES, dklen=length
    )
