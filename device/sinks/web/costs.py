"""What the stages of the pipe cost, in two figures each."""

from __future__ import annotations

import statistics

from device.costs import Costs

_HIGH = 0.95


def stage_times_s(costs: Costs) -> dict[str, tuple[float, float]]:
    """Return the median and the 95th percentile of each stage's last times, in seconds."""
    return {
        stage: (statistics.median(times_s), sorted(times_s)[int(_HIGH * (len(times_s) - 1))])
        for stage, times_s in costs.times_s().items()
        if times_s
    }
