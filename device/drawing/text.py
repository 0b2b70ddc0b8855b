"""Letters for pictures: a font that comes with Mien, drawn by FreeType."""

from __future__ import annotations

import logging
import threading
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from device.drawing.shapes import Colour3, Picture, blend
from device.records import Grey

_log = logging.getLogger(__name__)

FONTS = Path(__file__).parent / "fonts"
# In shares of the font's size.
_CAPITAL = 0.727  # how high a capital letter is
_ASCENT, _HEIGHT = 1.0, 1.3  # of a line, so that accents on capitals and descenders fit
# Glyphs stand at quarters of a pixel, so that letters keep an even distance.
_STEPS = 4
_STRINGS, _GLYPHS = 256, 1024
_SPACES = "\u00a0\u2009\u202f"  # which Python counts as not printable

Align = Literal["left", "middle", "right"]


class Letters:
    """Writes into pictures, by the fonts in ``folder``. Any thread may use it.

    Where a font or FreeType is missing or broken, one warning is logged, and everything
    that is written stays empty: boxes and bars are worth having without their words.
    """

    def __init__(self, folder: Path = FONTS) -> None:
        self._lock = threading.Lock()
        self._faces: dict[bool, Any] = {}
        try:
            self._faces = _read_fonts(folder)
        except ModuleNotFoundError as error:
            self._warn(f"{error.name} is not installed: pip install -r requirements-pi.txt")
        except Exception as error:  # FreeType's own errors share no root with others
            self._warn(f"the font in {folder} cannot be read ({error}): copy Mien anew")
        self._line = lru_cache(_STRINGS)(self._draw_line)
        self._glyph = lru_cache(_GLYPHS)(self._draw_glyph)

    def _warn(self, reason: str) -> None:
        _log.warning("pictures have no letters: %s", reason)

    def width(self, text: str, size_px: int, *, bold: bool = False) -> int:
        """Return how wide ``text`` is in pixels; 0 without a font."""
        return self._line(text, size_px, bold).shape[1]

    def cut(self, text: str, width_px: int, size_px: int, *, bold: bool = False) -> str:
        """Return ``text``, or its beginning and "…" where it is wider than ``width_px``."""
        if self.width(text, size_px, bold=bold) <= width_px:
            return text
        for length in range(len(text) - 1, 0, -1):
            shorter = text[:length].rstrip() + "…"
            if self.width(shorter, size_px, bold=bold) <= width_px:
                return shorter
        return ""

    def write(
        self,
        picture: Picture,
        text: str,
        at_xy: tuple[int, int],
        size_px: int,
        colour: Colour3,
        *,
        bold: bool = False,
        align: Align = "left",
        width_px: int | None = None,
    ) -> int:
        """Write ``text`` into ``picture``; return how wide it came out, in pixels.

        at_xy: its left end, middle or right end by ``align``, and the middle of its capitals.
        width_px: what is wider is cut, with "…".
        """
        if width_px is not None:
            text = self.cut(text, width_px, size_px, bold=bold)
        line = self._line(text, size_px, bold)
        left = at_xy[0] - {"left": 0, "middle": line.shape[1] // 2, "right": line.shape[1]}[align]
        top = at_xy[1] + round(_CAPITAL * size_px / 2) - round(_ASCENT * size_px)
        blend(picture, line, (left, top), colour)
        return int(line.shape[1])

    def _draw_line(self, text: str, size_px: int, bold: bool) -> Grey:
        """Return how much of each pixel ``text`` covers, uint8 (line height, its width)."""
        height = round(_HEIGHT * size_px)
        text = "".join(c for c in text if c.isprintable() or c in _SPACES)
        if not self._faces or not text:
            return np.zeros((height, 0), np.uint8)
        pen, places = 0.0, []
        for character in text:
            shift, advance = self._place(character, size_px, bold)
            places.append((character, round((pen + shift) * _STEPS)))
            pen += advance
        line = np.zeros((height, round(pen)), np.uint8)
        for character, at in places:
            glyph, left, up = self._glyph(character, size_px, bold, at % _STEPS)
            _put(line, glyph, (at // _STEPS + left, round(_ASCENT * size_px) - up))
        return line

    def _place(self, character: str, size_px: int, bold: bool) -> tuple[float, float]:
        """Return how far a character stands to the right of the pen, and how far that moves."""
        own = self._advance(character, size_px, bold)
        if not ("0" <= character <= "9"):
            return 0.0, own
        # All digits as wide as each other: a number that counts must not tremble.
        widest = self._advance("0", size_px, bold)
        return (widest - own) / 2, widest

    def _advance(self, character: str, size_px: int, bold: bool) -> float:
        with self._lock:
            face = self._faces[bold]
            index = face.get_char_index(character)
            face.load_glyph(index, 1)  # FT_LOAD_NO_SCALE
            return float(face.glyph.metrics.horiAdvance) * size_px / float(face.units_per_EM)

    def _draw_glyph(
        self, character: str, size_px: int, bold: bool, step: int
    ) -> tuple[Grey, int, int]:
        """Return a glyph's coverage, how far right of the pen it begins, and how far up."""
        import freetype

        with self._lock:
            face = self._faces[bold]
            face.set_pixel_sizes(0, size_px)
            upright = freetype.Matrix(0x10000, 0, 0, 0x10000)
            face.set_transform(upright, freetype.Vector(step * 64 // _STEPS, 0))
            face.load_char(character, freetype.FT_LOAD_TARGET_LIGHT | freetype.FT_LOAD_RENDER)
            slot = face.glyph
            bitmap = slot.bitmap
            rows = np.array(bitmap.buffer, np.uint8).reshape(bitmap.rows, bitmap.pitch)
            return rows[:, : bitmap.width].copy(), int(slot.bitmap_left), int(slot.bitmap_top)


def _read_fonts(folder: Path) -> dict[bool, Any]:
    """Return FreeType's plain face, and the bold one under True."""
    import freetype

    names = {False: "Inter-Regular.otf", True: "Inter-SemiBold.otf"}
    # From memory: FreeType reads a file late, and an update may take it away.
    return {
        bold: freetype.Face.from_bytes((folder / name).read_bytes()) for bold, name in names.items()
    }


def _put(line: Grey, glyph: Grey, at_xy: tuple[int, int]) -> None:
    """Put a glyph into a line, as far as it lies inside."""
    x, y = at_xy
    top, left = max(0, -y), max(0, -x)
    place = line[y + top : y + glyph.shape[0], x + left : x + glyph.shape[1]]
    np.maximum(place, glyph[top:, left:][: place.shape[0], : place.shape[1]], out=place)


@cache
def letters() -> Letters:
    """Return the letters that come with Mien; they are read once."""
    return Letters()
