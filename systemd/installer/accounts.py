"""The system user that Mien runs as, and who may read its log."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from installer.errors import WRONG_USE, InstallError, last_line

NAME = "mien"
# Cameras; the console screen; touches. Only those that exist.
GROUPS = ("video", "render", "input")
FIRST_PERSON = 1000  # Debian's numbers of people begin here
_GET_PROGRAMS = "sudo apt install passwd"


def refuse_a_person() -> None:
    """Raise InstallError where a person of this machine is called as the service's user is."""
    if _user_exists(NAME) and not _is_ours():
        raise InstallError(
            f"there is a person with the user name {NAME} here, which the service needs: "
            "give that person another name",
            WRONG_USE,
        )


def refuse_without_programs() -> None:
    """Raise InstallError where a program that makes users is missing, as on a minimal Debian."""
    for name in ("useradd", "usermod"):
        if shutil.which(name) is None:
            raise InstallError(f"{name} is missing: {_GET_PROGRAMS}", WRONG_USE)


def make_user(home: Path) -> bool:
    """Make the user and group, in all groups wanted; return whether the user is new."""
    new = not _user_exists(NAME)
    if new:
        shared = ["--gid", NAME] if _group_exists(NAME) else ["--user-group"]
        _change(
            "useradd", "--system", *shared, "--home-dir", str(home), "--no-create-home",
            "--shell", "/usr/sbin/nologin", "--comment", "Mien reads facial expressions", NAME,
        )  # fmt: skip
    wanted = [name for name in GROUPS if _group_exists(name) and not _is_in(NAME, name)]
    if wanted:
        _change("usermod", "--append", "--groups", ",".join(wanted), NAME)
    return new


def remove_user() -> bool:
    """Remove user and group; return whether there were any."""
    there = _user_exists(NAME) or _group_exists(NAME)
    if _user_exists(NAME):
        if not _is_ours():
            return False
        _change("userdel", NAME)
    if _group_exists(NAME):
        _change("groupdel", NAME)
    return there


def let_read(person: str) -> bool:
    """Let the person read the log, by the group; return whether they could not before."""
    if not person or person == "root" or not _user_exists(person) or _is_in(person, NAME):
        return False
    _change("usermod", "--append", "--groups", NAME, person)
    return True


def group() -> int:
    """Return the number of the service's group."""
    return grp.getgrnam(NAME).gr_gid


def give(folder: Path, mode: int) -> None:
    """Let ``folder`` belong to the service's user and group."""
    os.chown(folder, pwd.getpwnam(NAME).pw_uid, group())
    folder.chmod(mode)


def _user_exists(name: str) -> bool:
    return name in {user.pw_name for user in pwd.getpwall()}


def _is_ours() -> bool:
    return pwd.getpwnam(NAME).pw_uid < FIRST_PERSON


def _group_exists(name: str) -> bool:
    return name in {group.gr_name for group in grp.getgrall()}


def _is_in(person: str, group: str) -> bool:
    found = grp.getgrnam(group)
    return person in found.gr_mem or pwd.getpwnam(person).pw_gid == found.gr_gid


def _change(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise InstallError(f"{command[0]} is missing: {_GET_PROGRAMS}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InstallError(f"{' '.join(command)} failed: {last_line(done.stderr)}")
