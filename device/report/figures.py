"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from device.summary import Shares, Slot


@dataclass(frozen=True)
class Figures:
    """What was read in a period.

    began, ended: from when until when anything is known.
    watched_s: how long the source gave pictures; 0 where that is not known, as in a log.
    somebody_s: how long at least one face was there.
    timeline: slots of equal length, those with readings or watched; some hundred at most.
    hours: 24 slots, of each hour of the day, all days together; on the 1st of January 1970.
    days: of a day each; of weeks, or 4 weeks, where that would be more than some dozens.
    """

    began: datetime
    ended: datetime
    everybody: Shares
    watched_s: float
    somebody_s: float
    faces: int
    timeline: list[Slot]
    hours: list[Slot]
    days: list[Slot]
