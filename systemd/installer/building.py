"""A new release, built whole and tried beside those that are there."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from installer.environment import NETWORK_BYTES, SLACK_BYTES, make_environment
from installer.errors import InstallError
from installer.files import make_folder, sync_folder
from installer.layout import Layout
from installer.machine import Machine, room_bytes
from installer.release import (
    PARTIAL,
    Release,
    content_bytes,
    copy_content,
    discard,
    write_facts,
)
from installer.trying import try_release
from installer.wheelhouse import Wheelhouse, find_wheelhouse


def build(
    release: Release,
    tree: Path,
    wheelhouse: Path | None,
    machine: Machine,
    layout: Layout,
    undo: ExitStack,
) -> None:
    """Make the release's folder. It has its name only when all in it is on the disk."""
    wheels = find_wheelhouse(wheelhouse, tree, machine)
    _check_room(tree, wheels, layout)
    make_folder(layout.releases, undo)
    part = layout.releases / f"{PARTIAL}{release.id}"
    undo.callback(discard, part)
    source = wheels.folder if wheels else "the network"
    print(f"building Mien {release.id}, packages from {source}", flush=True)
    part.mkdir()
    copy_content(tree, part)
    make_environment(part, machine, wheels, screen=release.screen)
    print("trying it", flush=True)
    try_release(part)
    write_facts(release, part)
    os.sync()
    undo.callback(discard, layout.releases / release.id)
    part.rename(layout.releases / release.id)
    sync_folder(layout.releases)


def _check_room(tree: Path, wheels: Wheelhouse | None, layout: Layout) -> None:
    needed = content_bytes(tree) + SLACK_BYTES
    needed += wheels.unpacked_bytes() if wheels else NETWORK_BYTES
    free = room_bytes(layout.releases)
    if free < needed:
        raise InstallError(
            f"too little room on the disk for {layout.home}: "
            f"{needed / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free"
        )
