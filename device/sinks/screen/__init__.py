"""The attached screen: a window, the bare console, or a small panel."""

from device.sinks.screen.choose import NONE_FOUND, open_panel, why_none
from device.sinks.screen.panel import Action, Panel
from device.sinks.screen.screen import Screen

__all__ = ["NONE_FOUND", "Action", "Panel", "Screen", "open_panel", "why_none"]
