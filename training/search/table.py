"""The trials of a study as a table, for people and for programs."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from training.counted import counted
from training.search.halving import front
from training.search.tried import BASELINE, CONFIRM, Tried


def on_front(tried: Sequence[Tried]) -> list[Tried]:
    """Return the complete trials that no other one dominates, the most accurate first.

    Second tries are left out: they are for comparing, not for choosing.
    """
    complete = [one for one in tried if one.complete and one.role != CONFIRM]
    rung = len(complete[0].accuracies) - 1 if complete else 0
    standings = [standing for one in complete if (standing := one.standing(rung)) is not None]
    first = [one for one, is_first in zip(complete, front(standings), strict=True) if is_first]
    return sorted(first, key=lambda one: (-one.accuracy, one.macs))


def within(
    tried: Sequence[Tried], macs: float = float("inf"), size_bytes: float = float("inf")
) -> list[Tried]:
    """Return those of ``tried`` that cost no more."""
    return [one for one in tried if one.macs <= macs and one.size_bytes <= size_bytes]


def best(tried: Sequence[Tried]) -> Tried | None:
    """Return the most accurate of ``tried``; None: none of them is complete.

    Where some that were found were tried a second time, without weights of others, it is one
    of the second tries; that of the baseline alone says nothing of those that were found.
    """
    again = [one for one in tried if one.complete and one.role == CONFIRM]
    baseline = {one.number for one in tried if one.role == BASELINE}
    if {one.again for one in again} <= baseline:
        ordered = on_front(tried)
    else:
        ordered = sorted(again, key=lambda one: (-one.accuracy, one.macs))
    return ordered[0] if ordered else None


def write_csv(tried: Sequence[Tried], path: Path) -> None:
    """Write every trial that was trained, with all its genes, to ``path``."""
    first = {one.number for one in on_front(tried)}
    partial = path.with_name(f"partial-{os.getpid()}-{path.name}")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([
            "trial", "role", "state", "front", "accuracy", "rungs", "macs", "int8_bytes",
            "architecture", "peak_rate", "weight_decay", "label_smoothing", "dropout",
            "augmentation", "inherited_from", "inherited", "again",
        ])  # fmt: skip
        for one in tried:
            how = one.candidate
            writer.writerow([
                one.number, one.role, _state(one), int(one.number in first),
                f"{one.accuracy:.4f}", " ".join(f"{a:.4f}" for a in one.accuracies),
                one.macs, one.size_bytes, str(one.plan), f"{how.peak_rate:.4g}",
                f"{how.weight_decay:.4g}", how.label_smoothing, how.dropout, how.augmentation,
                "" if one.inherited_from is None else one.inherited_from, f"{one.inherited:.3f}",
                "" if one.again is None else one.again,
            ])  # fmt: skip
    os.replace(partial, path)


def _state(one: Tried) -> str:
    if not one.done:
        return "running"
    return "complete" if one.complete else "stopped"


def markdown(tried: Sequence[Tried]) -> str:
    """Return the front, the baseline and the second tries as a table in Markdown."""
    rows = on_front(tried)
    rows += [one for one in tried if one.role == BASELINE and one not in rows and one.complete]
    rows += [one for one in tried if one.role == CONFIRM and one.complete]
    lines = [
        "| trial | accuracy | MACs | int8 bytes | weights from | architecture |",
        "|---|---|---|---|---|---|",
    ]
    for one in rows:
        heir = "" if one.inherited_from is None else f"{one.inherited_from} ({one.inherited:.0%})"
        role = {BASELINE: ", baseline", CONFIRM: f", {one.again} again"}.get(one.role, "")
        lines.append(
            f"| {one.number}{role} | {one.accuracy:.2%} | {one.macs / 1e6:.1f} M "
            f"| {one.size_bytes:,} | {heir} | `{one.plan}` |"
        )
    return "\n".join(lines)


def summary(tried: Sequence[Tried]) -> str:
    """Return in a line how many trials there are, and what became of them."""
    searched = [one for one in tried if one.role != CONFIRM]
    complete = sum(one.complete for one in searched)
    stopped = sum(one.done and not one.complete for one in searched)
    running = sum(not one.done for one in tried)
    more = f", {running} running" if running else ""
    return (
        f"{counted(complete + stopped, 'trial')}: {complete} to the end, {stopped} stopped "
        f"early{more}; {len(on_front(tried))} on the front"
    )
