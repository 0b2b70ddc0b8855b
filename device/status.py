"""How the service is, for people: ``mien status``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from device import __version__, machine, program
from device.aside import put_aside
from device.config import Settings, read_settings
from device.errors import ConfigError, MienError, why
from device.follow import follow
from device.lines import line
from device.model_store import AUTO, DEFAULT, ModelStore
from device.permission import advice
from device.report.numbers import duration
from device.sinks.web.hosts import page_url
from device.tail import records
from device.unit import Unit, read_unit

# As systemctl's own status has it.
RUNS, DOES_NOT_RUN = 0, 3
_BAD_SETTING = 78
_JOURNAL = "sudo journalctl -u mien -n 20 says why"
_CHUNK_BYTES = 1 << 20

# What it finds of a unit, as text; "" for nothing to say.
_Tell = Callable[[Settings, Unit | None], str]


def status(config: Path | None) -> tuple[int, list[str]]:
    """Return the exit code, 0 where the service runs and else 3, and the lines for people.

    config: the settings file. What cannot be told is said, with what to do about it.
    """
    unit = read_unit()
    lines = list(_sentences(unit))
    parts = _OF_UNIT
    settings = Settings()
    try:
        settings = read_settings(config)
        parts = _OF_UNIT | _OF_SETTINGS
    except ConfigError as error:
        lines.append(_row("settings", str(error)))
    for name, tell in parts.items():
        try:
            found = tell(settings, unit)
        except (MienError, OSError) as error:
            found = _trouble(error)
        if found:
            lines.append(_row(name, found))
    return (RUNS if unit is not None and unit.runs else DOES_NOT_RUN), lines


def _trouble(error: MienError | OSError) -> str:
    """Return what went wrong, with how to get a right that is missing."""
    cause = error.__cause__ if isinstance(error, MienError) else error
    if isinstance(cause, PermissionError):
        said = str(error) if isinstance(error, MienError) else why(error)
        return f"{said}: {advice(Path(cause.filename or '/'))}"
    return str(error)


def _row(name: str, text: str) -> str:
    return f"{name:<8}  {text}"


def _sentences(unit: Unit | None) -> Iterator[str]:
    """Yield what there is to say of the service, and what to do where it does not run."""
    if unit is None:
        yield "Whether Mien runs as a service cannot be told: systemd does not answer here."
    elif not unit.there:
        yield "Mien is not installed as a service: sudo systemd/install.sh does that."
    else:
        yield _running(unit) if unit.runs else _not_running(unit)
        if not unit.enabled:
            yield "It does not start with the machine: sudo systemctl enable mien"


def _running(unit: Unit) -> str:
    began = datetime.now().astimezone() - timedelta(seconds=unit.for_s)
    again = f"; started again {unit.restarts} times before" if unit.restarts else ""
    return f"Mien is running, since {began:%Y-%m-%d %H:%M:%S}, for {_lasting(unit.for_s)}{again}."


def _not_running(unit: Unit) -> str:
    ending = f"exit code {unit.code}" if unit.result == "exit-code" else unit.result
    if unit.sub == "auto-restart":
        return f"Mien ended ({ending}) and is about to start again: {_JOURNAL}"
    if unit.active == "activating":
        return f"Mien is starting, for {_lasting(unit.for_s)} by now."
    if unit.active == "deactivating":
        return "Mien is stopping."
    if unit.active != "failed":
        return "Mien is not running: sudo systemctl start mien"
    if unit.code == _BAD_SETTING and unit.result == "exit-code":
        say = f"{program.NAME} config says which; then sudo systemctl restart mien"
        return f"Mien is not running, for a setting is wrong: {say}"
    return f"Mien is not running, for it ended ({ending}): {_JOURNAL}"


def _doing(_: Settings, unit: Unit | None) -> str:
    return unit.text if unit is not None and unit.pid else ""


def _memory(_: Settings, unit: Unit | None) -> str:
    if unit is None or not unit.pid:
        return ""
    try:
        return _megabytes(machine.memory_bytes(unit.pid))
    except FileNotFoundError:  # it has ended meanwhile
        return ""


def _version(_: Settings, __: Unit | None) -> str:
    folder = Path(__file__).parents[1]
    release = f", release {folder.name}" if folder.parent.name == "releases" else ""
    return f"{__version__}{release}"


def _machine(_: Settings, __: Unit | None) -> str:
    celsius, slowed = machine.temperature_c(), machine.throttled()
    told = [] if celsius is None else [f"{celsius:.0f} °C"]
    return ", ".join(told + (slowed or []))


def _last(settings: Settings, _: Unit | None) -> str:
    """Tell the last reading, its model, and how old it is by the wall clock."""
    if not settings.log:
        return ""
    over = threading.Event()
    over.set()
    found = list(records(follow(Path(settings.log), over, last=1)))
    if not found:
        return "nothing was read yet"
    record = found[-1]
    age_s = (datetime.now().astimezone() - record.time).total_seconds()
    # After a jump of the clock.
    age = f"{_lasting(age_s)} ago" if age_s >= 0 else "by a clock that was ahead of this one"
    when = record.time.astimezone()
    model = f", by {record.model}" if record.model else ""
    return f"{line(when, record.emotion, record.probability)}, {age}{model}"


def _log(settings: Settings, _: Unit | None) -> str:
    if not settings.log:
        return "off (log in the settings)"
    path = Path(settings.log)
    aside = put_aside(path)
    bytes_ = sum(machine.file_bytes(each) or 0 for each in [path, *aside])
    lines = _lines(path)
    # Those that were put aside are not counted: all of them would have to be read.
    here, files = (" in it", f" in {1 + len(aside)} files") if aside else ("", "")
    most = _megabytes(settings.log_total_bytes)
    return f"{path}: {lines:,} readings{here}; {_megabytes(bytes_)}{files}, of {most} at most"


def _lines(path: Path) -> int:
    """Count the lines of the log as it is now; none where it was just put aside."""
    try:
        with path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""))
    except FileNotFoundError:
        return 0


def _model(settings: Settings, _: Unit | None) -> str:
    """Tell the model that a start takes; the last reading tells the one that it was read with."""
    if settings.model != AUTO:
        return settings.model
    chosen = ModelStore(settings.state).chosen()
    return chosen[0] if chosen == [DEFAULT] else f"{chosen[0]} (by {program.NAME} model use)"


def _page(settings: Settings, _: Unit | None) -> str:
    return page_url(settings.page.host, settings.page.port) if settings.web else ""


_OF_UNIT: dict[str, _Tell] = {
    "doing": _doing,
    "memory": _memory,
    "machine": _machine,
    "version": _version,
}
_OF_SETTINGS: dict[str, _Tell] = {"model": _model, "last": _last, "log": _log, "page": _page}


def _lasting(seconds: float) -> str:
    return duration(seconds, "en").replace("\u00a0", " ")


def _megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"
