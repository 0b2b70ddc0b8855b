"""The parts of a drawing as SVG: shapes, their look, and the frame around them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from device.palette import css

# SVG in <img> has the picture's width, in pixels of the page, as its own.
_STYLE = """
:root{color-scheme:light dark}
text{font:13px system-ui,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;fill:#1d2127}
.soft{fill:#59616c}.end{text-anchor:end}.mid{text-anchor:middle}
.ground{fill:#fff}.watched{fill:#eef1f5}.track{fill:#e9edf2}
.line{stroke:#c9d0d8;stroke-width:1}.base{stroke:#59616c;stroke-width:1.5}
.bar{stroke:#1d2127;stroke-opacity:.55;stroke-width:.7}
@media (prefers-color-scheme:dark){
text{fill:#eceff3}.soft{fill:#aab3be}
.ground{fill:#191c21}.watched{fill:#22272e}.track{fill:#2b313a}
.line{stroke:#3b434d}.base{stroke:#aab3be}.bar{stroke:#fff}
}
"""


def filled(emotion: str, more: str = "") -> str:
    """Return the attributes of what has the colour of ``emotion``, with a thin outline."""
    return f'class="bar" fill="{css(emotion)}" {more}'


def rect(x: float, y: float, width: float, height: float, attributes: str) -> str:
    """Return a rectangle; lengths in the drawing's pixels."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f"<rect {place} {attributes}/>"


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a line; ``kind`` is its class."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def svg(title: str, description: str, parts: Sequence[str], width_px: int, height_px: int) -> str:
    """Return the whole drawing.

    title, description: for those who do not see it; any text.
    parts: what is drawn, as SVG.
    """
    ground = '<rect class="ground" width="100%" height="100%" rx="8"/>'
    # Shown at under half its size, on a phone, the letters are larger.
    small = f"@media (max-width:{width_px * 0.55:.0f}px){{text{{font-size:18px}}}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px} {height_px}" '
        f'width="{width_px}" height="{height_px}" role="img" aria-labelledby="t d">'
        f'<title id="t">{escape(title)}</title><desc id="d">{escape(description)}</desc>'
        f"<style>{_STYLE}{small}</style>{ground}{''.join(parts)}</svg>"
    )
