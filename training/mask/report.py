"""What is said of masks, to people and to programs."""

from __future__ import annotations

from training.mask.figures import Overlaps


def lines(name: str, overlaps: Overlaps) -> list[str]:
    """Return what there is to say of the overlaps on the pictures called ``name``."""
    return [
        f"{name}: {overlaps.faces:,} faces, IoU {overlaps.iou:.2%} "
        f"({overlaps.worst:.2%} at the worst 5 of 100)",
        f"{'':{len(name)}}  {overlaps.missed:.2%} of the faces' pixels missed, "
        f"{overlaps.beyond:.2%} as many marked beyond them",
    ]


def as_json(overlaps: Overlaps) -> dict[str, object]:
    """Return the same figures for ``metrics.json``; shares are 0-1."""
    return {
        "faces": overlaps.faces,
        "iou": round(overlaps.iou, 5),
        "iou_at_5_of_100": round(overlaps.worst, 5),
        "missed": round(overlaps.missed, 5),
        "beyond": round(overlaps.beyond, 5),
    }
