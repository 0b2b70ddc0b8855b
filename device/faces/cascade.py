"""OpenCV's cascade of frontal faces, wherever it is installed."""

from __future__ import annotations

from pathlib import Path

import cv2

from device.errors import ConfigError

# Debian's opencv-data, for an OpenCV that comes without cascades of its own.
_DEBIAN_CASCADES = Path("/usr/share/opencv4/haarcascades")
CASCADE = "haarcascade_frontalface_default.xml"
# Of faces that look to their right, which is the picture's left.
PROFILE = "haarcascade_profileface.xml"


def cascade_path(name: str = CASCADE) -> Path:
    """Return the cascade of that name that this OpenCV can use.

    Raises ConfigError where there is none.
    """
    folders = [_DEBIAN_CASCADES]
    if hasattr(cv2, "data"):
        folders.insert(0, Path(cv2.data.haarcascades))
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(f"{name} not found in {folders[0]}: install the package opencv-data")


def load_cascade(name: str = CASCADE) -> cv2.CascadeClassifier:
    """Return the cascade of that name, ready to search.

    Raises ConfigError where OpenCV has none, or it is damaged.
    """
    if not hasattr(cv2, "CascadeClassifier"):
        raise ConfigError(
            f"OpenCV {cv2.__version__} has no CascadeClassifier: install a 4.x version"
        )
    path = cascade_path(name)
    try:
        cascade = cv2.CascadeClassifier(str(path))
    except (cv2.error, SystemError) as error:  # OpenCV raises either for broken XML
        raise ConfigError(f"the cascade {path} is damaged: install OpenCV anew") from error
    if cascade.empty():
        raise ConfigError(f"the cascade {path} is empty: install OpenCV anew")
    return cascade
