"""What a drawing shows, and how it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from device.drawing.faces import side_px
from device.records import Colour, Grey, Reading
from device.summary import SessionSummary

View = Literal["picture", "bars", "statistics"]
VIEWS: tuple[View, ...] = ("picture", "bars", "statistics")
# Each entry of a strip is of so many seconds, and a whole strip of so many.
STRIP_SLOT_S, STRIP_S = 2.0, 300.0


@dataclass(frozen=True, eq=False)
class Scene:
    """All that there is to show.

    labels: the emotions' names, in the order of their bars.
    picture: the newest one, uint8 BGR (height, width, 3) or grey (height, width); None
        where the source gives none.
    readings: the faces in it.
    rate_hz: frames a second; None where that is not known.
    strip: the last minutes, oldest first, an entry for each ``STRIP_SLOT_S``: an emotion, or
        None where nobody was there.
    session: the running session's numbers, for the statistics.
    notice: lines that lie over everything, such as the page's address.
    dismissible: whether space and a touch send the notice away.
    """

    labels: Sequence[str]
    picture: Colour | Grey | None = None
    readings: Sequence[Reading] = ()
    rate_hz: float | None = None
    strip: Sequence[str | None] = ()
    session: SessionSummary | None = None
    notice: Sequence[str] = ()
    dismissible: bool = False

    @property
    def faces(self) -> list[Reading]:
        """The faces that are no pictures of faces, the largest first."""
        return sorted((r for r in self.readings if not r.face.still), key=side_px, reverse=True)

    @property
    def state(self) -> Literal["faces", "nobody", "no_picture"]:
        """What there is to see."""
        if self.picture is None:
            return "no_picture"
        return "faces" if self.faces else "nobody"


@dataclass(frozen=True)
class Look:
    """How a scene is looked at.

    view: the live picture with its faces; their emojis and bars without it, for people who
        do not want to see themselves; or the session's statistics.
    rotate_deg: how far the drawing is turned clockwise.
    mirror: show the picture, and nothing else, as a mirror does.
    language: "en" or "fr".
    """

    view: View = "picture"
    rotate_deg: Literal[0, 90, 180, 270] = 0
    mirror: bool = False
    language: str = "en"
