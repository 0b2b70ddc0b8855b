"""Sessions and slots as tables and as JSON, for other programs. Names stay English there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from device.report.figures import Figures
from device.summary import SessionSummary, Shares, Slot

_SLOT = ("start", "span_s", "watched_s", "somebody_s", "faces")
_DERIVED = ("read_s", "changes", "negative_share", "changes_per_h")
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def session_csv(summary: SessionSummary) -> str:
    """Return a line for the session, one for each face, and one for each slot of its timeline.

    The column ``part`` says which: session, face or slot. Cells that say nothing of a
    part are empty.
    """
    head = ("part", "session", "name", "face", "first_s", "last_s", *_SLOT, *_DERIVED)
    emotions = _emotions([summary.everybody.seconds, *(slot.seconds for slot in summary.timeline)])
    session: dict[str, object] = {
        "session": summary.id,
        "name": _safe(summary.name),
    }
    ended = summary.ended.isoformat() if summary.ended else ""
    whole = {
        "part": "session", "start": summary.began.isoformat(), "end": ended,
        "watched_s": _seconds(summary.watched_s), "somebody_s": _seconds(summary.somebody_s),
        "faces": summary.faces,
    }  # fmt: skip
    rows = [session | whole | _read_cells(summary.everybody, emotions)]
    for face in summary.each:
        at = {"first_s": _seconds(face.first_s), "last_s": _seconds(face.last_s)}
        cells = {"part": "face", "face": face.id, **at}
        rows.append(session | cells | _read_cells(face.read, emotions))
    for slot in summary.timeline:
        rows.append(
            session | {"part": "slot"} | _slot_cells(slot) | _read_cells(slot.read, emotions)
        )
    return _csv([*head, "end", *_columns(emotions)], rows)


def figures_csv(figures: Figures) -> str:
    """Return a line for the whole period, and one for each slot, hour of the day, and day.

    The column ``part`` says which: period, slot, hour or day; an hour's ``start`` is a time
    of day. ``watched_s`` is empty where it is not known.
    """
    whole = Slot(
        figures.began,
        (figures.ended - figures.began).total_seconds(),
        figures.everybody.seconds,
        figures.watched_s,
        figures.somebody_s,
        figures.everybody.changes,
        figures.faces,
    )
    emotions = list(whole.seconds)
    parts = (
        ("period", [whole]), ("slot", figures.timeline),
        ("hour", figures.hours), ("day", figures.days),
    )  # fmt: skip
    rows = []
    for part, slots in parts:
        for slot in slots:
            cells = {"part": part, **_slot_cells(slot), **_read_cells(slot.read, emotions)}
            if part == "hour":
                cells["start"] = f"{slot.start:%H:%M}"
            if not figures.watched_s:
                cells["watched_s"] = ""
            rows.append(cells)
    return _csv(["part", *_SLOT, *_DERIVED, *_columns(emotions)], rows)


def summary_dict(summary: SessionSummary) -> dict[str, Any]:
    """Return ``summary`` ready for JSON; each ``Shares`` in it with what follows from it.

    Those are: read_s, shares, negative_share and changes_per_h. Slots have them as well.
    """
    found: dict[str, Any] = msgspec.to_builtins(summary)
    found["everybody"] = _shares_dict(summary.everybody)
    for face, of_face in zip(found["each"], summary.each, strict=True):
        face["read"] = _shares_dict(of_face.read)
    found["timeline"] = [slot_dict(slot) for slot in summary.timeline]
    return found


def slot_dict(slot: Slot) -> dict[str, Any]:
    """Return ``slot`` ready for JSON, with what follows from it; see ``summary_dict``."""
    return {**msgspec.to_builtins(slot), **_shares_dict(slot.read)}


def _shares_dict(shares: Shares) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(shares),
        "read_s": shares.read_s,
        "shares": shares.shares,
        "negative_share": shares.negative_share,
        "changes_per_h": shares.changes_per_h,
    }


def _emotions(seconds: Iterable[dict[str, float]]) -> list[str]:
    return list(dict.fromkeys(name for each in seconds for name in each))


def _columns(emotions: Iterable[str]) -> list[str]:
    return [_column(name) for name in emotions]


def _column(emotion: str) -> str:
    return f"{_safe(emotion)}_s"


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _slot_cells(slot: Slot) -> dict[str, object]:
    return {
        "start": slot.start.isoformat(),
        "span_s": _seconds(slot.span_s),
        "watched_s": _seconds(slot.watched_s),
        "somebody_s": _seconds(slot.somebody_s),
        "faces": slot.faces,
    }


def _read_cells(shares: Shares, emotions: Iterable[str]) -> dict[str, object]:
    return {
        "read_s": _seconds(shares.read_s),
        "changes": shares.changes,
        "negative_share": round(shares.negative_share, 4),
        "changes_per_h": round(shares.changes_per_h, 2),
        **{_column(name): _seconds(shares.seconds.get(name, 0.0)) for name in emotions},
    }


def _seconds(value: float) -> float:
    return round(value, 3)


def _csv(head: Sequence[str], rows: Iterable[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, head, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
