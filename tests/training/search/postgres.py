"""A PostgreSQL server of a test's own, from the distribution's package."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.in_process import LIMIT_S

_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))


class Postgres:
    """A throw-away cluster in a temporary folder, that listens on a socket there and nowhere else.

    The server refuses to run as root: then it, and the folder, belong to "nobody".
    """

    def __enter__(self) -> Postgres:
        if not _FOLDERS or not (_FOLDERS[-1] / "initdb").exists():
            pytest.skip("no PostgreSQL server here: apt install postgresql")
        # A socket's path may have 107 characters, and pytest's folders are closed to others.
        self._folder = Path(tempfile.mkdtemp(prefix="mien-pg-", dir="/tmp"))
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        try:
            self._run("initdb", "--no-sync", "--auth=trust", "--username=mien", "--no-locale",
                      "--encoding=UTF8")  # fmt: skip
            options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
            begin = ("-w", "-t", LIMIT_S, "-o", options, "-l", self._folder / "log", "start")
            self._run("pg_ctl", *begin)
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        return self

    @property
    def url(self) -> str:
        return f"postgresql://mien@/postgres?unix_sock={self._folder}/.s.PGSQL.5432"

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: object) -> None:
        user = {}
        if self._user is not None:
            user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        # Its output goes to a file: the server would keep a pipe open.
        with (self._folder.with_suffix(".out")).open("w+") as out:
            done = subprocess.run(
                [_FOLDERS[-1] / program, "-D", self._folder / "data", *map(str, arguments)],
                stdout=out, stderr=out, cwd="/", timeout=LIMIT_S, check=False, **user,
            )  # fmt: skip
            out.seek(0)
            said = out.read()
        self._folder.with_suffix(".out").unlink()
        assert done.returncode == 0, said
