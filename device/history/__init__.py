"""What is remembered of sessions, minute by minute, in a database."""

from device.history.history import History
from device.history.past import PeriodError
from device.history.periods import By
from device.history.wall import Wall

__all__ = ["By", "History", "PeriodError", "Wall"]
