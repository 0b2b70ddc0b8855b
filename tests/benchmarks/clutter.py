"""Pictures in which nobody is: drawn from a seed, and as full of edges as a room or a garden."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from device.records import Grey

WIDTH_PX, HEIGHT_PX = 640, 360
Canvas = np.ndarray


def pictures(count: int) -> Iterator[Grey]:
    """Yield so many, uint8 (360, 640), the same ones each time: the kinds take turns."""
    return (picture(number) for number in range(count))


@functools.cache  # each column of a table wants them
def picture(number: int) -> Grey:
    """Return the one of that number, uint8 (360, 640)."""
    generator = np.random.default_rng(number)
    canvas = _KINDS[number % len(_KINDS)](generator)
    blurred = cv2.GaussianBlur(canvas, (0, 0), generator.uniform(0.6, 2.0))
    return np.clip(blurred, 0, 255).astype(np.uint8)


def _cloud(generator: np.random.Generator, slope: float) -> Canvas:
    """Noise of all sizes, float32 (height, width) round 128; the larger ``slope``, the smoother."""
    down = np.fft.fftfreq(HEIGHT_PX)[:, None]
    across = np.fft.rfftfreq(WIDTH_PX)[None, :]
    power = np.hypot(down, across)
    power[0, 0] = np.inf
    waves = np.fft.rfft2(generator.normal(size=(HEIGHT_PX, WIDTH_PX))) / power**slope
    noise = np.fft.irfft2(waves, s=(HEIGHT_PX, WIDTH_PX))
    return (128 + 45 * noise / noise.std()).astype(np.float32)


def _texture(generator: np.random.Generator) -> Canvas:
    """Plaster, carpet, cloud."""
    return _cloud(generator, generator.uniform(0.8, 2.0))


def _shapes(generator: np.random.Generator) -> Canvas:
    """Discs, rings, boxes and lines of any size and grey, as on a desk or a poster."""
    canvas = 0.4 * _cloud(generator, 1.8) + 60
    for _ in range(generator.integers(40, 160)):
        x, y = (int(v) for v in generator.uniform((0, 0), (WIDTH_PX, HEIGHT_PX)))
        wide, high = (int(v) for v in generator.uniform(4, 70, 2))
        grey, thick = float(generator.uniform(0, 255)), int(generator.choice([-1, -1, 2, 4]))
        kind = generator.integers(3)
        if kind == 0:
            turn = float(generator.uniform(0, 180))
            cv2.ellipse(canvas, (x, y), (wide, high), turn, 0, 360, grey, thick)
        elif kind == 1:
            cv2.rectangle(canvas, (x, y), (x + wide, y + high), grey, thick)
        else:
            cv2.line(canvas, (x, y), (x + 2 * wide - 70, y + 2 * high - 70), grey, max(1, thick))
    return canvas


def _leaves(generator: np.random.Generator) -> Canvas:
    """Thousands of bright and dark leaves over each other."""
    canvas = _cloud(generator, 1.5)
    size = generator.uniform(3, 14)
    for _ in range(round(90_000 / size**1.5)):
        x, y = (int(v) for v in generator.uniform((0, 0), (WIDTH_PX, HEIGHT_PX)))
        length = max(2, int(size * generator.uniform(0.5, 1.8)))
        grey, turn = float(generator.normal(120, 50)), float(generator.uniform(0, 180))
        cv2.ellipse(canvas, (x, y), (length, max(1, length // 3)), turn, 0, 360, grey, -1)
    return canvas


def _furniture(generator: np.random.Generator) -> Canvas:
    """Shelves with books, drawers with knobs, window bars, lit from one side."""
    canvas = np.full((HEIGHT_PX, WIDTH_PX), generator.uniform(90, 200), np.float32)
    down = 0
    while down < HEIGHT_PX:
        high, left = int(generator.integers(30, 120)), 0
        while left < WIDTH_PX:
            wide = int(generator.integers(8, 30) if generator.random() < 0.6 else 100)
            grey = float(generator.uniform(20, 235))
            corner = (left + wide - 1, down + high - 6)
            cv2.rectangle(canvas, (left, down), corner, grey, -1)
            if wide == 100:  # a drawer, or a cupboard with two knobs
                for at in (0.3, 0.7):
                    knob = (left + round(at * wide), down + high // 3)
                    cv2.circle(canvas, knob, int(generator.integers(3, 9)), 255 - grey, -1)
                bar = (left + 30, down + 2 * high // 3)
                cv2.rectangle(canvas, bar, (bar[0] + 40, bar[1] + 4), 255 - grey, -1)
            left += wide
        down += high
    across = np.linspace(generator.uniform(0.5, 1), generator.uniform(0.8, 1.3), WIDTH_PX)
    return canvas * across.astype(np.float32) + generator.normal(0, 3, canvas.shape)


def _blobs(generator: np.random.Generator) -> Canvas:
    """Pale ovals with dark spots in them: what a cascade of faces is fond of."""
    canvas = 0.5 * _cloud(generator, 1.6) + 40
    for _ in range(generator.integers(6, 14)):
        x, y = (int(v) for v in generator.uniform((0, 0), (WIDTH_PX, HEIGHT_PX)))
        radius = int(generator.uniform(25, 80))
        grey = float(generator.uniform(120, 230))
        high = round(radius * generator.uniform(0.9, 1.4))
        cv2.ellipse(canvas, (x, y), (radius, high), 0, 0, 360, grey, -1)
        for _ in range(generator.integers(2, 9)):
            spot = (x, y) + generator.normal(0, 0.4, 2) * radius
            size = tuple(int(v) for v in 1 + radius * generator.uniform(0.05, 0.3, 2))
            shade, turn = grey * generator.uniform(0.2, 0.8), float(generator.uniform(-30, 30))
            cv2.ellipse(canvas, tuple(int(v) for v in spot), size, turn, 0, 360, float(shade), -1)
    return canvas


_KINDS: list[Callable[[np.random.Generator], Canvas]] = [
    _texture, _shapes, _leaves, _furniture, _blobs,
]  # fmt: skip
