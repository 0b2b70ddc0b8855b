"""Where to look next, and which face is which."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from device.faces.finder import FaceFinder, View
from device.faces.marks import Marks
from device.faces.place import TILT_LIMIT_DEG, Place, without_doubles
from device.faces.track import Look, Track
from device.records import BoxXYXY, Face, Grey

# In so many frames a face must be found before it is one: blobs come and go.
_CONFIRM = 2
# A find belongs to no face that was further away than this, in sides of the larger box.
_REACH = 1.2
# A face that is lost may have tilted; one that is found may do so slowly.
_LOST_TURNS_DEG = (22.0, -22.0)
_PROBE_DEG = 10.0
_TURN_DEG = 4.0
# A sample is kept while the face is as like it as this: each new one may be a little askew.
_SAMPLE_GOOD = 0.9
# Where a face is as like its sample as this, it has hardly tilted or turned since.
_SAMPLE_SAME = 0.97
# So long a face is found by what it looked like, before the cascade is asked again.
_CHECK_S = 0.25
_CHECK_SAME_S = 1.0
# So long a face is one whose points are those of none: a hand may hide it.
_DOUBT_S = 5.0
# By so much of its side a second who is lost may be further away than expected, on both sides.
_ASTRAY = 1.0


class FaceFollower:
    """Finds faces frame by frame, and gives each a number that it keeps.

    A face that was there a moment ago is looked for near where it should be by now: a few
    times a second by the cascade, which costs a tenth of a search of the whole frame, and in
    between by what it looked like. The whole frame is searched ``search_hz`` times a second
    for whoever is new. Of two faces that pass each other, each keeps its number by its way
    and by its look.

    continuous: whether frames show one scene. Where they do not, nobody is followed: each
        frame is searched as if it were the first, and what is found once is a face.
    forget_s: a face that was not seen for so long is forgotten; its number is not used again.
    still_s: a face in which nothing moved for so long is a picture of one.
    marks: what is asked of the points of a face, if anything is.
    """

    def __init__(
        self,
        finder: FaceFinder,
        *,
        continuous: bool = True,
        search_hz: float = 2.0,
        forget_s: float = 3.0,
        still_s: float = 20.0,
        marks: Marks | None = None,
    ) -> None:
        self._finder = finder
        self._continuous = continuous
        self._search_s = 1 / search_hz
        self._forget_s = forget_s
        self._still_s = still_s
        self._marks = marks
        self._searched_s = -math.inf
        self._searches = 0
        self._shape: tuple[int, ...] = (0, 0)
        self._tracks: list[Track] = []
        self._last_id = 0

    def follow(self, grey: Grey, time_s: float) -> list[Face]:
        """Return the faces that are seen in ``grey`` (height, width), by their numbers.

        time_s: when it was taken, on the source's clock.
        """
        # In a frame of another size no place of a face holds any more.
        alike = self._continuous and grey.shape == self._shape
        self._shape = grey.shape
        self._tracks = [t for t in self._tracks if alike and self._remembered(t, time_s)]
        search = self._search_due(time_s) or not alike
        if not search and not self._tracks:
            return []
        view = self._finder.view(grey)
        self._match(view, self._find(view, time_s, everywhere=search), time_s)
        return [self._face(track, time_s) for track in self._seen() if view.holds(track.place)]

    @property
    def known(self) -> list[int]:
        """The numbers of the faces that are not forgotten."""
        return [track.id for track in self._tracks if track.id]

    def suspects(self, time_s: float) -> list[BoxXYXY]:
        """Return all boxes in which there is a face, or may be one, at ``time_s``.

        Also those that were found once and may be blobs, and around where those should be by
        now that are looked for in vain: the longer that is so, the more.
        """
        boxes = []
        for track in self._tracks:
            lost_s = max(0.0, time_s - track.seen_s)
            expected = track.expected(time_s)
            boxes.append(replace(expected, side=(1 + _ASTRAY * lost_s) * expected.side).box_xyxy)
            if lost_s:
                boxes.append(track.place.box_xyxy)
        return boxes

    def _remembered(self, track: Track, time_s: float) -> bool:
        """Tell whether a face is still waited for; a blob is not, once it was missed.

        What the last look saw is, however long ago that was: looks may be rare.
        """
        if time_s < track.seen_s - self._forget_s:  # the clock was set back
            return False
        doubted_s = track.checked_s - track.sure_s
        if self._marks is not None and self._marks.blobs and doubted_s > _DOUBT_S:
            return False
        away = time_s - track.seen_s > self._forget_s
        return not track.missed or (bool(track.id) and not away)

    def _search_due(self, time_s: float) -> bool:
        """Tell whether the whole frame is to be searched; also after the clock was set back."""
        due = not 0 <= time_s - self._searched_s < self._search_s - 1e-6
        if due:
            self._searched_s = time_s
        return due

    def _find(self, view: View, time_s: float, *, everywhere: bool) -> list[Place]:
        near = (_near(view, track, time_s, self._marks) for track in self._tracks)
        found = without_doubles([place for place in near if place is not None])
        if everywhere:
            found += self._only_faces(view, view.everywhere(known=found))
            self._searches += 1
            if not self._tracks and not found:
                found = self._only_faces(view, self._find_tilted(view))
        return without_doubles(found)

    def _only_faces(self, view: View, found: list[Place]) -> list[Place]:
        return found if self._marks is None else self._marks.only_faces(view, found)

    def _find_tilted(self, view: View) -> list[Place]:
        """Return who is there with the head on one side, where nobody upright is.

        Who comes into an empty room so is found a little later, at a fraction of the cost;
        a picture of its own has no later.
        """
        if not self._continuous:
            return [place for turn in _LOST_TURNS_DEG for place in view.everywhere(turn)]
        turn = _LOST_TURNS_DEG[self._searches // 2 % 2]
        return view.everywhere(turn) if self._searches % 2 else []

    def _match(self, view: View, found: list[Place], time_s: float) -> None:
        """Give each find to the face that it is, or to a new one."""
        looks = [view.look(place) for place in found]
        expected = [track.expected(time_s) for track in self._tracks]
        matched = _assign(_costs(self._tracks, found, looks, time_s))
        for number, track in enumerate(self._tracks):
            if number not in matched:
                track.miss()
                continue
            place = found[matched[number]]
            others = expected[:number] + expected[number + 1 :]
            alone = all(other.distance(place) > 1 for other in others)
            track.see(place, looks[matched[number]], time_s, alone=alone)
            if not alone:
                track.sample = None
            elif place.checked and (track.sample is None or track.alike < _SAMPLE_GOOD):
                track.sample = view.sample(track.place)
            if place.checked:  # some times a second are enough to see it move
                track.watch(view.look(track.watched), time_s)
        for index in set(range(len(found))) - set(matched.values()):
            self._tracks.append(Track(found[index], looks[index], time_s))

    def _seen(self) -> Iterable[Track]:
        enough = _CONFIRM if self._continuous else 1
        seen = [t for t in self._tracks if not t.missed and t.frames >= enough]
        for track in seen:
            if not track.id:
                self._last_id += 1
                track.id = self._last_id
        return sorted(seen, key=lambda track: track.id)

    def _face(self, track: Track, time_s: float) -> Face:
        return Face(
            track.id,
            track.place.box_xyxy,
            angle_deg=track.place.angle_deg,
            still=track.unchanged_s(time_s) >= self._still_s,
        )


def _near(view: View, track: Track, time_s: float, marks: Marks | None) -> Place | None:
    """Return the face where it should be by now, tilted as it was or somewhat more."""
    expected = track.expected(time_s)
    check_s = _CHECK_SAME_S if track.alike >= _SAMPLE_SAME else _CHECK_S
    if track.id and track.sample is not None and 0 <= time_s - track.checked_s < check_s:
        place = _again(view, track, track.sample, expected)
        if place is not None:
            return place
    if marks is not None and track.id and (place := marks.again(view, expected)):
        return place
    place = view.near(expected)
    if place is None:
        turns = [turn for turn in _LOST_TURNS_DEG if track.id and _possible(expected, turn)]
        place = view.near_turned(expected, turns)
        return marks.ask(view, place) if marks is not None and place is not None else place
    if marks is not None:
        place = marks.ask(view, place)
        if marks.level and place.clear:
            return place
    track.checks += 1
    if track.checks % 2:
        return place
    # A head that tilts goes on tilting: what was right is tried again, else the other way.
    turn = track.lean * _PROBE_DEG
    turned = view.near(expected, turn) if _possible(expected, turn) else None
    if turned is None or turned.hits <= place.hits:
        track.lean = -track.lean
        return place
    # The better the turned face fits, the more of the turn is believed.
    share = min(1.0, 2 * (turned.hits / place.hits - 1))
    return replace(place, angle_deg=place.angle_deg + share * turn)


def _again(view: View, track: Track, sample: Grey, expected: Place) -> Place | None:
    """Return the face by what it looked like, tilted as it was or a little more."""
    track.alike, place = view.again(expected, sample) or (0.0, None)
    turn = track.lean * _TURN_DEG
    if track.alike >= _SAMPLE_SAME or not _possible(expected, turn):
        return place
    turned = view.again(expected, sample, turn)
    if turned is not None and turned[0] > track.alike:
        track.alike, place = turned
    if place is not None and place.angle_deg == expected.angle_deg:
        track.lean = -track.lean
    return place


def _possible(place: Place, turn_deg: float) -> bool:
    return abs(place.angle_deg + turn_deg) <= TILT_LIMIT_DEG


def _costs(
    tracks: list[Track], found: list[Place], looks: list[Look], time_s: float
) -> npt.NDArray[np.float64]:
    """Return float64 (tracks, found): how unlikely each is; infinite where it is out of reach."""
    costs = np.full((len(tracks), len(found)), math.inf)
    for i, track in enumerate(tracks):
        expected = track.expected(time_s)
        for j, (place, look) in enumerate(zip(found, looks, strict=True)):
            within_reach = min(expected.distance(place), track.place.distance(place)) <= _REACH
            if within_reach and not track.is_stranger(look, time_s):
                costs[i, j] = track.unlikeness(place, look, time_s)
    return costs


def _assign(costs: npt.NDArray[np.float64]) -> dict[int, int]:
    """Return which column each row gets.

    The cheapest pairs first; then a row that was left without gets the column of one that
    can do with another; then two rows swap where both together are the better for it.
    """
    chosen: dict[int, int] = {}
    order = np.argsort(costs, axis=None)
    for row, column in zip(*np.unravel_index(order, costs.shape), strict=True):
        free = row not in chosen and column not in chosen.values()
        if free and math.isfinite(costs[row, column]):
            chosen[int(row)] = int(column)
    for row in set(range(len(costs))) - chosen.keys():
        unused = set(range(costs.shape[1])) - set(chosen.values())
        ways = [
            (costs[row, mine] + costs[other, its] - costs[other, mine], mine, other, its)
            for other, mine in chosen.items()
            for its in unused
        ]
        cost, mine, other, its = min(ways, default=(math.inf, 0, 0, 0))
        if math.isfinite(cost):
            chosen[row], chosen[other] = mine, its
    for one, other in itertools.combinations(sorted(chosen), 2):
        mine, its = chosen[one], chosen[other]
        if costs[one, its] + costs[other, mine] < costs[one, mine] + costs[other, its]:
            chosen[one], chosen[other] = its, mine
    return chosen
