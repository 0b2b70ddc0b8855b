"""``python -m device report``: from logs or the history to a page and a table."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from device import program
from device.config import Settings
from device.errors import ConfigError, SinkError, SourceError, why
from device.language import chosen_language
from device.report.export import figures_csv
from device.report.figures import Figures
from device.report.logfiles import LogFiles, with_put_aside
from device.report.numbers import duration
from device.report.page import page
from device.report.stretches import stretches
from device.report.sums import Sums
from device.report.words import WORDS

_log = logging.getLogger(__name__)


def report(
    settings: Settings,
    logs: Sequence[Path],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    html: Path,
    csv: Path,
) -> list[str]:
    """Write the report of ``logs``, or of the history where none is given.

    since, until: only what was read from then, and before then.
    html, csv: the files to write; those that are there are replaced.

    Returns a line for each file, for people.

    Raises ConfigError where the period or the files cannot be, SourceError where there is
    nothing to report, and SinkError where a file cannot be written; then none is changed.
    """
    since, until = _aware(since), _aware(until)
    if since and until and since >= until:
        raise ConfigError(f"from {since:%Y-%m-%d %H:%M} is not before to {until:%Y-%m-%d %H:%M}")
    language = chosen_language(settings.language)
    _check_outputs(html, csv, logs, settings.history_path)
    if logs:
        figures, source = _of_logs(settings, logs, since, until, language)
    else:
        figures, source = _of_history(settings, since, until, language)
    texts = {
        html: page(figures, source, language, datetime.now().astimezone()),
        csv: figures_csv(figures),
    }
    _write(texts)
    there = duration(figures.somebody_s, "en", longest="h").replace("\u00a0", " ")
    return [
        f"{html}: {_span_text(figures)}, {there} with somebody there",
        f"{csv}: {texts[csv].count(chr(10)) - 1} lines",
    ]


def _of_logs(
    settings: Settings,
    paths: Sequence[Path],
    since: datetime | None,
    until: datetime | None,
    language: str,
) -> tuple[Figures, str]:
    """Return what stands in logs, and their names."""
    sums = Sums()
    with LogFiles(paths) as logs:
        found = stretches(
            logs.lines(),
            forget_s=settings.faces.forget_s,
            since_s=since.timestamp() if since else -math.inf,
            until_s=until.timestamp() if until else math.inf,
        )
        for stretch in found:
            sums.add(stretch)
        _warn(logs)
        count, labels = logs.count, logs.labels
    name = os.fsencode(paths[0]).decode(errors="replace")
    if not count:
        raise SourceError(f"no readings in {name}: is it a log that --log wrote?")
    figures = sums.figures(labels)
    if figures is None:
        raise SourceError(f"no readings of a face in {name}{_period(since, until)}")
    words = WORDS[language]["files" if count > 2 else "file"]
    return figures, words.format(name=name, count=count - 1) if count > 1 else name


def _of_history(
    settings: Settings, since: datetime | None, until: datetime | None, language: str
) -> tuple[Figures, str]:
    """Return what stands in the history, and its name."""
    path = settings.history_path
    if path is None:
        raise ConfigError("no log given, and no history is kept: give a log, or set state")
    # The database is needed for this alone.
    from device.report.past import figures_of_history

    figures = figures_of_history(path, since, until)
    if figures is None:
        log = settings.log or "LOG"
        raise SourceError(
            f"no readings of a face in the history {path}{_period(since, until)}: it is written "
            f"once a minute; a log has them at once: {program.NAME} report {log}"
        )
    return figures, WORDS[language]["history"].format(name=path)


def _warn(logs: LogFiles) -> None:
    """Say in one line what was left out."""
    said = []
    if logs.skipped:
        what = "line that is no reading" if logs.skipped == 1 else "lines that are no readings"
        said.append(f"{logs.skipped:,} {what}")
    if logs.unset:
        what = "reading" if logs.unset == 1 else "readings"
        said.append(f"{logs.unset:,} {what} from when the clock was not set")
    if said:
        _log.warning("left out: %s", " and ".join(said))


def _period(since: datetime | None, until: datetime | None) -> str:
    begins = f" from {since:%Y-%m-%d %H:%M}" if since else ""
    return begins + (f" to {until:%Y-%m-%d %H:%M}" if until else "")


def _aware(moment: datetime | None) -> datetime | None:
    return moment.astimezone() if moment and moment.tzinfo is None else moment


def _span_text(figures: Figures) -> str:
    """Return how long the period is, in days that were begun where there are several."""
    days = (figures.ended.date() - figures.began.date()).days + 1
    if days > 1:
        return f"{days} days"
    return f"{figures.began:%Y-%m-%d}"


def _check_outputs(html: Path, csv: Path, logs: Sequence[Path], history: Path | None) -> None:
    """See to it that no file is written over that is read, or the other one."""
    if html.absolute() == csv.absolute():
        raise ConfigError(f"page and table would both be {html}: give two files")
    for log in [*with_put_aside(logs), *([history] if history else [])]:
        for path in (html, csv):
            if _same(path, log):
                raise ConfigError(f"{path} is read, not written: give another file")


def _same(path: Path, log: Path) -> bool:
    try:
        return path.samefile(log)
    except OSError:  # not there yet, or not to be written: that is said later
        return False


def _write(texts: dict[Path, str]) -> None:
    """Write each file beside its place first, so that none is ever there in part."""
    beside: list[tuple[Path, Path]] = []
    try:
        for path, text in texts.items():
            path = path.resolve()
            if path.exists() and not path.is_file():
                raise SinkError(f"cannot write {path}: it is no file: give another name")
            new = path.with_name(f".{path.name}.{os.getpid()}.new")
            beside.append((new, path))
            _write_new(new, text)
        for new, path in beside:
            new.replace(path)
    except (OSError, RuntimeError) as error:
        if isinstance(error, SinkError):
            raise
        reason = why(error)
        raise SinkError(f"cannot write {path}: {reason}: say where you may: --out FILE") from error
    finally:
        for new, _ in beside:
            if new.exists():  # and not where even its folder is none
                new.unlink()


def _write_new(path: Path, text: str) -> None:
    # Only the owner and the group may read what faces said, as of the log itself.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
