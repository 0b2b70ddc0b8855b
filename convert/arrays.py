"""The arrays that conversion passes round."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]  # (n, side, side), grey levels 0-255
Labels = npt.NDArray[np.int64]  # (n,), indices into the model's classes
Logits = npt.NDArray[np.float32]  # (n, classes), before the softmax
