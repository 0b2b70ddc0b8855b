"""Where the faces are, where to look next, and which face is which."""

from device.faces.cascade import PROFILE as PROFILE
from device.faces.cascade import cascade_path as cascade_path
from device.faces.cascade import load_cascade as load_cascade
from device.faces.finder import FaceFinder as FaceFinder
from device.faces.follower import FaceFollower as FaceFollower
from device.faces.marks import Marks as Marks
from device.faces.place import Place as Place
