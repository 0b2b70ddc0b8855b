"""What the page is made of, put together once."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from device.costs import Costs
from device.machine import Condition
from device.sessions import Sessions
from device.sinks.web.about import About
from device.sinks.web.auth import Auth
from device.sinks.web.channel import Channel
from device.sinks.web.feed import Places
from device.sinks.web.limits import Limits
from device.sinks.web.pages import Pages
from device.sinks.web.present import Present
from device.sinks.web.stream import Pictures
from device.sinks.web.work import Work


@dataclass(frozen=True)
class Parts:
    """Given to whatever answers requests."""

    about: About
    auth: Auth
    condition: Condition
    costs: Costs
    events: Channel
    limits: Limits
    pages: Pages
    pictures: Pictures
    places: Places
    present: Present
    sessions: Sessions
    work: Work
    began_s: float = field(default_factory=time.monotonic)

    def clients(self) -> dict[str, int]:
        """Return how many streams and listeners there are."""
        channels = self.pictures.channels.values()
        return {
            "stream": sum(channel.listeners for channel in channels),
            "events": self.events.listeners,
        }

    def close(self) -> None:
        """End what goes on, so that all who listen are let go."""
        for channel in (self.events, *self.pictures.channels.values()):
            channel.close()
