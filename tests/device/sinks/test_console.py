import io
from datetime import datetime

import numpy as np

from device.records import Face, Frame, Reading
from device.sinks.console import Console

FRAME = Frame(np.zeros((9, 9), np.uint8), 3.0)


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
    console = Console(stream)
    console.see(FRAME, readings)
    console.write(readings)
    return stream.getvalue()


def test_one_face_has_one_plain_line():
    assert printed(reading(4, "happy", 0.731)) == "11:11:11s : Happy , 73%\n"


def test_faces_that_go_out_one_by_one_have_their_numbers_too():
    stream = io.StringIO()
    console, seen = Console(stream), [reading(1, "sad", 0.5), reading(2, "happy", 0.9)]
    for due in seen:
        console.see(FRAME, seen)
        console.write([due])
    assert stream.getvalue() == (
        "11:11:11s : Face 1 : Sad , 50%\n11:11:11s : Face 2 : Happy , 90%\n"
    )


def test_several_faces_have_a_line_each_with_their_number():
    assert printed(reading(1, "sad", 0.5), reading(2, "neutral", 0.999)) == (
        "11:11:11s : Face 1 : Sad , 50%\n11:11:11s : Face 2 : Neutral , 100%\n"
    )
