"""What lies outside the release: user, settings, and the folders of state and log."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from installer import accounts
from installer.files import make_folder, remove, write_whole
from installer.layout import Layout
from installer.release import in_use


def place(folder: Path, layout: Layout, undo: ExitStack) -> bool:
    """Make what is missing for the release in ``folder``; return whether anything was."""
    changed = layout.live and _make_user(layout, undo)
    for where in (layout.state, layout.log):
        if not where.exists():
            changed = True
            make_folder(where, undo, 0o750)
            undo.callback(remove, where)
        if layout.live:
            accounts.give(where, 0o750)
    make_folder(layout.settings.parent, undo)
    make_folder(layout.units, undo)
    make_folder(layout.command.parent, undo)
    return _place_settings(folder, layout, undo) or changed


def _make_user(layout: Layout, undo: ExitStack) -> bool:
    new = accounts.make_user(layout.state)
    if new:
        undo.callback(accounts.remove_user)
    person = os.environ.get("SUDO_USER", "")
    may_now = accounts.let_read(person)
    if may_now:
        print(f"{person} may read the log from the next login on (group {accounts.NAME})")
    return new or may_now


def _place_settings(folder: Path, layout: Layout, undo: ExitStack) -> bool:
    """Put the default settings in place, or, where there are others, beside them."""
    source = folder / "systemd/mien.toml"
    path, beside = layout.settings, layout.settings.with_name("mien.toml.new")
    if not path.exists():
        undo.callback(remove, path)
        # Of the service's group from the first moment: others may not read it, and what is there
        # is never touched again, whenever the power goes.
        group = accounts.group() if layout.live else None
        write_whole(path, source.read_bytes(), 0o640, group)
        return True
    before = in_use(layout)
    if _without_version(source) == _without_version(path):
        return remove(beside)
    if before and _without_version(before / "systemd/mien.toml") == _without_version(source):
        return False
    if not beside.exists():
        undo.callback(remove, beside)
    written = write_whole(beside, source.read_bytes(), 0o644)
    if written:
        print(f"your settings are kept; this version's own are in {beside}")
    return written


def _without_version(path: Path) -> bytes:
    """Return the settings without their first line, which names the version they are of."""
    return path.read_bytes().partition(b"\n")[2] if path.is_file() else b""
