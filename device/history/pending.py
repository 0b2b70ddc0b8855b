"""What is still to be written to the history."""

from __future__ import annotations

from collections.abc import Mapping

from device.history.periods import MINUTES
from device.summary import SessionSummary
from device.tally import Tally

# What is kept while nothing can be written: a day's minutes, then by the hour, the day, …
_MINUTES = 1440
_COARSER = (MINUTES["hour"], MINUTES["day"], 30 * MINUTES["day"])
_SESSIONS = 100


class Pending:
    """Changes in the order in which they apply: sessions and minutes, names, deletions.

    sessions: what is known of a session, by its number.
    minutes: what was counted, by session and minute.
    names: new names of sessions.
    deleted: sessions that are to go.
    """

    def __init__(self) -> None:
        self.sessions: dict[int, SessionSummary] = {}
        self.minutes: dict[tuple[int, int], Tally] = {}
        self.names: dict[int, str] = {}
        self.deleted: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self.sessions or self.minutes or self.names or self.deleted)

    def copy(self) -> Pending:
        """Return what does not change when this does."""
        copy = Pending()
        copy.take(self)
        return copy

    def keep(self, summary: SessionSummary, minutes: Mapping[int, Tally]) -> None:
        """Keep what is known of a session by now, and what was counted in its minutes."""
        self.sessions[summary.id] = summary
        self.names.pop(summary.id, None)  # the summary has the newest
        for minute, tally in minutes.items():
            self._add((summary.id, minute), tally)
        self._bound()

    def delete(self, id: int) -> None:
        """Forget a session, and have it deleted."""
        self._forget(id)
        self.deleted.add(id)

    def take(self, later: Pending) -> None:
        """Keep what came later as well."""
        self.sessions |= later.sessions
        for key, tally in later.minutes.items():
            self._add(key, tally)
        self.names = {id: n for id, n in self.names.items() if id not in later.sessions}
        self.names |= later.names
        for id in later.deleted:
            self.delete(id)
        self._bound()

    def _add(self, key: tuple[int, int], tally: Tally) -> None:
        # A new one: somebody may be reading the old.
        both = Tally()
        if key in self.minutes:
            both.add(self.minutes[key])
        both.add(tally)
        self.minutes[key] = both

    def _bound(self) -> None:
        """Where nothing could be written for long, count by hours, then by days."""
        for coarser in _COARSER:
            if len(self.minutes) <= _MINUTES:
                break
            # The last minutes are kept as they are, for whoever looks at them now.
            keys = list(self.minutes)[: -MINUTES["hour"]]
            for key in keys:
                tally = self.minutes.pop(key)
                self._add((key[0], key[1] - key[1] % coarser), tally)
        for id in sorted(self.sessions)[:-_SESSIONS]:
            self._forget(id)

    def _forget(self, id: int) -> None:
        self.sessions.pop(id, None)
        self.names.pop(id, None)
        for key in [key for key in self.minutes if key[0] == id]:
            del self.minutes[key]
