"""The web page. What it takes is imported when its thread starts."""

from device.sinks.web.about import About
from device.sinks.web.sink import Web

__all__ = ["About", "Web"]
