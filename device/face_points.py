"""The network that finds points on a face, and what it is used for, as the settings say."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import numpy as np

from device.config import Settings
from device.costs import Costs
from device.drawn_faces import draw_faces
from device.errors import ModelError
from device.faces import Marks
from device.faces.constellation import Constellation
from device.model_store import SHIPPED
from device.records import BoxXYXY, Grey

if TYPE_CHECKING:
    from device.landmarks import Found, Landmarks

_log = logging.getLogger(__name__)

LANDMARKS = SHIPPED / "landmarks.tflite"

_WITHOUT = "%s: faces are read without their points"


def open_marks(settings: Settings, costs: Costs) -> Marks | None:
    """Build what asks for the points of a face, as ``settings`` say; None for nothing.

    Without a network that works, or once it fails, faces are read all the same: a warning
    says why.

    costs: where what the network takes is noted, as "points".
    """
    uses = settings.faces.landmarks
    if not uses:
        return None
    try:
        landmarks = open_landmarks(settings)
    except ModelError as error:
        _log.warning(_WITHOUT, error)
        return None
    works = True

    def find(grey: Grey, box_xyxy: BoxXYXY, angle_deg: float) -> Found | None:
        nonlocal works
        if not works:
            return None
        try:
            with costs.of("points"):
                return landmarks.find(grey, box_xyxy, angle_deg=angle_deg)
        except RuntimeError as error:  # what the runtime raises
            works = False
            _log.warning(_WITHOUT, f"{landmarks.path}: {' '.join(str(error).split())}")
            return None

    return Marks(
        find,
        landmarks.labels,
        level="level" in uses,
        steady="steady" in uses,
        blobs="blobs" in uses,
    )


def open_landmarks(settings: Settings) -> Landmarks:
    """Load the network; raises ModelError, naming its file, where it cannot be used."""
    from device.landmarks import Landmarks  # what is off is not loaded

    landmarks = Landmarks(LANDMARKS, runtime=settings.runtime, threads=settings.threads)
    try:
        Constellation(landmarks.labels)
    except ValueError as error:
        raise ModelError(f"{LANDMARKS}: {error}") from error
    return landmarks


def landmarks_id(settings: Settings) -> str:
    """Return the network's name; "" where there is to be none, or none that works."""
    if not settings.faces.landmarks:
        return ""
    try:
        return open_landmarks(settings).id
    except ModelError:  # it is said where the network is to be used
        return ""


def describe_landmarks(settings: Settings) -> str:
    """Return for people what the network is and takes; raises ModelError as ``open_landmarks``."""
    landmarks = open_landmarks(settings)
    times_s = []
    for face in draw_faces(landmarks.side_px):
        began_s = time.perf_counter()
        landmarks.in_crop(face)
        times_s.append(time.perf_counter() - began_s)
    uses = ", ".join(settings.faces.landmarks)
    return f"{landmarks.id} for {uses}, {1000 * float(np.median(times_s)):.1f} ms each"
