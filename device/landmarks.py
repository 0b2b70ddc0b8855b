"""Where eyes, brows, nose and mouth lie on a face, and whether there is a face at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.errors import ModelError
from device.model import Network
from device.model_file import LandmarksCard
from device.preprocess import crop_face, from_crop
from device.records import BoxXYXY, Grey

Points = npt.NDArray[np.float32]

_GREATEST = np.float32(127)  # of int8
_TINY = np.float32(1e-30)


@dataclass(frozen=True, eq=False)
class Found:
    """The points of one face.

    points: float32 (k, 2), x right and y down in pixels of the frame from its corner: the
        middle of its first pixel lies at 0.5. In the order of ``Landmarks.labels``; left and
        right are the person's own.
    seen: float32 (k,), how sure each is in the picture at all, 0-1.
    """

    points: Points
    seen: npt.NDArray[np.float32]

    @property
    def confidence(self) -> float:
        """How sure it is a face, 0-1: the mean of what is ``seen``."""
        return float(self.seen.mean())


class Landmarks(Network[LandmarksCard]):
    """The network that finds points on a face.

    path: the ``.tflite`` file. runtime, threads: as of ``Network``. Its ``labels`` are what the
        points are called.

    Raises ModelError, naming the file, where it cannot be used.
    """

    def __init__(self, path: Path, *, runtime: str = "auto", threads: int = 1) -> None:
        super().__init__(path, LandmarksCard, runtime=runtime, threads=threads)
        if len(self.output_shape) != 3:
            raise ModelError(
                f"{path}: output {self.output_shape}, but points come out of maps, "
                "(rows, columns, points): convert it anew"
            )
        self._reader = _Reader(self)

    def find(self, grey: Grey, box_xyxy: BoxXYXY, *, angle_deg: float = 0.0) -> Found:
        """Return the points of the face in ``box_xyxy`` of a frame.

        grey: uint8 (height, width).
        angle_deg: how far the face is known to be tilted, clockwise as one sees it; the network
            takes some 45 degrees more, either way.

        Raises ValueError where the box does not touch the picture.
        """
        crop = crop_face(grey, box_xyxy, self.framing, self.side_px, angle_deg=angle_deg)
        shares_xy, seen = self.in_crop(crop)
        points = from_crop(shares_xy, box_xyxy, self.framing, angle_deg=angle_deg)
        return Found(points.astype(np.float32), seen)

    def in_crop(self, crop: Grey) -> tuple[Points, npt.NDArray[np.float32]]:
        """Return the points in a crop, float32 (k, 2) in its sides, and how sure each is, (k,).

        crop: uint8 (side_px, side_px).
        """
        return self._reader.read(self.run(crop))


class _Reader:
    """``places`` for maps of int8, without a look for the greatest of each map."""

    def __init__(self, network: Network[LandmarksCard]) -> None:
        rows, columns, self._points = network.output_shape
        self._step = np.float32(network.step)
        # The greatest number that there is becomes 1, so no power is too large for a float32;
        # a map whose numbers are all so low that theirs are 0 is that of a point that is nowhere.
        self._nowhere = np.float32(np.exp(network.step * (network.zero - _GREATEST)))
        across, down = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
        # (3, cells): for the sum of all, and for the means of x and y.
        self._sums = np.stack(
            [np.ones(rows * columns), np.tile(across, rows), np.repeat(down, columns)]
        ).astype(np.float32)

    def read(self, raw: npt.NDArray[np.int8]) -> tuple[Points, npt.NDArray[np.float32]]:
        """Return what ``places`` returns for the maps int8 (rows, columns, k)."""
        powers = raw.reshape(-1, self._points).astype(np.float32)
        powers -= _GREATEST
        powers *= self._step
        np.exp(powers, out=powers)
        sums = self._sums @ powers
        total = sums[0] + _TINY
        return (sums[1:] / total).T, total / (total + self._nowhere)


def places(maps: npt.NDArray[np.float32]) -> tuple[Points, npt.NDArray[np.float32]]:
    """Return where the points are, float32 (k, 2), and how sure each is there, (k,) of 0-1.

    maps: float32 (rows, columns, k), logits: how much speaks for each point's lying in each
        cell; 0 speaks for its lying in none. A place is the mean of the cells by their
        probabilities (Sun et al. 2018, "integral regression"), x right and y down in sides of
        the picture, from its corner.
    """
    rows, columns = maps.shape[:2]
    top = maps.max(axis=(0, 1))
    powers = np.exp(maps - top)
    total = powers.sum(axis=(0, 1))
    x = np.einsum("rck,c->k", powers, (np.arange(columns) + 0.5) / columns)
    y = np.einsum("rck,r->k", powers, (np.arange(rows) + 0.5) / rows)
    # Top and log(total) together are the logit of all cells; that of "nowhere" is 0.
    seen = 1 / (1 + np.exp(-(top + np.log(total))))
    return (np.stack([x, y], axis=1) / total[:, None]).astype(np.float32), seen.astype(np.float32)
