"""What people see: faces with their emotions, and all that stands around them."""

from device.drawing.emoji import NOBODY, emoji
from device.drawing.faces import annotate
from device.drawing.scene import VIEWS, Look, Scene, View
from device.drawing.screen import draw

__all__ = ["NOBODY", "VIEWS", "Look", "Scene", "View", "annotate", "draw", "emoji"]
