"""Installs, upgrades and goes back. What fails leaves the machine as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

from installer import accounts
from installer.environment import NETWORK_BYTES, SLACK_BYTES, make_environment
from installer.errors import WRONG_USE, InstallError
from installer.files import locked, point, remove, sync_folder, write_whole
from installer.layout import Layout
from installer.machine import Machine, find_machine, is_raspberry_pi, room_bytes
from installer.release import (
    PARTIAL,
    Release,
    content_bytes,
    copy_content,
    describe,
    in_use,
    one_before,
    prune,
    read_facts,
    sweep,
    write_facts,
)
from installer.service import Manager, Patience
from installer.trying import try_release
from installer.wheelhouse import Wheelhouse, find_wheelhouse

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
    with locked(layout):
        swept = sweep(layout)
        if swept:
            print(f"removed what an interrupted installation left: {', '.join(swept)}")
        machine = _with_picamera2(machine, layout)
        screen = machine.display if wanted.screen is None else wanted.screen
        release = describe(wanted.tree, machine, screen=screen)
        folder = layout.releases / release.id
        with ExitStack() as undo:
            if not folder.exists():
                _build(release, folder, wanted, machine, layout, undo)
            changed = _place(folder, layout, undo)
            _switch(folder, changed, wanted, layout, undo)
            undo.pop_all()
        prune(layout)


def go_back(wanted: Wanted, layout: Layout) -> None:
    """Use the release before the one in use."""
    with locked(layout):
        before, now = one_before(layout), in_use(layout)
        if before is None or now is None:
            raise InstallError("there is no release before this one to go back to")
        with ExitStack() as undo:
            changed = _place(before, layout, undo)
            _switch(before, changed, wanted, layout, undo)
            undo.pop_all()


def _refuse_strangers(layout: Layout) -> None:
    if layout.home.is_dir():
        others = sorted(p.name for p in layout.home.iterdir() if not p.name.startswith("."))
        others = [name for name in others if name not in OURS]
        if others:
            raise InstallError(
                f"{layout.home} holds something else ({', '.join(others[:3])}): move it away",
                WRONG_USE,
            )


def _with_picamera2(machine: Machine, layout: Layout) -> Machine:
    """Fetch a Pi camera's driver from Debian, where there is one to be had."""
    if machine.picamera2 or not layout.live or machine.architecture == "amd64":
        return machine
    if shutil.which("apt-get") is None:
        return machine
    limits = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15"]
    if is_raspberry_pi():
        _quietly("apt-get", "update", *limits)
    policy = subprocess.run(
        ["apt-cache", "policy", "python3-picamera2"], capture_output=True, text=True, check=False
    )
    if "Candidate:" not in policy.stdout or "Candidate: (none)" in policy.stdout:
        return machine
    print("fetching python3-picamera2, for a Pi camera", flush=True)
    options = ["--yes", "--no-install-recommends", *limits]
    if not _quietly("apt-get", "install", *options, "python3-picamera2"):
        print("it cannot be had now: a Pi camera will not be found, a USB webcam will")
    invalidate_caches()
    return replace(machine, picamera2=find_spec("picamera2") is not None)


