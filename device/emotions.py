"""From a network's probabilities to one reading of a face."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt

from device.records import Face, Reading


def read_face(
    face: Face,
    probabilities: npt.NDArray[np.float64],
    labels: list[str],
    *,
    media_time_s: float,
    model_id: str,
) -> Reading:
    """Return the reading of ``face``: the most probable of ``labels``.

    probabilities: float64 (labels,), 0-1, in the order of ``labels``.
    media_time_s: the frame's time on the clock of its source.
    """
    return Reading(
        time=datetime.now().astimezone(),
        media_time_s=media_time_s,
        face=face,
        emotion=labels[int(np.argmax(probabilities))],
        probabilities=dict(zip(labels, probabilities.tolist(), strict=True)),
        model_id=model_id,
    )
