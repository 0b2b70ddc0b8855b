"""Where things lie on a screen of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Area(NamedTuple):
    """A box on the screen in pixels: ``right`` and ``bottom`` are excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Its width, never below 0."""
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        """Its height, never below 0."""
        return max(0, self.bottom - self.top)

    @property
    def middle(self) -> tuple[int, int]:
        """The point in its middle."""
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def within(self, margin: int) -> Area:
        """What is left when ``margin`` is taken off at all sides."""
        return Area(
            self.left + margin, self.top + margin, self.right - margin, self.bottom - margin
        )

    def cut_left(self, width: int, gap: int) -> tuple[Area, Area]:
        """The part of ``width`` on the left, and the rest beyond a gap."""
        middle = self.left + width
        return self._replace(right=middle), self._replace(left=middle + gap)

    def cut_top(self, height: int, gap: int) -> tuple[Area, Area]:
        """The part of ``height`` at the top, and the rest beyond a gap."""
        middle = self.top + height
        return self._replace(bottom=middle), self._replace(top=middle + gap)

    def cut_bottom(self, height: int, gap: int) -> tuple[Area, Area]:
        """What is above a gap, and the part of ``height`` at the bottom."""
        middle = self.bottom - height
        return self._replace(bottom=middle - gap), self._replace(top=middle)

    def fit(self, aspect: float) -> Area:
        """The largest area of ``aspect`` (width by height) that fits, in the middle."""
        width = min(self.width, round(self.height * aspect))
        height = min(self.height, round(self.width / aspect))
        left, top = self.left + (self.width - width) // 2, self.top + (self.height - height) // 2
        return Area(left, top, left + max(1, width), top + max(1, height))


@dataclass(frozen=True)
class Sheet:
    """A screen's measures: its size, that of its letters, and what lies between things."""

    width_px: int
    height_px: int

    @property
    def letters_px(self) -> int:
        """The size of most letters."""
        return max(11, round(min(self.width_px, self.height_px, 0.75 * self.longer_px) / 22))

    @property
    def longer_px(self) -> int:
        """The longer side."""
        return max(self.width_px, self.height_px)

    @property
    def small_px(self) -> int:
        """The size of letters that say what something is."""
        return max(10, round(0.84 * self.letters_px))

    @property
    def gap_px(self) -> int:
        """What is between two things, and around all."""
        return max(6, round(0.8 * self.letters_px))

    @property
    def upright(self) -> bool:
        """Whether it is higher than wide."""
        return self.height_px > self.width_px

    @property
    def whole(self) -> Area:
        """All but the margin."""
        return Area(0, 0, self.width_px, self.height_px).within(self.gap_px)

    def split(self, body: Area, aspect: float) -> tuple[Area, Area]:
        """Divide ``body`` between a picture of ``aspect`` (width by height) and its bars.

        The picture gets as much as the bars can spare.
        """
        gap = self.gap_px
        if self.upright:
            bars = max(9 * self.letters_px, round(0.3 * body.height))
            height = min(round(body.width / aspect), body.height - gap - bars)
            return body.cut_top(max(1, height), gap)
        least, most = max(9 * self.letters_px, round(0.28 * body.width)), round(0.42 * body.width)
        bars = body.width - gap - round(body.height * aspect)
        return body.cut_left(body.width - gap - min(max(bars, least), most), gap)
