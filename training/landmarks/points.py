"""From maps to points, as the device does it."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from device.landmarks import places
from training.fitting import Images
from training.keypoints import Points
from training.landmarks.network import SIDE

_BATCH = 256


def find(model: keras.Model, images: Images) -> tuple[Points, npt.NDArray[np.float32]]:
    """Return the points (n, k, 2) in pixels of ``images``, uint8 (n, 96, 96), and confidences (n,).

    The first pixel's middle lies at 0, as in the data set.
    """
    batch = images[..., np.newaxis].astype(np.float32)
    maps = np.asarray(model.predict(batch, batch_size=_BATCH, verbose=0), dtype=np.float32)
    found = [places(one) for one in maps]
    points = np.stack([shares_xy * SIDE - 0.5 for shares_xy, _ in found])
    return points.astype(np.float32), np.stack([seen.mean() for _, seen in found])
