import numpy as np

from device.drawn_faces import draw_faces
from device.faces import FaceFinder


def test_they_are_pictures_of_the_size_that_is_asked_for_each_another():
    for side_px in (32, 48, 96):
        faces = draw_faces(side_px)
        assert faces.shape[1:] == (side_px, side_px)
        assert faces.dtype == np.uint8
        assert len({face.tobytes() for face in faces}) == len(faces) >= 5
        assert np.ptp(faces) > 150


def test_they_are_the_same_each_time():
    assert np.array_equal(draw_faces(48), draw_faces(48))


def test_the_face_finder_takes_them_for_faces():
    finder = FaceFinder(width_px=400, smallest=0.3)
    found = [len(finder.find(np.pad(face, 60, mode="edge"))) for face in draw_faces(200)]
    assert sum(found) >= 3
