"""Draw the README's picture: what Mien read from the demo clip, and from which pixels.

    python -m tests.readme.picture device/demo/readings.png

Needs matplotlib, so the workshop's environment.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from device.config import Settings
from device.costs import Costs
from device.face_points import open_marks
from device.faces import FaceFinder, Marks
from device.model import Model
from device.model_store import SHIPPED
from device.preprocess import crop_to_read
from device.records import Frame
from device.service import DEMO
from device.sources.video import Video

SECONDS = (0, 3, 6, 9, 13)
# The darker one is for the emotion that is read.
PLAIN, CHOSEN = "#a9b4c2", "#0b5c8a"


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    with Video(DEMO) as video:
        frames = {int(frame.time_s): frame for frame in reversed(list(video))}
    figure, axes = plt.subplots(
        3, len(SECONDS), figsize=(13, 6), height_ratios=[1.35, 1.35, 1], layout="constrained"
    )
    model, finder = Model(SHIPPED / "mien.tflite"), FaceFinder()
    marks = open_marks(Settings(), Costs())
    assert marks is not None
    for column, second in zip(axes.T, SECONDS, strict=True):
        draw_second(column, frames[second], finder, marks, model)
    figure.savefig(options.picture, dpi=80)


def draw_second(
    column: list[plt.Axes], frame: Frame, finder: FaceFinder, marks: Marks, model: Model
) -> None:
    """Draw one column: the frame with its box, what the network sees, its answer."""
    whole, crop, bars = column
    for axis in column:
        axis.set_axis_off()
    whole.imshow(frame.grey, cmap="gray", vmin=0, vmax=255)
    whole.set_title(f"second {frame.time_s:.0f}", fontsize=11)
    places = marks.only_faces(finder.view(frame.grey), finder.places(frame.grey))
    if not places:
        crop.text(0.5, 0.5, "nobody there:\nno line", ha="center", va="center", fontsize=11)
        return
    box, tilt_deg = places[0].box_xyxy, places[0].angle_deg
    side = box[2] - box[0]
    whole.add_patch(
        Rectangle(
            box[:2], side, side, angle=tilt_deg, rotation_point="center",
            fill=False, color="#ffb000", linewidth=2,
        )
    )  # fmt: skip
    seen = crop_to_read(frame.grey, box, model.framing, model.side_px, angle_deg=tilt_deg)
    crop.imshow(seen, cmap="gray", vmin=0, vmax=255)
    probabilities = model.probabilities(seen)
    best = int(probabilities.argmax())
    colours = [CHOSEN if index == best else PLAIN for index in range(len(model.labels))]
    bars.barh(model.labels, probabilities, color=colours)
    bars.set_axis_on()
    bars.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "50", "100 %"])
    bars.invert_yaxis()
    bars.tick_params(labelsize=8, length=0)
    bars.spines[:].set_visible(False)
    name = model.labels[best].capitalize()
    bars.set_title(f"{name} , {probabilities[best]:.0%}", fontsize=11, family="monospace")


if __name__ == "__main__":
    main()
