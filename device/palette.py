"""A colour for each emotion, the same on the screen, the page and in reports."""

from __future__ import annotations

from device.records import UNCERTAIN

RGB = tuple[int, int, int]

# By Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind people.
# Where yellow or sky blue lie on white and light grey lie on white they need an outline.
_COLOURS: dict[str, RGB] = {
    "angry": (213, 94, 0),
    "disgust": (0, 158, 115),
    "fear": (204, 121, 167),
    "happy": (240, 228, 66),
    "sad": (0, 114, 178),
    "surprise": (86, 180, 233),
    "neutral": (192, 192, 192),
    UNCERTAIN: (105, 105, 105),
}
# For a model of other names.
_OTHERS: tuple[RGB, ...] = ((230, 159, 0), (148, 103, 189), (140, 86, 75), (23, 190, 207))


def colour(emotion: str) -> RGB:
    """Return the colour of ``emotion``, 0-255 each; the same name has the same always."""
    return _COLOURS.get(emotion, _OTHERS[sum(emotion.encode()) % len(_OTHERS)])


def css(emotion: str) -> str:
    """Return the colour of ``emotion`` as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour(emotion))
