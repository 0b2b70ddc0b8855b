"""From one release to another in one step, and back where the new one is not well."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from installer.errors import InstallError
from installer.files import point, remove, sync_folder, write_whole
from installer.layout import Layout
from installer.release import in_use, one_before, proven
from installer.service import Manager, Patience, units_of


def in_order(folder: Path, manager: Manager, layout: Layout, *, start: bool) -> bool:
    """Whether the release in ``folder`` is the one in use, and all that belongs to it is there."""
    if in_use(layout) != folder or layout.trial.exists():
        return False
    if any(not _same(target, source) for target, source in _outside(folder, layout)):
        return False
    return not (start and manager.runs) or manager.is_active()


def settle(manager: Manager, layout: Layout) -> None:
    """End the trial of a release that was started since, at a boot, and is up."""
    folder = in_use(layout)
    if folder and layout.trial.exists() and manager.is_up_from(folder):
        remove(layout.trial)


def switch(
    folder: Path, manager: Manager, layout: Layout, undo: ExitStack, patience: Patience | None
) -> None:
    """Use the release in ``folder``; without patience it is not started now.

    Raises InstallError where it is not well; ``undo`` then uses the one before again. One that
    was well before stays, for there is none that is known better.
    """
    back = proven(layout)
    if back != folder:
        undo.callback(_keep_before, one_before(layout), layout)  # last, once ``back`` is in use
        undo.callback(_return_to, back, manager, layout, patience)
        if back and back != one_before(layout):
            point(layout.previous, back)
        layout.trial.touch()
    _use(folder, manager, layout)
    if back == folder:
        remove(layout.trial)
    if patience and manager.runs:
        _see_it_well(folder, manager, patience)
    elif manager.runs:
        print(f"Mien {folder.name} is installed; it starts with the next boot")
    else:
        print(
            f"Mien {folder.name} is installed. systemd does not run here: it starts with the "
            "next boot, or with: sudo systemctl start mien"
        )
    if patience or not manager.runs:
        remove(layout.trial)
    sync_folder(layout.home)


def _outside(folder: Path, layout: Layout) -> list[tuple[Path, Path]]:
    """What lies outside the release's folder, each with where it comes from."""
    pairs = [(layout.units / unit.name, unit) for unit in units_of(folder)]
    return [*pairs, (layout.command, folder / "systemd/mien")]


def _same(target: Path, source: Path) -> bool:
    return target.is_file() and target.read_bytes() == source.read_bytes()


def _use(folder: Path, manager: Manager, layout: Layout) -> None:
    point(layout.current, folder)
    manager.place(folder)
    write_whole(layout.command, (folder / "systemd/mien").read_bytes(), 0o755)
    manager.enable(folder)


def _see_it_well(folder: Path, manager: Manager, patience: Patience) -> None:
    print(f"starting Mien {folder.name}", flush=True)
    try:
        manager.restart(patience)
    except InstallError as error:
        said = manager.journal().rstrip()
        lines = f"; the journal's last lines:\n{said}" if said else ""
        raise InstallError(f"Mien {folder.name} does not run: {error}{lines}") from error
    print(f"Mien {folder.name} runs: systemctl status mien")


def _keep_before(before: Path | None, layout: Layout) -> None:
    """Let ``before`` be the release to go back to again, also where another one failed since."""
    if before and before.is_dir() and before != in_use(layout):
        point(layout.previous, before)


def _return_to(
    back: Path | None, manager: Manager, layout: Layout, patience: Patience | None
) -> None:
    """Use the release ``back`` again, or none where there was none."""
    if back is None:
        manager.stop()
        manager.forget()
        for path in (layout.command, layout.current, layout.previous, layout.trial):
            remove(path)
        return
    _use(back, manager, layout)
    remove(layout.trial)
    if one_before(layout) is None:
        remove(layout.previous)
    told = f"back to Mien {back.name}"
    if manager.runs and patience:
        try:
            manager.restart(patience)
        except InstallError as error:
            told += f", but that does not run either: {error}"
    print(told, flush=True)
