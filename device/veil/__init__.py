"""What people do not see of a picture: all but the faces, or the faces."""

from device.veil.marker import load_marker as load_marker
from device.veil.marker import open_marker as open_marker
from device.veil.search import Search as Search
from device.veil.veil import Marker as Marker
from device.veil.veil import Veil as Veil
