"""Installs, upgrades and goes back. What fails leaves the machine as it was."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from installer import accounts
from installer.building import build
from installer.camera import with_picamera2
from installer.errors import WRONG_USE, InstallError, undoable
from installer.files import locked
from installer.layout import Layout
from installer.machine import find_machine
from installer.placing import place
from installer.release import describe, one_before, prune, read_facts, sweep
from installer.service import Manager, Patience
from installer.switching import in_order, settle, switch
from installer.trying import try_settings

OURS = {"releases", "current", "previous", "trial"}


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for. ``screen`` None: where there is a display."""

    tree: Path
    wheelhouse: Path | None = None
    screen: bool | None = None
    start: bool = True
    patience: Patience = field(default_factory=Patience)


def install(wanted: Wanted, layout: Layout) -> None:
    """Install the tree, or upgrade to it; raises InstallError with nothing changed."""
    machine = find_machine(layout)
    _refuse_strangers(layout)
    with locked(layout), undoable() as undo:
        swept = sweep(layout)
        if swept:
            print(f"removed what an interrupted installation left: {', '.join(swept)}")
        machine = with_picamera2(machine, layout)
        screen = machine.display if wanted.screen is None else wanted.screen
        release = describe(wanted.tree, machine, screen=screen)
        folder = layout.releases / release.id
        if not folder.exists():
            build(release, wanted.tree, wanted.wheelhouse, machine, layout, undo)
        _use(folder, wanted, layout, undo)


def go_back(wanted: Wanted, layout: Layout) -> None:
    """Use the release before the one in use."""
    with locked(layout), undoable() as undo:
        before = one_before(layout)
        if before is None:
            raise InstallError("there is no release before this one to go back to")
        _use(before, wanted, layout, undo)


def _refuse_strangers(layout: Layout) -> None:
    if layout.home.is_dir():
        names = sorted(p.name for p in layout.home.iterdir() if not p.name.startswith("."))
        others = [name for name in names if name not in OURS]
        if others:
            raise InstallError(
                f"{layout.home} holds something else ({', '.join(others[:3])}): move it away",
                WRONG_USE,
            )
    if not layout.command_is_ours():
        raise InstallError(f"{layout.command} is another program: move it away", WRONG_USE)
    if layout.live:
        accounts.refuse_a_person()
        accounts.refuse_without_programs()  # here, and not when all is built


def _use(folder: Path, wanted: Wanted, layout: Layout, undo: ExitStack) -> None:
    manager = Manager(layout)
    settle(manager, layout)
    well = in_order(folder, manager, layout, start=wanted.start)
    if not well:
        try_settings(folder, layout, read_facts(folder)["version"])
    changed = place(folder, layout, undo)
    if well:
        told = "" if changed else ": nothing to do"
        print(f"Mien {folder.name} is installed already{told}")
    else:
        switch(folder, manager, layout, undo, wanted.patience if wanted.start else None)
    prune(layout)
    os.sync()
