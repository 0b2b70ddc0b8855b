"""What people see: faces with their emotions, and all that stands around them."""

from device.drawing.emoji import NOBODY, emoji
from device.drawing.faces import annotate

__all__ = ["NOBODY", "annotate", "emoji"]
