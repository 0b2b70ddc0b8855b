"""The network that marks the faces that are shown."""

from __future__ import annotations

import logging

from device.config import Settings
from device.errors import ModelError
from device.mask import FaceMask
from device.model_store import SHIPPED

_log = logging.getLogger(__name__)

MASK = SHIPPED / "mask.tflite"


def load_marker(settings: Settings) -> FaceMask:
    """Load the network; raises ModelError, naming the file, where it cannot be used."""
    return FaceMask(MASK, runtime=settings.runtime, threads=settings.threads)


def open_marker(settings: Settings) -> FaceMask | None:
    """Load the network; where it cannot be used say so, and return None."""
    try:
        return load_marker(settings)
    except ModelError as error:
        _log.warning("faces are shown in ovals: the mask cannot be used: %s", error)
        return None
