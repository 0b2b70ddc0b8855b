"""The one place through which each picture goes that people see, where a part is to be hidden.

It fails closed. What is not known to be shown is hidden, where a background is; where faces
are, so is all that may be one. Where something goes wrong there is no picture at all.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from device.config import PictureSettings
from device.costs import Costs
from device.mask import Marked, oval
from device.records import BoxXYXY, Colour, Face, Frame, Grey
from device.veil.heads import Moment, heads_at, held, without
from device.veil.smear import smear_heads, smeared

_log = logging.getLogger(__name__)

Picture = npt.NDArray[np.uint8]
# Says in which boxes of a picture, uint8 (height, width), of that time there is a face, or may be.
Search = Callable[[Grey, float], list[BoxXYXY]]


class Marker(Protocol):
    """Says which pixels are a face's; ``device.mask.FaceMask`` does."""

    def mark(self, grey: Grey, box_xyxy: BoxXYXY, angle_deg: float = 0.0) -> Marked | None:
        """Return which pixels of ``grey`` are those of the face in ``box_xyxy``."""


class Veil:
    """Hides what ``settings`` say of each frame, when somebody asks for its picture.

    marker: what marks a face's pixels; None for an oval in its box.
    search: what looks for faces once more, in each picture that is shown with faces hidden.
        Whoever reads faces looks through a whole picture some times a second alone, and has to
        be sure; who hides them must not miss one. None where they are shown.
    costs: where what it takes is noted, as "veil".
    hold_s: how long a face stays hidden that is found no more.
    """

    def __init__(
        self,
        settings: PictureSettings,
        marker: Marker | None,
        search: Search | None,
        costs: Costs,
        *,
        hold_s: float,
    ) -> None:
        self._settings = settings
        self._marker = marker
        self._search = search
        self._costs = costs
        self._hold_s = hold_s
        # Where faces were read in the last frames, and found in those that somebody looked at.
        # These looks may come late, and in any order: so each frame keeps what was known when it
        # came, and of the search's finds none goes before the search would look for it anew.
        self._read: list[Moment] = []
        self._found: list[Moment] = []
        # Neither the network nor the search can do two pictures at once.
        self._lock = threading.Lock()
        self._failed = False

    def over(self, frame: Frame, faces: Sequence[Face], suspects: Sequence[BoxXYXY]) -> Frame:
        """Return ``frame`` as people may see it; nothing is done until they look.

        faces: those that are seen in it. suspects: all boxes in which there may be one.
        """
        known: list[Moment] = []
        if "blur" in (self._settings.background, self._settings.faces):  # else all is black
            boxes = frozenset([*suspects, *(face.box_xyxy for face in faces)])
            now = Moment(frame.time_s, frame.size_px, boxes)
            self._read = known = [*held(self._read, frame, self._hold_s), now]
        return Veiled(frame, lambda: self._picture(frame, tuple(faces), known))

    def _picture(self, frame: Frame, faces: Sequence[Face], known: list[Moment]) -> Picture:
        """Return what may be seen of ``frame``; nothing, where that cannot be told."""
        picture = frame.grey if frame.bgr is None else frame.bgr
        try:
            with self._lock:
                began_s = time.perf_counter()
                shown = self._hidden(picture, frame, faces, self._heads(frame, known))
                # By itself: who looks has a thread of its own.
                self._costs.note("veil", time.perf_counter() - began_s)
                return shown
        except Exception as error:  # whatever it is, the picture must not be seen
            if not self._failed:
                self._failed = True
                _warn(f"the picture is black: hiding a part of it failed: {error!r}")
            return np.zeros_like(picture)

    def _heads(self, frame: Frame, known: list[Moment]) -> list[BoxXYXY]:
        """Return where heads are in ``frame``, or may be.

        known: what was read when it came, in it and before.
        """
        if self._search is not None:
            boxes = frozenset(self._search(frame.grey, frame.time_s))
            now = Moment(frame.time_s, frame.size_px, boxes)
            self._found = [*held(self._found, frame, self._hold_s), now]
        later = held(self._read, frame, self._hold_s)
        return heads_at({*known, *later, *self._found}, frame.time_s)

    def _hidden(
        self, picture: Picture, frame: Frame, faces: Sequence[Face], heads: list[BoxXYXY]
    ) -> Picture:
        shown = picture.copy()
        if self._settings.faces == "blur":
            smear_heads(shown, heads)
        if self._settings.background == "show":
            return shown
        # A picture of a face is part of the background.
        people = [face for face in faces if not face.still]
        ground = np.zeros_like(shown)
        if self._settings.background == "blur":
            ground = smeared(shown)
            # What may be a face and is not shown as one is hidden as one.
            smear_heads(ground, without(heads, [face.box_xyxy for face in people]))
        for face in people:
            self._uncover(ground, shown, self._mark(frame.grey, face))
        return ground

    def _uncover(self, ground: Picture, shown: Picture, marked: Marked | None) -> None:
        """Put what is marked of ``shown`` onto ``ground``."""
        if marked is None:
            return
        height, width = marked.share.shape
        where = (slice(marked.top, marked.top + height), slice(marked.left, marked.left + width))
        share = marked.share if shown.ndim == 2 else marked.share[..., np.newaxis]
        mixed = ground[where] + share * (shown[where].astype(np.float32) - ground[where])
        ground[where] = np.round(mixed).astype(np.uint8)

    def _mark(self, grey: Grey, face: Face) -> Marked | None:
        if self._marker is not None:
            try:
                return self._marker.mark(grey, face.box_xyxy, face.angle_deg)
            except RuntimeError as error:  # what a runtime raises that cannot go on
                _warn(f"faces are shown in ovals: the mask cannot be used: {error}")
                self._marker = None
        return oval(grey, face.box_xyxy, face.angle_deg)


class Veiled(Frame):
    """A frame whose picture is what people may see of it, made when it is first asked for.

    It takes the frame's place before anything that shows it: the picture itself is not in it.

    frame: the frame. picture: makes what may be seen, uint8, grey or in colour as the frame.
    """

    time_s: float
    _size_px: tuple[int, int]
    _make: Callable[[], Picture]
    _made: list[Picture]
    _lock: threading.Lock

    def __init__(self, frame: Frame, picture: Callable[[], Picture]) -> None:
        # Its fields are frozen, as those of any frame.
        for name, value in (
            ("time_s", frame.time_s), ("_size_px", frame.size_px), ("_make", picture),
            ("_made", []), ("_lock", threading.Lock()),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    @property
    def size_px(self) -> tuple[int, int]:
        """Its width and height."""
        return self._size_px

    @property
    def grey(self) -> Grey:
        """What may be seen, in grey: uint8 (height, width)."""
        shown = self._shown()
        if shown.ndim == 2:
            return shown
        return np.asarray(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), np.uint8)

    @property
    def bgr(self) -> Colour | None:
        """What may be seen, in colour: uint8 (height, width, 3); None where there is none."""
        shown = self._shown()
        return shown if shown.ndim == 3 else None

    def _shown(self) -> Picture:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
                # The picture that it is made of is not kept longer than it is needed.
                object.__setattr__(self, "_make", None)
            return self._made[0]


def _warn(text: str) -> None:
    _log.warning("%s", " ".join(text.split()))
