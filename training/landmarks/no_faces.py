"""Pictures that are none of a face, for a network that must know the difference.

Nothing is read for them: they are drawn, or made of the pictures of faces themselves in ways
that leave no face. A detector that takes a wall for a face has seen something like these.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from training.fitting import Images
from training.keypoints import Points
from training.landmarks.config import FaceAugmentation
from training.landmarks.faces import Image, worse


class NoFaces:
    """Draws pictures without a face, uint8 (side, side).

    images, points: uint8 (n, side, side) and float32 (n, k, 2): faces, and where they are.
    """

    def __init__(self, images: Images, points: Points) -> None:
        self._images = images
        self._points = points
        self._side = images.shape[1]
        self._kinds = (self._surface, self._shapes, self._scrambled, self._tiles, self._aside)

    def draw(self, how: FaceAugmentation, generator: np.random.Generator) -> Image:
        """Return one more, in the light and with the faults of ``how``."""
        kind = self._kinds[generator.integers(len(self._kinds))]
        return worse(kind(generator), how, generator)

    def _surface(self, generator: np.random.Generator) -> Image:
        """Return clouds, bark or gravel: noise that falls with some power of its frequency."""
        return _of_spectrum(_fall(self._side, generator.uniform(0.5, 2.2)), generator)

    def _scrambled(self, generator: np.random.Generator) -> Image:
        """Return the spectrum of a face with its phases lost: as rough, and nothing there."""
        face = self._images[generator.integers(len(self._images))].astype(np.float64)
        return _of_spectrum(np.abs(np.fft.rfft2(face - face.mean())), generator)

    def _tiles(self, generator: np.random.Generator) -> Image:
        """Return a face cut into squares that lie in another order: eyes, and no face."""
        face = self._images[generator.integers(len(self._images))]
        cells = int(generator.integers(3, 6))
        tile = self._side // cells
        face = cv2.resize(face, (cells * tile, cells * tile), interpolation=cv2.INTER_AREA)
        tiles = face.reshape(cells, tile, cells, tile).swapaxes(1, 2).reshape(-1, tile, tile)
        # Each goes where the one before it in a row of chance was, so none stays.
        row = generator.permutation(len(tiles))
        order = np.empty_like(row)
        order[row] = np.roll(row, 1)
        mixed = tiles[order].reshape(cells, cells, tile, tile).swapaxes(1, 2)
        mixed = mixed.reshape(cells * tile, cells * tile)
        return _sized(np.ascontiguousarray(mixed), self._side)

    def _aside(self, generator: np.random.Generator) -> Image:
        """Return, enlarged, what lies beside a face: hair, a collar, the room."""
        at = generator.integers(len(self._images))
        side = self._side
        low, high = np.nanmin(self._points[at], axis=0), np.nanmax(self._points[at], axis=0)
        for _ in range(20):
            size = int(generator.integers(side // 5, side // 2))
            left, top = (int(n) for n in generator.integers(0, side - size, size=2))
            middle = np.array([left, top]) + size / 2
            if (np.abs(middle - (low + high) / 2) > (high - low) / 2 + 0.3 * size).any():
                return _sized(self._images[at, top : top + size, left : left + size], side)
        return self._surface(generator)

    def _shapes(self, generator: np.random.Generator) -> Image:
        """Return things: ellipses, boxes, lines and letters on a wall that gets lighter."""
        side = self._side
        across, down = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
        tilt = generator.normal(0, 40, size=2)
        wall = generator.uniform(0, 255) + tilt[0] * across + tilt[1] * down
        picture: Image = np.clip(wall, 0, 255).astype(np.uint8)
        for _ in range(int(generator.integers(1, 14))):
            _draw_one(picture, generator)
        return picture


def _sized(image: Image, side: int) -> Image:
    large = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    return large.astype(np.uint8, copy=False)


def _fall(side: int, power: float) -> npt.NDArray[np.float64]:
    """Return how much of each frequency there is, as ``rfft2`` orders them."""
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf  # its mean is given later
    return np.asarray(frequency**-power)


def _of_spectrum(amplitudes: npt.NDArray[np.float64], generator: np.random.Generator) -> Image:
    """Return a picture of these amplitudes with phases of chance, in some light."""
    side = len(amplitudes)
    phases = generator.uniform(0, 2 * np.pi, amplitudes.shape)
    waves = np.fft.irfft2(amplitudes * np.exp(1j * phases), s=(side, side))
    spread, mean = generator.uniform(10, 70), generator.uniform(40, 215)
    lit = (waves - waves.mean()) / max(1e-6, float(waves.std())) * spread + mean
    return np.asarray(np.clip(lit, 0, 255), dtype=np.uint8)


def _draw_one(picture: Image, generator: np.random.Generator) -> None:
    """Draw one thing somewhere, filled or not."""
    side = len(picture)
    x, y, across, down = (int(n) for n in generator.integers(0, side, size=4))
    level = (float(generator.integers(256)),)
    line = int(generator.choice([-1, 1, 2, 4]))
    match generator.integers(4):
        case 0:
            axes = (across // 3 + 1, down // 3 + 1)
            cv2.ellipse(
                picture, (x, y), axes, float(generator.uniform(0, 180)), 0, 360, level, line
            )
        case 1:
            cv2.rectangle(picture, (x, y), (across, down), level, line)
        case 2:
            cv2.line(picture, (x, y), (across, down), level, max(1, line), cv2.LINE_AA)
        case _:
            text = "".join(chr(n) for n in generator.integers(33, 127, size=4))
            size = float(generator.uniform(0.4, 2.5))
            cv2.putText(picture, text, (x - 20, y), cv2.FONT_HERSHEY_SIMPLEX, size, level, 2)
