"""Pictures with faces in them, cut out by the device's own code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device.faces import FaceFinder
from device.model_file import unpack
from device.preprocess import Framing, crop_face
from device.records import BoxXYXY, Grey
from training.labels import SIDE


@dataclass(frozen=True, eq=False)
class CutFace:
    """A face in a picture.

    box_xyxy: left, top, right and bottom of the detector's box, in pixels.
    crop: uint8 (48, 48), what a network is shown.
    """

    box_xyxy: BoxXYXY
    crop: Grey


class FaceCutter:
    """Finds faces and cuts them out with ``framing``, with the device's own settings.

    Raises ConfigError where OpenCV has no cascade.
    """

    def __init__(self, framing: Framing) -> None:
        self._finder = FaceFinder()
        self._framing = framing

    def cut(self, grey: Grey) -> list[CutFace]:
        """Return the faces in ``grey``, uint8 (height, width), the largest first.

        A picture of 48x48 is one face as it is: so FER2013 has them, and a detector
        would cut a second time into what is already cut.
        """
        if grey.shape == (SIDE, SIDE):
            return [CutFace((0, 0, SIDE, SIDE), grey)]
        return [
            CutFace(
                face.box_xyxy,
                crop_face(grey, face.box_xyxy, self._framing, SIDE, angle_deg=face.angle_deg),
            )
            for face in self._finder.places(grey)
        ]


def framing_for(model: Path) -> Framing:
    """Return the framing in the card of a ``.tflite`` file, by which the device cuts faces out.

    Only conversion measures it: for other files it is the box as it is.

    Raises ModelError, naming the file, where a ``.tflite`` file is not whole.
    """
    if model.suffix.lower() != ".tflite":
        return Framing()
    framing = unpack(model)[0].framing
    return Framing(framing.scale, framing.shift_x, framing.shift_y)


def words_of(framing: Framing) -> str:
    """Return in words how a face is cut out."""
    if framing == Framing():
        return "the detector's box as it is"
    return (
        f"{framing.scale:.3f} sides of the detector's box, "
        f"{framing.shift_x:+.3f} right, {framing.shift_y:+.3f} down"
    )
