"""What is hidden is hidden on the page, really served."""

import numpy as np

from device.costs import Costs
from device.onlookers import open_veil
from tests.device.veil.test_ways_out import decoded, outside, settings, still
from tests.device.waiting import until


def live(page):
    """The page's picture, uint8 (height, width, 3), and the box of the face in it."""
    client = page.client()
    until(lambda: client.get("/api/now").json()["faces"], "a face")
    (face,) = client.get("/api/now").json()["faces"]
    return decoded(client.get("/picture.jpg").content), face["box_xyxy"]


def test_the_page_shows_faces_on_black(serve, demo_frames, tmp_path):
    page, frame = serve(), demo_frames[0]
    veil = open_veil(settings(tmp_path, 'background = "black"'), still(frame.grey), Costs())
    with page.reading([frame], veil=veil):
        picture, box = live(page)
    left, top, right, bottom = box
    middle = np.s_[(top + bottom) // 2 - 5 : (top + bottom) // 2 + 15,
                   (left + right) // 2 - 10 : (left + right) // 2 + 10]  # fmt: skip
    assert np.abs(picture[middle][..., 0].astype(int) - frame.grey[middle]).mean() < 6
    assert not picture[outside(picture.shape, [box])].any()


def test_the_page_shows_a_picture_without_faces(serve, demo_frames, tmp_path):
    page, frame = serve(), demo_frames[0]
    veil = open_veil(settings(tmp_path, 'faces = "blur"'), still(frame.grey), Costs())
    with page.reading([frame], veil=veil):
        picture, (left, top, right, bottom) = live(page)
    # Within the box's line, and below the label.
    inner = np.s_[top + 12 : bottom - 12, left + 12 : right - 12]
    real, shown = (p[inner].astype(float) for p in (frame.grey, picture[..., 0]))
    assert np.abs(np.diff(shown, axis=1)).mean() < 0.2 * np.abs(np.diff(real, axis=1)).mean()
    there = outside(picture.shape, [(left - 60, top - 60, right + 60, bottom + 60)])
    assert np.abs(picture[..., 0].astype(int) - frame.grey)[there].mean() < 4


def test_the_page_is_veiled_only_while_somebody_looks(serve, demo_frames, tmp_path):
    page, frame, costs = serve(), demo_frames[0], Costs()
    veil = open_veil(settings(tmp_path, 'background = "black"'), still(frame.grey), costs)
    client = page.client()
    with page.reading([frame], veil=veil):
        until(lambda: client.get("/api/now").json()["faces"], "a face")
        assert client.get("/api/device").status_code == 200
        assert "veil" not in costs.times_s()
        assert client.get("/picture.jpg").status_code == 200
        assert len(costs.times_s()["veil"]) == 1
