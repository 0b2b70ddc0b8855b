import numpy as np

from device.emotions import read_face
from device.records import Face


def test_the_most_probable_emotion_is_read():
    probabilities = np.array([0.2, 0.7, 0.1])
    face = Face(3, (1, 2, 9, 9))
    reading = read_face(
        face, probabilities, ["angry", "happy", "sad"], media_time_s=4.5, model_id="m-1"
    )
    assert (reading.emotion, reading.probability) == ("happy", 0.7)
    assert reading.probabilities == {"angry": 0.2, "happy": 0.7, "sad": 0.1}
    assert (reading.face, reading.media_time_s, reading.model_id) == (face, 4.5, "m-1")
    assert reading.time.utcoffset() is not None