def _quietly(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    return done.returncode == 0


def _build(
    release: Release,
    folder: Path,
    wanted: Wanted,
    machine: Machine,
    layout: Layout,
    undo: ExitStack,
) -> None:
    """Make the release's folder, whole and tried, beside those that are there."""
    wheels = find_wheelhouse(wanted.wheelhouse, wanted.tree, machine)
    _check_room(wanted.tree, wheels, layout)
    _make_folder(layout.releases, undo)
    part = layout.releases / f"{PARTIAL}{release.id}"
    undo.callback(_remove_all, part)
    print(f"building Mien {release.id}" + (f" from {wheels.folder}" if wheels else ""), flush=True)
    part.mkdir()
    copy_content(wanted.tree, part)
    make_environment(part, machine, wheels, screen=release.screen)
    print("trying it", flush=True)
    try_release(part, layout, release.version)
    write_facts(release, part)
    os.sync()
    undo.callback(_remove_all, folder)
    part.rename(folder)
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


def _make_folder(folder: Path, undo: ExitStack, mode: int = 0o755) -> None:
    """Make a folder and those above it; taken away again in case of failure."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=mode if path == folder else 0o755)
        undo.callback(_rmdir, path)


def _rmdir(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _remove_all(path: Path) -> None:
    remove(path)


def _place(folder: Path, layout: Layout, undo: ExitStack) -> bool:
    """Make user, settings and folders where they are missing; return whether any was."""
    changed = False
    if layout.live:
        if accounts.make_user(layout.state):
            undo.callback(accounts.remove_user)
            changed = True
        person = os.environ.get("SUDO_USER", "")
        if accounts.let_read(person):
            print(f"{person} may read the log from the next login on (group mien)")
    for place in (layout.state, layout.log):
        changed |= not place.exists()
        _make_folder(place, undo, 0o750)
        if layout.live:
            accounts.give(place, accounts.NAME, 0o750)
    return _place_settings(folder, layout, undo) or changed


def _place_settings(folder: Path, layout: Layout, undo: ExitStack) -> bool:
    """Put the default settings in place, or, where there are others, beside them."""
    default = (folder / "systemd/mien.toml").read_bytes()
    path, beside = layout.settings, layout.settings.with_name("mien.toml.new")
    _make_folder(path.parent, undo)
    if not path.exists():
        undo.callback(_remove_all, path)
        write_whole(path, default, 0o640)
        if layout.live:
            accounts.give(path, "root", 0o640)
        return True
    before = in_use(layout)
    known = before / "systemd/mien.toml" if before else None
    if default == path.read_bytes():
        return remove(beside)
    if known and known.is_file() and known.read_bytes() == default:
        return False
    print(f"your settings are kept; this version's own are in {beside}")
    return write_whole(beside, default, 0o644)


def _switch(folder: Path, changed: bool, wanted: Wanted, layout: Layout, undo: ExitStack) -> None:
    """Let the release in ``folder`` be the one in use, and see that it is well."""
    manager = Manager(layout)
    before = in_use(layout)
    same = before == folder and not layout.trial.exists()
    if same and not _misplaced(folder, layout) and not (manager.runs and not manager.is_active()):
        told = "" if changed else "; nothing to do"
        print(f"Mien {folder.name} is installed and in use{told}")
        return
    back = one_before(layout) if before == folder else before
    with ExitStack() as forget:
        forget.callback(_return_to, back, manager, layout, wanted.patience)
        if back and before != folder:
            point(layout.previous, back)
        layout.trial.touch()
        _use(folder, manager, layout)
        _see_it_well(folder, manager, wanted)
        layout.trial.unlink()
        sync_folder(layout.home)
        forget.pop_all()


def _misplaced(folder: Path, layout: Layout) -> bool:
    pairs = [(layout.command, folder / "systemd/mien")]
    pairs += [(layout.units / path.name, path) for path in (folder / "systemd").glob("*.service")]
    return any(
        source.exists() and not (target.is_file() and target.read_bytes() == source.read_bytes())
        for target, source in pairs
    )


def _use(folder: Path, manager: Manager, layout: Layout) -> None:
    point(layout.current, folder)
    manager.place(folder)
    command = folder / "systemd/mien"
    if command.is_file():
        write_whole(layout.command, command.read_bytes(), 0o755)
    manager.enable(folder)


def _see_it_well(folder: Path, manager: Manager, wanted: Wanted) -> None:
    if not (manager.runs and wanted.start):
        print(f"Mien {folder.name} is installed. It starts at the next boot, or with: "
              "sudo systemctl start mien")  # fmt: skip
        return
    print("starting it", flush=True)
    try:
        manager.restart(wanted.patience)
    except InstallError as error:
        said = manager.journal().rstrip()
        lines = f"; the journal's last lines:\n{said}" if said else ""
        raise InstallError(f"Mien {folder.name} does not run: {error}{lines}") from error
    print(f"Mien {folder.name} runs: systemctl status mien")


def _return_to(back: Path | None, manager: Manager, layout: Layout, patience: Patience) -> None:
    """Use the release ``back`` again, or none where there was none."""
    if back is None or not read_facts(back):
        manager.stop()
        manager.forget()
        for path in (layout.command, layout.current, layout.previous, layout.trial):
            remove(path)
        return
    _use(back, manager, layout)
    remove(layout.trial)
    if one_before(layout) is None:
        remove(layout.previous)
    told = f"back at {back.name}"
    if manager.runs:
        try:
            manager.restart(patience)
        except InstallError as error:
            told += f", but: {error}"
    print(told, flush=True)


Step = Callable[[Wanted, Layout], None]
