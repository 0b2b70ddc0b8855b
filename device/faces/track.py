"""One face, from frame to frame."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.faces.place import Place
from device.records import Grey

Look = npt.NDArray[np.float32]

# Boxes of a cascade jump by some pixels while the face does not move.
_PLACE_S = 0.08
# How long a face goes on as it went while nobody sees it: half a second's way, in the end.
_COAST_S = 0.5
_SPEED_S = 0.2
_LOOK_S = 1.0
# Of the levels 0-1: what noise and compression move in all but some cells of a look, and
# by how much two people look apart, as one person hardly ever does.
_UNCHANGED = 0.02
_NOISY_CELLS = 2
_STRANGER = 0.2
_STRANGER_S = 0.5


class Track:
    """Where a face is, how it moves and what it looks like.

    Times are seconds on the source's clock.
    """

    def __init__(self, place: Place, look: Look, time_s: float) -> None:
        self.id = 0
        self.place = place
        self.seen_s = time_s
        self.frames = 1
        self.missed = False
        # When the cascade or its points last said that it is a face, and how it looked then: so
        # it is found in the meantime. Which way it may tilt: 1 is clockwise, -1 the other.
        self.checked_s = time_s
        # When that was last, and its points were not those of none.
        self.sure_s = time_s
        self.checks = 0
        self.lean = 1
        self.sample: Grey | None = None
        self.alike = 0.0
        self._speed_xy = (0.0, 0.0)
        self._look = look
        # The piece of the picture that is watched for any change, and what it was.
        self.watched = place
        self._watched_look: Look | None = None
        self._watched_s = time_s

    def expected(self, time_s: float) -> Place:
        """Return where the face should be by now; nobody has asked about it there."""
        ahead_s = _COAST_S * (1 - math.exp(-max(0.0, time_s - self.seen_s) / _COAST_S))
        x, y = self._speed_xy
        return replace(self.place.moved_by(ahead_s * x, ahead_s * y), hits=0, sure=None)

    def unlikeness(self, place: Place, look: Look, time_s: float) -> float:
        """Return how unlikely it is that this is the face: 0 for the same place and look."""
        expected = self.expected(time_s)
        away = min(expected.distance(place), self.place.distance(place) + 0.1)
        return away + math.log(expected.size_ratio(place)) / 2 + 4 * self._looks_apart(look)

    def is_stranger(self, look: Look, time_s: float) -> bool:
        """Tell whether a find is somebody else, where this face was away for a moment."""
        away = time_s - self.seen_s > _STRANGER_S
        return away and self._looks_apart(look) > _STRANGER

    def see(self, place: Place, look: Look, time_s: float, *, alone: bool) -> None:
        """Note that the face was found.

        alone: no other face covers a part of it, so its look is its own.
        """
        since_s = max(0.0, time_s - self.seen_s)
        share = 1 - math.exp(-since_s / _PLACE_S)
        # At the second sight, or when the clock was set back, where the face was says nothing.
        if self.frames == 1 or not since_s:
            share = 1.0
        before, expected = self.place, self.expected(time_s)
        self.place = replace(
            place,
            x=expected.x + share * (place.x - expected.x),
            y=expected.y + share * (place.y - expected.y),
            side=before.side + share * (place.side - before.side),
        )
        if since_s > 0:
            self._speed_up(before, since_s)
        if alone and since_s > 0:
            self._look = self._look + (1 - math.exp(-since_s / _LOOK_S)) * (look - self._look)
        self.seen_s = time_s
        self.missed = False
        self.frames += 1
        if place.checked:
            self.checked_s = time_s
            if not place.doubtful:
                self.sure_s = time_s

    def miss(self) -> None:
        """Note that the face was looked for, and not found."""
        self.missed = True

    def watch(self, look: Look, time_s: float) -> None:
        """Compare the piece of the picture at ``watched`` with what it was.

        look: of that piece, now. Where it changed, or the face has left it, the place where
        the face is now is watched from now on.
        """
        if self._watched_look is None:
            self._watched_look = look
        if _changed(self._watched_look, look) or not self.watched.is_same_as(self.place):
            self.watched, self._watched_look, self._watched_s = self.place, None, time_s

    def unchanged_s(self, time_s: float) -> float:
        """Return for how long not a thing has moved in the face."""
        return max(0.0, time_s - self._watched_s)

    def _speed_up(self, before: Place, since_s: float) -> None:
        """Follow the face's speed, which a single jump of its box must not change much."""
        # The first ways are averaged evenly: who comes in at a run is followed from there.
        share = max(1 - math.exp(-since_s / _SPEED_S), 1 / self.frames)
        moved = ((self.place.x - before.x) / since_s, (self.place.y - before.y) / since_s)
        x, y = self._speed_xy
        self._speed_xy = (x + share * (moved[0] - x), y + share * (moved[1] - y))

    def _looks_apart(self, look: Look) -> float:
        return float(np.abs(look - self._look).mean())


def _changed(before: Look, now: Look) -> bool:
    """Tell whether anything but the light differs, and more of it than noise does."""
    # The light may change on a poster, too: that scales all its levels, and moves them.
    scale = np.vdot(before - before.mean(), now - now.mean()) / max(1e-6, before.var() * now.size)
    change = np.abs(now - now.mean() - scale * (before - before.mean()))
    return float(np.sort(change, axis=None)[-1 - _NOISY_CELLS]) > _UNCHANGED
