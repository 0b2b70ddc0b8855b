"""Who may see the page: a password, then a cookie; for scripts HTTP Basic."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import math
import secrets

from starlette.requests import Request

from device.sinks.web.logins import LASTS_S, Logins
from device.sinks.web.passwords import PasswordHash
from device.sinks.web.refusal import Refusal, busy
from device.sinks.web.tries import Tries
from device.sinks.web.work import Work

COOKIE = "mien"
USER = "mien"
# A hash takes 16 MB while it is made. So many may wait for theirs.
_WAITING = 8


class Auth:
    """Checks passwords, one at a time, and remembers who gave the right one.

    password_hash: of the password; None where none is needed.
    """

    def __init__(self, password_hash: PasswordHash | None, work: Work) -> None:
        self._hash = password_hash
        self._work = work
        self._tries = Tries()
        self._logins = Logins()
        self._one = asyncio.Lock()
        self._waiting = 0
        # A script sends its password with every request: hashing each would cost the
        # reading. What fitted once is known by a keyed digest, for this run alone.
        self._key = secrets.token_bytes(32)
        self._fitted: bytes | None = None

    @property
    def needed(self) -> bool:
        """Whether the page asks for a password."""
        return self._hash is not None

    def token_of(self, request: Request) -> str:
        """Return the token in a request's cookie; "" for none."""
        # Not with http.cookies: one odd cookie of another program on this host would hide ours.
        return request.cookies.get(COOKIE, "")

    def holds(self, token: str) -> bool:
        """Tell whether ``token`` is of somebody who has logged in; always, without a password."""
        return not self.needed or self._logins.holds(token)

    async def log_in(self, password: str, address: str) -> str:
        """Return the cookie of a new login.

        Raises Refusal for a wrong password (401), or too many of them (429).
        """
        await self._check(password, address)
        return _cookie(self._logins.begin(), round(LASTS_S))

    def log_out(self, token: str) -> str:
        """End a login; return the cookie that takes its own away."""
        self._logins.end(token)
        return _cookie("", 0)

    async def check_basic(self, header: str, address: str) -> None:
        """Check the header Authorization. Raises Refusal as ``log_in``."""
        kind, _, content = header.partition(" ")
        try:
            text = base64.b64decode(content.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            text = ""
        user, colon, password = text.partition(":")
        if kind.lower() != "basic" or not colon:
            raise Refusal(401, f"log in first, or give HTTP Basic as user {USER}")
        await self._check(password if user == USER else "", address)

    async def _check(self, password: str, address: str) -> None:
        self._refuse_early(address)
        if self._waiting >= _WAITING:
            raise busy("too many passwords to check at once: try again in some seconds")
        self._waiting += 1
        try:
            async with self._one:  # each guess counts before the next is looked at
                self._refuse_early(address)
                if not await self._fits(password):
                    self._tries.wrong(address)
                    raise Refusal(401, "that is not the password")
        finally:
            self._waiting -= 1
        self._tries.right(address)

    async def _fits(self, password: str) -> bool:
        digest = hmac.digest(self._key, password.encode("utf-8", "surrogatepass"), "sha256")
        if self._fitted is not None and hmac.compare_digest(digest, self._fitted):
            return True
        fits = self._hash is None or await self._work.do(self._hash.fits, password)
        if fits:
            self._fitted = digest
        return fits

    def _refuse_early(self, address: str) -> None:
        pause_s = math.ceil(self._tries.pause_s(address))
        if pause_s:
            raise Refusal(
                429,
                f"too many wrong passwords: try again in {pause_s} s",
                {"Retry-After": str(pause_s)},
            )


def _cookie(token: str, lasts_s: int) -> str:
    return f"{COOKIE}={token}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Strict"
