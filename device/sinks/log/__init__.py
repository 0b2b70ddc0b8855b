"""The prediction log: JSON Lines, a line a reading. See README.md beside this."""

from device.sinks.log.sink import Log

__all__ = ["Log"]
