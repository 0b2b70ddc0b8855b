"""Looking for faces so as to hide them: rather one too many than one too few."""

from __future__ import annotations

from device.config import FaceSettings
from device.faces import FaceFinder
from device.records import BoxXYXY, Grey

# What is searched is finer than for reading, and so are the faces that are found: a face too
# small to be read can still be known.
_WIDTH_PX = 480
_SMALLEST = 0.06
_NEIGHBOURS = 2
_TILTS_DEG = (-25.0, 25.0)


class Search:
    """Finds faces in each picture anew, upright ones and in turns those tilted to either side.

    settings: how faces are looked for when they are read; here it is done no less closely.

    Raises ConfigError where OpenCV has no cascade.
    """

    def __init__(self, settings: FaceSettings) -> None:
        self._finder = FaceFinder(
            width_px=max(_WIDTH_PX, settings.width_px),
            smallest=min(_SMALLEST, settings.smallest),
            scale_step=settings.scale_step,
            neighbours=min(_NEIGHBOURS, settings.neighbours),
        )
        self._turn = 0

    def __call__(self, grey: Grey) -> list[BoxXYXY]:
        """Return the boxes of the faces in ``grey``, uint8 (height, width)."""
        self._turn = (self._turn + 1) % len(_TILTS_DEG)
        view = self._finder.view(grey)
        upright = view.everywhere()
        tilted = view.everywhere(_TILTS_DEG[self._turn], known=upright)
        return [place.box_xyxy for place in (*upright, *tilted)]
