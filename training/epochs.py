"""How far a run is, by its folder alone: known before Keras is imported."""

from __future__ import annotations

from pathlib import Path

CHECKPOINTS = "checkpoint"
_BEFORE, _AFTER = "epoch-", ".weights.h5"


def checkpoint_name(epoch: int) -> str:
    """Return the name of the checkpoint that has ``epoch`` epochs behind it."""
    return f"{_BEFORE}{epoch:04d}{_AFTER}"


def checkpoints_in(folder: Path) -> list[Path]:
    """Return the checkpoints in ``folder``, the last one at the end."""
    return sorted(folder.glob(f"{_BEFORE}*{_AFTER}"))


def epochs_behind(checkpoints: list[Path]) -> int:
    """Return how many epochs the last of ``checkpoints`` has behind it; 0 without one."""
    return int(checkpoints[-1].name[len(_BEFORE) : -len(_AFTER)]) if checkpoints else 0


def what_is_kept(run: Path) -> str:
    """Say what the run in the folder ``run`` has where it was cut off, and what it does next."""
    if epochs_behind(checkpoints_in(run / CHECKPOINTS)):
        return f"the epochs that are done are kept; the same command goes on with the run in {run}"
    return f"no epoch was finished: the same command begins the run in {run} anew"
