"""What a scenario shows of what it saw: its evidence."""

from __future__ import annotations


def say(text: str, indent: str = "    ") -> None:
    """Print ``text`` below the name of the test, indented."""
    print("\n".join(indent + line for line in text.splitlines()) or indent, flush=True)
