"""Takes Mien away, all of it or all but what the user made. Half an installation as well."""

from __future__ import annotations

from pathlib import Path

from installer import accounts
from installer.errors import hold_signals
from installer.files import locked, remove, remove_empty
from installer.layout import Layout
from installer.service import Manager, known_units


def uninstall(layout: Layout, *, purge: bool) -> None:
    """Remove the program; with ``purge`` also settings, state, logs, user and group."""
    with locked(layout):
        hold_signals()
        manager = Manager(layout)
        units = known_units(layout)  # of the releases, which are gone soon
        manager.stop()
        manager.forget()
        removed = [remove(path) for path in _program(layout)]
        remove_empty(layout.home)
        if purge:
            drop_ins = [layout.units / f"{name}.d" for name in units]
            removed += [remove(path) for path in (*_made(layout), *drop_ins)]
            if layout.live:
                removed.append(accounts.remove_user())
    _tell(layout, any(removed), purge=purge)


def _program(layout: Layout) -> list[Path]:
    links = [layout.current, layout.previous, layout.trial]
    parts = [path.with_name(f".{path.name}.mien-part") for path in (*links, layout.command)]
    command = [layout.command] if layout.command_is_ours() else []
    return [*command, *links, *parts, layout.releases, layout.runtime]


def _made(layout: Layout) -> list[Path]:
    return [layout.settings.parent, layout.state, layout.log]


def _tell(layout: Layout, was_there: bool, *, purge: bool) -> None:
    kept = [str(path) for path in _made(layout) if path.exists()]
    print("Mien is removed" if was_there else "Mien was not installed")
    if kept and not purge:
        print(f"kept: {', '.join(kept)} (--purge removes them, and the user mien)")
