"""What a picture loses between a face and a network: focus, pixels, light, bits, framing.

FER2013's pictures were chosen, cut out and shrunk by others. A camera's are blurred, far
away, dark, noisy, compressed, and a detector frames each a little differently. Each
function here does one such thing to a face of 48x48, so that it can be measured
(``training/degraded.py``) and learned (``Augmentation.degradation``).
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from cv2.typing import MatLike
from msgspec import Meta

Kind = Literal["framing", "downscale", "blur", "gamma", "noise", "jpeg"]
# In the order in which a camera does them.
KINDS: tuple[Kind, ...] = get_args(Kind)

Grey = npt.NDArray[np.uint8]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, lt=1)]


class Degradation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far images are degraded in training.

    ``share`` of the images lose one or two of ``KINDS``, each as likely as another; the
    bounds are the worst that is drawn, and where the mildest is drawn nothing is lost.

    blur_px: standard deviation. downscale_px: side of the picture before it is enlarged to
    48 again. gamma: exponent, or its inverse. noise: standard deviation in grey levels.
    jpeg_quality: as OpenCV counts, 1-100. framing_scale, framing_shift: as shares of the side.
    """

    share: Annotated[float, Meta(ge=0, le=1)] = 0.0
    blur_px: NotNegative = 2.0
    downscale_px: Annotated[int, Meta(ge=4, le=48)] = 16
    gamma: Annotated[float, Meta(ge=1)] = 3.0
    noise: NotNegative = 32.0
    jpeg_quality: Annotated[int, Meta(ge=1, le=100)] = 10
    framing_scale: Share = 0.3
    framing_shift: Share = 0.15


def degrade(image: Grey, how: Degradation, generator: np.random.Generator) -> Grey:
    """Return ``image``, uint8 (height, width), with one or two things lost as ``how`` bounds."""
    drawn = generator.choice(len(KINDS), size=generator.integers(1, 3), replace=False)
    for kind in sorted(drawn):
        image = _one(image, KINDS[kind], how, generator)
    return image


def _one(image: Grey, kind: Kind, how: Degradation, generator: np.random.Generator) -> Grey:
    amount = generator.uniform()
    side = image.shape[0]
    match kind:
        case "framing":
            shift = how.framing_shift * side
            return framing(
                image,
                float(generator.uniform(1 - how.framing_scale, 1 + how.framing_scale)),
                (float(generator.uniform(-shift, shift)), float(generator.uniform(-shift, shift))),
            )
        case "downscale":
            return downscale(image, round(side - amount * (side - how.downscale_px)))
        case "blur":
            return blur(image, amount * how.blur_px)
        case "gamma":
            exponent = how.gamma**amount
            return gamma(image, exponent if generator.random() < 0.5 else 1 / exponent)
        case "noise":
            return noise(image, amount * how.noise, generator)
        case "jpeg":
            return jpeg(image, round(100 - amount * (100 - how.jpeg_quality)))


def framing(image: Grey, scale: float, shift_xy: tuple[float, float]) -> Grey:
    """Return ``image`` as a box cuts it that is too large or too small, or askew.

    scale: the side of the face in the result, in sides of the face in ``image``.
    shift_xy: how far it then lies to the right and down, in pixels.

    Beyond the edge its pixels are repeated, as the device does it.
    """
    height, width = image.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 0, scale)
    matrix[:, 2] = matrix[:, 2] + shift_xy
    return _grey(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))


def downscale(image: Grey, side_px: int) -> Grey:
    """Return ``image`` as it is where the face had ``side_px`` pixels, enlarged by the device."""
    small = cv2.resize(image, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return _grey(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR))


def blur(image: Grey, sigma_px: float) -> Grey:
    """Return ``image`` out of focus: a Gaussian of that standard deviation; 0 changes nothing."""
    if sigma_px <= 0:
        return image
    return _grey(cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE))


def motion(image: Grey, length_px: int, angle_deg: float) -> Grey:
    """Return ``image`` as it is where the face moved by ``length_px``, an odd number."""
    middle = (length_px - 1) / 2
    kernel = np.zeros((length_px, length_px), dtype=np.float32)
    kernel[length_px // 2] = 1
    turn = cv2.getRotationMatrix2D((middle, middle), angle_deg, 1)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, kernel.shape), dtype=np.float32)
    kernel /= kernel.sum()
    return _grey(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE))


def gamma(image: Grey, exponent: float) -> Grey:
    """Return ``image`` darker (above 1) or brighter (below 1), black and white staying so."""
    levels = 255 * (np.arange(256) / 255) ** exponent
    table: Grey = np.round(levels).astype(np.uint8)
    return _grey(cv2.LUT(image, table))


def shade(image: Grey, depth: float, angle_deg: float) -> Grey:
    """Return ``image`` lit from one side: the other one has lost ``depth``, 0-1, of its light."""
    height, width = image.shape
    down, right = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    along = right * np.cos(np.radians(angle_deg)) + down * np.sin(np.radians(angle_deg))
    light = 1 - depth * (0.5 + 0.5 * np.clip(along, -1, 1))
    lit: Grey = np.round(image * light).astype(np.uint8)
    return lit


def noise(image: Grey, sigma: float, generator: np.random.Generator) -> Grey:
    """Return ``image`` with noise of that standard deviation, in grey levels, on each pixel."""
    noisy = image + sigma * generator.standard_normal(image.shape, dtype=np.float32)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def jpeg(image: Grey, quality: int) -> Grey:
    """Return ``image`` as it comes out of a JPEG file of ``quality``, 1-100."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded: MatLike = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    return _grey(decoded)


def _grey(image: MatLike) -> Grey:
    return image.astype(np.uint8, copy=False)
