"""What can go wrong while an image is prepared."""

from __future__ import annotations

FAILED = 1
WRONG_USE = 2


class FlashError(Exception):
    """One sentence for people, and the exit code."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code
