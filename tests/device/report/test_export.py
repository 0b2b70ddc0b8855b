import csv
import io
import json
from datetime import timedelta

import pytest

from device.report.export import session_csv, slot_dict, summary_dict
from device.summary import FaceSummary, SessionSummary, Shares
from tests.device.report.conftest import BEGAN, slot


def summary(name: str = "Dinner, at Zoë's") -> SessionSummary:
    slots = [slot(0, 60, 40, happy=30, sad=10), slot(60, 60, 20, happy=15, sad=5)]
    read = Shares({"happy": 45.0, "sad": 15.0, "uncertain": 0.0}, 2)
    faces = [
        FaceSummary(1, 0.0, 80.0, Shares({"happy": 45.0, "sad": 0.0, "uncertain": 0.0}, 0)),
        FaceSummary(2, 5.0, 60.0, Shares({"happy": 0.0, "sad": 15.0, "uncertain": 0.0}, 2)),
    ]
    ended = BEGAN + timedelta(minutes=2)
    return SessionSummary(7, name, BEGAN, ended, 120.0, 60.0, 2, read, faces, slots)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_session_has_a_line_for_itself_each_face_and_each_slot():
    found = rows(session_csv(summary()))
    assert [row["part"] for row in found] == ["session", "face", "face", "slot", "slot"]
    assert {row["session"] for row in found} == {"7"}
    whole, _, second = found[:3]
    assert whole["name"] == "Dinner, at Zoë's"
    assert (whole["start"], whole["end"]) == (
        "2026-11-20T14:30:00+01:00",
        "2026-11-20T14:32:00+01:00",
    )
    assert (whole["watched_s"], whole["somebody_s"], whole["faces"]) == ("120.0", "60.0", "2")
    assert (whole["negative_share"], whole["changes_per_h"]) == ("0.25", "120.0")
    assert (second["face"], second["first_s"], second["sad_s"]) == ("2", "5.0", "15.0")
    assert second["watched_s"] == ""


def test_the_faces_and_the_slots_of_a_session_add_up_to_the_whole():
    found = rows(session_csv(summary()))
    for column in ("happy_s", "sad_s", "read_s"):
        of = {
            part: sum(float(row[column]) for row in found if row["part"] == part)
            for part in ("session", "face", "slot")
        }
        assert of["face"] == of["slot"] == of["session"] > 0


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_takes_no_name_for_a_formula(name):
    (whole, *_) = rows(session_csv(summary(name)))
    assert whole["name"] == f"'{name}"


def test_a_name_of_several_lines_stays_in_its_cell():
    (whole, *_) = rows(session_csv(summary('a,"b"\nc')))
    assert whole["name"] == 'a,"b"\nc'


def test_a_summary_is_ready_for_json_with_what_follows_from_it():
    found = json.loads(json.dumps(summary_dict(summary())))
    assert found["began"] == "2026-11-20T14:30:00+01:00"
    everybody = found["everybody"]
    assert everybody["seconds"] == {"happy": 45.0, "sad": 15.0, "uncertain": 0.0}
    assert everybody["shares"] == {"happy": 0.75, "sad": 0.25, "uncertain": 0.0}
    assert (everybody["read_s"], everybody["negative_share"]) == (60.0, 0.25)
    assert everybody["changes_per_h"] == 120.0
    assert [face["read"]["negative_share"] for face in found["each"]] == [0.0, 1.0]
    assert [each["read_s"] for each in found["timeline"]] == [40.0, 20.0]


def test_a_session_that_runs_has_no_end():
    running = summary()
    head = {name: getattr(running, name) for name in running.__struct_fields__}
    running = SessionSummary(**head | {"ended": None})
    assert summary_dict(running)["ended"] is None
    assert rows(session_csv(running))[0]["end"] == ""


def test_a_slot_in_which_nothing_was_read_has_shares_of_nothing():
    found = slot_dict(slot(0, 60, 0, happy=0.0))
    assert (found["read_s"], found["negative_share"], found["shares"]) == (0, 0, {"happy": 0})
