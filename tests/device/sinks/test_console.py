import io
from datetime import datetime

from device.records import Face, Reading
from device.sinks.console import Console


def reading(face_id: int, emotion: str, probability: float) -> Reading:
    return Reading(
        datetime(2026, 1, 2, 11, 11, 11).astimezone(),
        3.0,
        Face(face_id, (0, 0, 9, 9)),
        emotion,
        {emotion: probability},
        {emotion: probability},
        "m",
    )


def printed(*readings: Reading) -> str:
    stream = io.StringIO()
    Console(stream).write(readings)
    return stream.getvalue()


def test_one_face_has_one_plain_line():
    assert printed(reading(4, "happy", 0.731)) == "11:11:11s : Happy , 73%\n"


def test_several_faces_have_a_line_each_with_their_number():
    assert printed(reading(1, "sad", 0.5), reading(2, "neutral", 0.999)) == (
        "11:11:11s : Face 1 : Sad , 50%\n11:11:11s : Face 2 : Neutral , 100%\n"
    )
