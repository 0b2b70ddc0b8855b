"""Who is worth more training: successive halving for more than one aim.

Optuna's pruners know studies of one aim only. Here a trial goes on from a rung if it is among
the best of all trials that came to that rung before it, which no worker has to wait for
(asynchronous successive halving, Li et al. 2018, in the form that stops trials; for several
aims by dominance, as Schmucker et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Among fewer it cannot be told who is good.
FEWEST = 4


@dataclass(frozen=True)
class Standing:
    """What a trial has shown at a rung, and what its network costs.

    accuracy: share of the held-out images, 0-1.
    macs: multiply-accumulates of one picture.
    size_bytes: of the int8 file.
    """

    accuracy: float
    macs: float
    size_bytes: float

    def dominates(self, other: Standing) -> bool:
        """Tell whether it is as good in everything, and better in something."""
        mine = (-self.accuracy, self.macs, self.size_bytes)
        its = (-other.accuracy, other.macs, other.size_bytes)
        return mine != its and all(a <= b for a, b in zip(mine, its, strict=True))


def goes_on(mine: Standing, others: Sequence[Standing], share: float) -> bool:
    """Tell whether ``mine`` is among the best ``share`` of itself and ``others``.

    Trials are ordered by how many others dominate them (Fonseca and Fleming 1993), and those
    of equally many by their accuracy.
    """
    everybody = [mine, *others]
    if len(everybody) < FEWEST:
        return True

    def key(one: Standing) -> tuple[int, float]:
        return sum(other.dominates(one) for other in everybody), -one.accuracy

    better = sum(key(other) < key(mine) for other in others)
    return better < share * len(everybody)


def front(standings: Sequence[Standing]) -> list[bool]:
    """Tell for each of ``standings`` whether none of the others dominates it."""
    return [not any(other.dominates(one) for other in standings) for one in standings]
