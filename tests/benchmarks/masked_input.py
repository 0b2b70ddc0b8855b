"""Whether a face is read better where everything but the face is taken away.

    python -m tests.benchmarks.masked_input --data fer2013.csv
    python -m tests.benchmarks.masked_input --data fer2013.csv --write masked.csv --how mean

The mask marks the face in each picture of PublicTest, as on the device; the rest is blurred, or
set to the picture's mean or to black, and a model reads what is left. With --write the training
pictures go to a CSV file as well, to train a network on; needs the workshop's environment.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from device.mask import FaceMask
from device.model import Model
from device.model_store import SHIPPED
from device.preprocess import Framing
from device.records import BoxXYXY
from training.data import Dataset, Split, load

Image = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float32]
# Of a picture of 48 pixels: nothing of a background is left that could be told.
BLUR_PX = 6.0


def grounds(image: Image) -> dict[str, npt.NDArray[np.float32]]:
    """Return what is put in the place of all that is no face, by name."""
    blurred = cv2.GaussianBlur(image, (0, 0), BLUR_PX, borderType=cv2.BORDER_REPLICATE)
    return {
        "blur": blurred.astype(np.float32),
        "mean": np.full(image.shape, image.mean(), np.float32),
        "black": np.zeros(image.shape, np.float32),
    }


def main() -> None:
    """Print a Markdown table: how often each model is right on each kind of picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="FER2013")
    parser.add_argument(
        "--model", type=Path, nargs="+",
        default=[SHIPPED / "mien.tflite", SHIPPED / "mien-nano.tflite"],
    )  # fmt: skip
    parser.add_argument("--write", type=Path, metavar="FILE.csv", help="masked pictures of all")
    parser.add_argument("--how", choices=("blur", "mean", "black"), default="mean")
    options = parser.parse_args()
    data = load(options.data)
    if options.write:
        write(options.write, data, options.how)
        return
    print_table(data.validation, options.model)


def print_table(split: Split, paths: list[Path]) -> None:
    """Read the pictures of ``split`` as they are, and masked in each way."""
    models = [Model(path) for path in paths]
    right: dict[str, npt.NDArray[np.int64]] = {}
    covered = []
    for image, share, label in masked(split, models[0].framing):
        covered.append(share.mean())
        for how, picture in versions(image, share).items():
            answers = [int(model.logits(picture).argmax() == label) for model in models]
            right[how] = right.get(how, np.zeros(len(models), np.int64)) + answers
    names = [path.stem for path in paths]
    print(f"| {len(split):,} pictures of {split.origin} | {' | '.join(names)} |")
    print(f"|---|{'---|' * len(names)}")
    for how, counts in right.items():
        print(f"| {how} | {' | '.join(f'{count / len(split):.2%}' for count in counts)} |")
    print(f"\nthe face has {np.mean(covered):.0%} of a picture's pixels; none is marked in "
          f"{np.mean(np.array(covered) < 0.05):.1%} of them")  # fmt: skip


def versions(image: Image, share: Shares) -> dict[str, Image]:
    """Return the picture as it is, and with each ground in the place of what is no face."""
    made = {"as it is": image}
    for how, ground in grounds(image).items():
        mixed = ground + share * (image - ground)
        made[how] = np.round(mixed).astype(np.uint8)
    return made


def masked(split: Split, framing: Framing) -> Iterator[tuple[Image, Shares, int]]:
    """Yield each picture, uint8 (48, 48), what of it is the face's, and its label.

    framing: how the pictures lie on the box that the device's cascade would draw.
    """
    mask = FaceMask(SHIPPED / "mask.tflite")
    box = box_of(framing, split.images.shape[1])
    for image, label in zip(split.images, split.labels, strict=True):
        share = np.zeros(image.shape, np.float32)
        marked = mask.mark(image, box)
        if marked is not None:
            height, width = marked.share.shape
            share[marked.top : marked.top + height, marked.left : marked.left + width] = (
                marked.share
            )
        yield image, share, int(label)


def box_of(framing: Framing, side: int) -> BoxXYXY:
    """Return the box of a face whose picture, of ``side`` pixels, is framed so."""
    box = side / framing.scale
    x, y = (side / 2 - shift * box for shift in (framing.shift_x, framing.shift_y))
    return tuple(round(value) for value in (x - box / 2, y - box / 2, x + box / 2, y + box / 2))  # type: ignore[return-value]


def write(path: Path, data: Dataset, how: str) -> None:
    """Write both splits, masked, in FER2013's layout."""
    framing = Model(SHIPPED / "mien.tflite").framing
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for split, usage in ((data.train, "Training"), (data.validation, "PublicTest")):
            for image, share, label in masked(split, framing):
                picture = versions(image, share)[how]
                writer.writerow([label, " ".join(map(str, picture.ravel())), usage])


if __name__ == "__main__":
    main()
