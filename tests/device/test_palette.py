from itertools import combinations

import numpy as np
import pytest

from device.palette import colour, css
from device.records import UNCERTAIN

EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", UNCERTAIN]
# What each of red, green and blue adds to what somebody sees who lacks one kind of cone:
# Viénot, Brettel and Mollon, "Digital video colourmaps" (1999), on linear light.
BLIND = {
    "protan": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deutan": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
}


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear light, 0-1 each."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = (np.array(to_xyz) @ rgb) / (0.9505, 1.0, 1.089)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", [*BLIND, "normal"])
def test_colour_blind_people_can_tell_the_colours_apart(kind):
    matrix = np.array(BLIND.get(kind, np.eye(3)))
    linear = [(np.array(colour(name)) / 255) ** 2.2 for name in EMOTIONS]
    seen = [lab(np.clip(matrix @ rgb, 0, 1)) for rgb in linear]
    differences = {
        (EMOTIONS[i], EMOTIONS[j]): float(np.linalg.norm(seen[i] - seen[j]))
        for i, j in combinations(range(len(EMOTIONS)), 2)
    }
    # About 2.3 is what can just be seen.
    assert min(differences.values()) > 15, min(differences, key=differences.get)


def test_an_unknown_name_has_a_colour_that_stays():
    assert colour("contempt") == colour("contempt")
    assert css("happy") == "#f0e442"
