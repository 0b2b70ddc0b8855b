"""The time zone of this machine, with its summer times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class Here(tzinfo):
    """What the clock on the wall shows here; an offset alone would be wrong half of the year."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Return how far it is ahead of UTC then."""
        moment = moment or datetime.now()
        return moment.replace(tzinfo=None).astimezone().utcoffset() or timedelta()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Return None: summer time is part of the offset."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """Return what the zone is called then."""
        return moment.replace(tzinfo=None).astimezone().tzname() if moment else None

    def fromutc(self, moment: datetime) -> datetime:
        """Return what the clock here shows at ``moment``, a time in UTC."""
        shown = moment.replace(tzinfo=UTC).astimezone()
        found = shown.replace(tzinfo=self, fold=0)
        # The hour that comes twice when summer time ends.
        return found if found.utcoffset() == shown.utcoffset() else found.replace(fold=1)
