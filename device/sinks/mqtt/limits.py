"""How long things take at most, and how often they are said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of the connection to a broker; tests have shorter ones.

    connect_s: for each step of connecting: the network, TLS, the broker's answer.
    first_pause_s, longest_pause_s: between two tries; each pause is twice the one before.
    repeat_s: what is wrong is said again after so long.
    close_s: what is queued is sent in so long at the end.
    turn_s: how long the network is waited for, at most, before others have their turn.
    calm_s: changes of the state are sent so far apart.
    no_camera_s: a camera is called lost where no frame came for so long.
    """

    connect_s: float = 10.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    repeat_s: float = 3600.0
    close_s: float = 5.0
    turn_s: float = 1.0
    calm_s: float = 1.0
    no_camera_s: float = 5.0
