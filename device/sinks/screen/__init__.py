"""The attached screen: a window, the bare console, or a small panel."""

from device.sinks.screen.choose import open_panel, why_none
from device.sinks.screen.panel import Action, Panel
from device.sinks.screen.screen import Screen

__all__ = ["Action", "Panel", "Screen", "open_panel", "why_none"]
