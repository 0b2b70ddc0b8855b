"""A picture with what was read from its faces drawn into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from device.records import BoxXYXY
from training.answers import Answer
from training.image_file import Colour

_DPI = 100
# A picture with a smaller longer side has no room for letters, and is enlarged.
_LEAST_PX = 480
_COLOUR = "#E69F00"


@dataclass(frozen=True)
class ReadFace:
    """A face's box, left, top, right and bottom in pixels, and what is said of it."""

    box_xyxy: BoxXYXY
    answer: Answer


def draw_faces(picture: Colour, faces: Sequence[ReadFace], path: Path) -> None:
    """Write ``picture``, BGR (height, width, 3), with boxes and readings to ``path`` as PNG.

    Lines and letters grow with the picture; a small picture is enlarged.
    """
    height, width = picture.shape[:2]
    times = max(1, -(-_LEAST_PX // max(height, width)))
    size_px = (width * times, height * times)
    large = cv2.resize(picture, size_px, interpolation=cv2.INTER_CUBIC) if times > 1 else picture
    figure = Figure(figsize=(size_px[0] / _DPI, size_px[1] / _DPI), dpi=_DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    # Given half a pixel more, the picture's corner is at 0, 0, as boxes count.
    axes.imshow(
        cv2.cvtColor(large, cv2.COLOR_BGR2RGB), extent=(0, width, height, 0), interpolation="none"
    )
    axes.set_axis_off()
    for face in faces:
        _draw(axes, face, unit_px=max(size_px) / 480)
    figure.savefig(path, dpi=_DPI, format="png")


def _draw(axes: Axes, face: ReadFace, unit_px: float) -> None:
    """Draw a box and its label: above the box where there is room, else inside it.

    unit_px: the width of a thin line.
    """
    left, top, right, bottom = face.box_xyxy
    points = 72 / _DPI
    for colour, width in (("black", 3.5), (_COLOUR, 2.0)):  # seen on bright and on dark
        line = width * unit_px * points
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, ec=colour, lw=line)
        )
    label = axes.text(
        left, top, f"{face.answer.emotion.capitalize()} {face.answer.probability:.0%}",
        va="bottom", fontsize=14 * unit_px * points, color="black",
        bbox={"facecolor": _COLOUR, "edgecolor": "black", "pad": 2.5 * unit_px * points},
    )  # fmt: skip
    _move_inside(axes, label, max(top, 0), margin_px=4 * unit_px)


def _move_inside(axes: Axes, label: Text, top: float, margin_px: float) -> None:
    """Move ``label`` below ``top`` where there is no room above, and in from the sides."""
    whole, extent = axes.get_window_extent(), label.get_window_extent()
    place = axes.transData.inverted()
    if extent.y1 + margin_px > whole.y1:
        label.set_verticalalignment("top")
        label.set_y(top + place.transform((0, whole.y1 - 2 * margin_px))[1])
    rightmost_px = max(margin_px, whole.x1 - extent.width - margin_px)
    label.set_x(place.transform((min(max(extent.x0, margin_px), rightmost_px), 0))[0])
