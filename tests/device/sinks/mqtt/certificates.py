"""An authority and certificates, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="needs the package openssl")


class Authority:
    """A certificate authority in ``folder``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self.certificate = folder / "ca.crt"
        self._key = folder / "ca.key"
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=test authority", "-keyout", self._key,
            "-out", self.certificate,
        )  # fmt: skip

    def issue(self, name: str, alternative: str, *, days: int = 2) -> tuple[Path, Path]:
        """Return a certificate for ``alternative`` ("IP:127.0.0.1") and its key."""
        certificate, key = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        request, more = self._folder / f"{name}.csr", self._folder / f"{name}.txt"
        _openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", request,
        )  # fmt: skip
        more.write_text(f"subjectAltName={alternative}\n")
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
            "-CAcreateserial", "-days", days, "-extfile", more, "-out", certificate,
        )  # fmt: skip
        return certificate, key


def _openssl(*arguments: object) -> None:
    subprocess.run([OPENSSL, *map(str, arguments)], check=True, capture_output=True)
