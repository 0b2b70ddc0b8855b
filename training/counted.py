"""Numbers of things, in words."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return "1 image", "2 images", "1,000 images"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
