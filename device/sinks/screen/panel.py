"""What every screen keeps to."""

from __future__ import annotations

from typing import Literal

from device.closing import Closing
from device.drawing.shapes import Picture

# What somebody asks for with a key, a touch, or the window's own button.
Action = Literal["leave", "view"]


class Panel(Closing):
    """Something that shows pictures. One thread uses it; ``close`` may come from another.

    name: what it is, for people.
    size_px: its width and height now; a window's change.
    takes_actions: whether keys and touches reach it.
    """

    name: str = "screen"
    size_px: tuple[int, int] = (0, 0)
    takes_actions: bool = False

    def show(self, picture: Picture) -> None:
        """Show ``picture``, uint8 RGB (height, width, 3), best of the size ``size_px``.

        Raises SinkError where the screen has gone.
        """
        raise NotImplementedError

    def actions(self) -> list[Action]:
        """Return what was asked for since the last call; does not wait.

        Raises SinkError where the screen has gone.
        """
        return []
