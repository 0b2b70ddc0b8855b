"""Ctrl-C while a network learns."""

from __future__ import annotations

import os
import signal
from types import TracebackType
from typing import Any

import keras

HEARD = "\nstopping after this step; Ctrl-C once more stops at once\n"


class Interrupt(keras.callbacks.Callback):  # type: ignore[misc]
    """Has Ctrl-C end the training between two batches, inside a ``with`` block.

    Python would raise KeyboardInterrupt wherever it happens to be: also where a library
    calls back from C, and drops what is raised there, so that the training went on. A
    second Ctrl-C does not wait for the end of the batch.
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        """Take over SIGINT."""
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give SIGINT back; raise KeyboardInterrupt where no batch came after it was asked for."""
        signal.signal(signal.SIGINT, self._before)
        if self._asked and kind is None:
            raise KeyboardInterrupt

    def _ask(self, number: int, frame: object) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        # Not by print, which may be at work where the signal comes.
        os.write(2, HEARD.encode())

    def heed(self) -> None:
        """Raise KeyboardInterrupt where it was asked for."""
        if self._asked:
            raise KeyboardInterrupt

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Raise KeyboardInterrupt where it was asked for."""
        self.heed()

    on_test_batch_end = on_train_batch_end
