"""Rooms with people in them, made of the demo clip's face."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from device.faces import FaceFinder
from device.records import Grey

WIDTH_PX, HEIGHT_PX = 640, 360
# How much of a picture belongs to a head, in sides of the box on its face.
_HEAD = 1.7


@dataclass(frozen=True)
class Person:
    """A head, uint8 (size, size), and how much of it shows, float32 of 0-1."""

    picture: Grey
    mask: np.ndarray
    face_px: float


@dataclass(frozen=True)
class At:
    """Where a person is: the middle of the face, its side, its tilt clockwise."""

    x: float
    y: float
    side: float
    tilt_deg: float = 0.0


def person(frame: Grey, *, other: bool = False) -> Person:
    """The head in ``frame``; ``other``: of somebody else, mirrored, darker and flatter."""
    left, top, right, bottom = FaceFinder().find(frame)[0]
    side = right - left
    half = round(_HEAD * side / 2)
    x, y = (left + right) // 2, (top + bottom) // 2
    padded = cv2.copyMakeBorder(frame, half, half, half, half, cv2.BORDER_REPLICATE)
    head = padded[y : y + 2 * half, x : x + 2 * half]
    if other:
        head = np.clip(head[:, ::-1] * 0.55 + 10, 0, 255).astype(np.uint8)
    mask = np.zeros(head.shape, np.float32)
    cv2.ellipse(mask, (half, half), (round(0.72 * half), round(0.9 * half)), 0, 0, 360, 1.0, -1)
    return Person(head, cv2.GaussianBlur(mask, (0, 0), 4), side)


@dataclass
class Room:
    """An empty room, 640x360, into which people are put, the last in front.

    noise: the standard deviation of the sensor's noise, in grey levels.
    """

    noise: float = 2.0
    generator: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def show(self, *people: tuple[Person, At]) -> Grey:
        down, across = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
        frame = (140 - 50 * down / HEIGHT_PX + 20 * across / WIDTH_PX).astype(np.float32)
        for who, at in people:
            scale = at.side / who.face_px
            middle = who.picture.shape[0] / 2
            turn = math.radians(at.tilt_deg)
            a, b = scale * math.cos(turn), scale * math.sin(turn)
            matrix = np.array([[a, -b, at.x - (a - b) * middle], [b, a, at.y - (a + b) * middle]])
            size = (WIDTH_PX, HEIGHT_PX)
            shown = cv2.warpAffine(who.mask, matrix, size)
            head = cv2.warpAffine(who.picture, matrix, size, flags=cv2.INTER_AREA)
            frame = frame * (1 - shown) + head * shown
        frame += self.generator.normal(0, self.noise, frame.shape) if self.noise else 0
        return np.clip(frame, 0, 255).astype(np.uint8)
