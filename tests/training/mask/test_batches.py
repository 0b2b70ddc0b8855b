"""What the network is shown, and what it is asked for."""

import cv2
import numpy as np
import pytest

from tests.training.mask.conftest import faces
from training.errors import DataError
from training.keypoints import Keypoints
from training.landmarks.config import FaceAugmentation
from training.mask.batches import Batches

PLAIN = FaceAugmentation(
    flip=False, rotate_deg=0, steady=0, scale=1, shift=0, contrast=0, brightness=0, gamma=1,
    coarse=0, noise=0, jpeg=0, erase=0,
)  # fmt: skip


def test_a_picture_as_it_is_and_its_mask():
    some = faces(5)
    pictures, masks = Batches(some, 2)[1]
    assert (pictures[..., 0] == some.pictures[2:4]).all()
    assert masks.shape == (2, 48, 48, 1)
    # The drawn face is much lighter than what is round it.
    light = pictures[0, ::2, ::2, 0] > 120
    assert (light == (masks[0, ..., 0] > 0.5)).mean() > 0.97
    assert len(Batches(some, 2)) == 3


@pytest.mark.parametrize("how", [
    {"rotate_deg": 40.0}, {"scale": 1.4}, {"shift": 0.15}, {"flip": True},
])  # fmt: skip
def test_the_mask_goes_with_the_face(how):
    import msgspec

    augmentation = msgspec.structs.replace(PLAIN, **how)
    pictures, masks = Batches(faces(8), 8, augmentation=augmentation)[0]
    for picture, mask in zip(pictures[..., 0], masks[..., 0], strict=True):
        light = picture[::2, ::2] > 120
        # Beyond the picture's old edge there may be anything: it counts what is near the face.
        near = cv2.dilate(mask, np.ones((5, 5))) > 0.5
        assert light[mask > 0.9].mean() > 0.9
        assert light[near & (mask < 0.1)].mean() < 0.2


def test_in_what_is_no_face_nothing_is_to_be_marked():
    _, masks = Batches(faces(8), 8, augmentation=FaceAugmentation(), no_faces=0.25)[0]
    assert (masks.reshape(8, -1).sum(axis=1) > 0).tolist() == [True] * 6 + [False] * 2


def test_batches_depend_on_seed_and_epoch_alone():
    def first(seed, epoch):
        how = FaceAugmentation()
        return Batches(faces(8), 4, augmentation=how, seed=seed, epoch=epoch)[0]

    later = Batches(faces(8), 4, augmentation=FaceAugmentation(), seed=1)
    later.on_epoch_end()
    for one, other in zip(first(1, 1), later[0], strict=True):
        assert (one == other).all()
    assert (first(1, 1)[0] != first(1, 2)[0]).any()
    assert (first(1, 1)[0] != first(2, 1)[0]).any()


def test_without_pictures_there_is_nothing_to_learn():
    some = faces(2)
    with pytest.raises(DataError, match="without pictures"):
        Batches(Keypoints(some.names, some.points), 2)


def test_pictures_and_masks_are_of_the_levels_that_the_network_wants():
    pictures, masks = Batches(faces(8), 8, augmentation=FaceAugmentation())[0]
    assert pictures.dtype == masks.dtype == np.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 255
    assert (masks.min(), masks.max()) == (0, 1)
