"""A reading as a line for people."""

from __future__ import annotations

from datetime import datetime


def line(when: datetime, emotion: str, probability: float, face: int | None = None) -> str:
    """Return ``11:11:11s : Happy , 73%``; with "Face 2 : " in it where ``face`` is given.

    probability: 0-1.
    """
    number = "" if face is None else f"Face {face} : "
    return f"{when:%H:%M:%S}s : {number}{emotion.capitalize()} , {probability:.0%}"
