"""training/duplicates.py: the same image twice."""

from __future__ import annotations

import numpy as np

from training.duplicates import also_in, count_repeated, groups


def images(*levels: int) -> np.ndarray:
    """An image for each level, all its pixels the same; uint8 (n, 48, 48)."""
    return np.array(levels, dtype=np.uint8)[:, None, None].repeat(48, 1).repeat(48, 2)


def test_a_single_level_of_difference_makes_another_image() -> None:
    there = images(1, 2, 3)
    almost = images(3)
    almost[0, 47, 47] = 4
    assert also_in(images(2, 9, 3), there).tolist() == [True, False, True]
    assert also_in(almost, there).tolist() == [False]
    assert also_in(there[:0], there).tolist() == []


def test_the_same_images_are_one_group_wherever_they_stand() -> None:
    assert groups(images(5, 7, 5, 8, 7, 5)).tolist() == [0, 1, 0, 3, 1, 0]


def test_repeated_images_count_once_and_so_do_contradicted_ones() -> None:
    labels = np.array([0, 1, 0, 3, 2, 6])
    # 5 stands three times, the last with another label; 7 twice, with two labels.
    assert count_repeated(images(5, 7, 5, 8, 7, 5), labels) == (2, 2)
    assert count_repeated(images(5, 5, 6), np.array([4, 4, 1])) == (1, 0)
    assert count_repeated(images(1, 2), np.array([0, 0])) == (0, 0)
