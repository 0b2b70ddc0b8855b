"""Checkpoints: all that decides how a run goes on, in one file."""

from __future__ import annotations

import os
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import keras

from training.epochs import checkpoint_name, checkpoints_in, epochs_behind
from training.errors import RunError
from training.randomness import Randomness

_ATTRIBUTE = "mien_randomness"


class Checkpoints:
    """The folder of checkpoints of a run; it holds the last one.

    A checkpoint is Keras's weights file with the optimizer's variables (steps,
    momentum, averages); the state of the random generators is an attribute of
    it, so that both are there or neither.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial = folder / "partial.weights.h5"
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, model: keras.Model, epoch: int) -> None:
        """Keep ``model`` as it is after ``epoch`` epochs, whole or not at all."""
        partial = self._partial
        model.save_weights(partial, overwrite=True)
        with h5py.File(partial, "r+") as file:
            file.attrs[_ATTRIBUTE] = Randomness.of(model).encode()
        # Without this a power cut can leave the new name with nothing behind it.
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(partial, self._folder / checkpoint_name(epoch))
        for older in checkpoints_in(self._folder)[:-1]:
            older.unlink()

    def epoch(self) -> int:
        """Return how many epochs the last checkpoint has behind it; 0 without one."""
        return epochs_behind(checkpoints_in(self._folder))

    def cut_off_in_the_first(self) -> bool:
        """Tell whether the first checkpoint was being written when the run was cut off."""
        return not self.epoch() and self._partial.exists()

    def last(self) -> Path | None:
        """Return the last checkpoint's file, where there is one."""
        found = checkpoints_in(self._folder)
        return found[-1] if found else None

    def restore(self, model: keras.Model) -> Randomness | None:
        """Load the last checkpoint into the compiled ``model``.

        Returns the state of the random generators, to be put back when the next
        epoch begins: until then Keras draws from them to build the model.

        Raises RunError where the checkpoint is damaged.
        """
        path = checkpoints_in(self._folder)[-1]
        # Without its variables the optimizer would silently start afresh.
        model.optimizer.build(model.trainable_variables)
        try:
            model.load_weights(path)
            with h5py.File(path, "r") as file:
                state = file.attrs.get(_ATTRIBUTE)
        except (OSError, ValueError, KeyError) as error:
            raise RunError(
                f"{path}: this checkpoint cannot be loaded ({str(error)[:200]}): "
                "delete the run folder to start anew"
            ) from error
        return None if state is None else Randomness.decode(state)
