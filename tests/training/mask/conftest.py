"""Drawn faces with their outlines, as files and as arrays: nobody's."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.keypoints import Keypoints

SIDE = 96


def face(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A striped oval with two eyes before things of any kind: uint8 (96, 96), and 68 points of it.

    Things and stripes tell one scene from another.
    """
    x, y = generator.uniform(42, 54, size=2)
    across, down = generator.uniform(22, 32), generator.uniform(26, 34)
    picture = np.full((SIDE, SIDE), 60, np.uint8)
    for level in generator.integers(0, 116, 40).tolist():
        left, top, width, height = generator.integers(0, (SIDE, SIDE, 30, 30)).tolist()
        cv2.rectangle(picture, (left, top), (left + width, top + height), (level,), cv2.FILLED)
    oval = np.zeros_like(picture)
    cv2.ellipse(
        oval, (round(x * 16), round(y * 16)), (round(across * 16), round(down * 16)),
        0, 0, 360, (1,), cv2.FILLED, cv2.LINE_8, 4,
    )  # fmt: skip
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    way, phase = generator.uniform(-0.8, 0.8, size=2), generator.uniform(0, 6)
    stripes = 195 + 55 * np.sin(way[0] * columns + way[1] * rows + phase)
    picture[oval > 0] = stripes[oval > 0]
    points = np.zeros((68, 2), np.float32)
    # From the right ear, on the picture's left, below the chin to the other; back over the brows.
    jaw, brows = np.linspace(np.pi, 0, 17), np.linspace(np.pi, 2 * np.pi, 12)[1:-1]
    for part, turns in ((slice(0, 17), jaw), (slice(17, 27), brows)):
        points[part] = np.stack([x + across * np.cos(turns), y + down * np.sin(turns)], axis=1)
    for part, side in ((slice(36, 42), -1), (slice(42, 48), 1)):
        points[part] = x + side * across / 2, y - down / 4
        cv2.circle(picture, (round(x + side * across / 2), round(y - down / 4)), 3, (30,), -1)
    points[27:36], points[48:] = (x, y), (x, y + down / 2)
    return picture, points


def faces(count: int, seed: int = 0) -> Keypoints:
    generator = np.random.default_rng(seed)
    pictures, points = zip(*(face(generator) for _ in range(count)), strict=True)
    eyes = [np.stack(points)[:, part].mean(axis=1, keepdims=True)
            for part in (slice(36, 42), slice(42, 48))]  # fmt: skip
    names = (*(f"p{n}" for n in range(68)), "right_eye_center", "left_eye_center")
    return Keypoints(names, np.concatenate([np.stack(points), *eyes], axis=1), np.stack(pictures))


def write_pictures(path: Path, faces: Keypoints) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["nose_tip_x", "nose_tip_y", "Image"])
        for picture, points in zip(faces.pictures, faces.points, strict=True):
            writer.writerow([*points[30], " ".join(map(str, picture.ravel()))])
    return path


def write_outlines(path: Path, faces: Keypoints) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"p{n}_{axis}" for n in range(68) for axis in "xy"])
        writer.writerows(points[:68].ravel().tolist() for points in faces.points)
    return path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pictures and outlines of 40 faces to learn from, and of 10 to measure on."""
    folder = tmp_path_factory.mktemp("outlines")
    return {
        "data": write_pictures(folder / "faces.csv", faces(40)),
        "outlines": write_outlines(folder / "points.csv", faces(40)),
        "test": write_pictures(folder / "test.csv", faces(10, seed=1)),
        "test-outlines": write_outlines(folder / "test_points.csv", faces(10, seed=1)),
    }
