"""The live picture as Motion JPEG, encoded once for all who look, and only while they do."""

from __future__ import annotations

import asyncio
import time

import cv2
import numpy as np
import numpy.typing as npt

from device.drawing import NOBODY, annotate, emoji
from device.errors import SinkError
from device.language import LANGUAGES
from device.sinks.web.channel import Channel
from device.sinks.web.present import NO_PICTURE_AFTER_S, Present, Seen
from device.sinks.web.work import Work

BOUNDARY = "mien-picture"
MEDIA_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
OPENING = f"--{BOUNDARY}\r\n".encode()
# Wider pictures are sent smaller: a phone shows no more, and a Pi could not keep up.
_WIDEST_PX = 1280
_PLACEHOLDER_PX = (640, 360)
# Sent again so often, so that a visitor who has gone is noticed.
_PLACEHOLDER_EVERY_S = 5.0

BGR = npt.NDArray[np.uint8]


class Pictures:
    """Encodes what is seen now, once in each language that somebody looks at it in.

    rate_hz: pictures a second, at most.
    quality: of the JPEGs, 0-100.
    """

    def __init__(self, present: Present, work: Work, *, rate_hz: float, quality: int) -> None:
        self._present = present
        self._work = work
        self._period_s = 1 / rate_hz
        self._quality = quality
        self.encoded = 0
        self.channels = {language: self._channel(language) for language in LANGUAGES}

    def _channel(self, language: str) -> Channel:
        async def make(channel: Channel) -> None:
            await self._make(channel, language)

        return Channel("pictures", make)

    async def _make(self, channel: Channel, language: str) -> None:
        """Publish the newest picture again and again, or one that says there is none."""
        seen = self._present.shown()
        due_s = 0.0
        while True:
            if seen is None:
                channel.publish("picture", part(await self._work.picture(placeholder)))
            else:
                due_s = await self._pace(due_s)
                seen = self._present.shown() or seen
                channel.publish("picture", part(await self._encode(seen, language)))
            number = seen.number if seen else self._present.frames
            limit_s = NO_PICTURE_AFTER_S if seen else _PLACEHOLDER_EVERY_S
            seen = await self._present.newer(number, limit_s)

    async def _pace(self, due_s: float) -> float:
        """Wait until the next picture is due; return when the one after it is.

        A picture that comes early is not lost, as long as the rate holds on the whole.
        """
        now_s = time.monotonic()
        due_s = max(due_s, now_s - self._period_s / 2)
        if due_s > now_s:
            await asyncio.sleep(due_s - now_s)
        return due_s + self._period_s

    async def _encode(self, seen: Seen, language: str) -> bytes:
        self.encoded += 1
        return await self._work.picture(annotated_jpeg, seen, language, self._quality)


def annotated_jpeg(seen: Seen, language: str, quality: int) -> bytes:
    """Return the frame with its faces marked, as JPEG."""
    frame = seen.frame
    bgr = cv2.cvtColor(frame.grey, cv2.COLOR_GRAY2BGR) if frame.bgr is None else frame.bgr
    shown = annotate(np.asarray(bgr, np.uint8), seen.readings, language)
    height_px, width_px = shown.shape[:2]
    if width_px > _WIDEST_PX:
        size_px = (_WIDEST_PX, max(1, round(height_px * _WIDEST_PX / width_px)))
        shown = np.asarray(cv2.resize(shown, size_px, interpolation=cv2.INTER_AREA), np.uint8)
    return _jpeg(shown, quality)


def placeholder() -> bytes:
    """Return what is shown where there is no picture: a face asleep on a dark ground."""
    width_px, height_px = _PLACEHOLDER_PX
    picture = np.full((height_px, width_px, 3), 28, np.uint8)
    side_px = height_px // 2
    rgba = emoji(NOBODY, side_px).astype(np.float32)
    opaque = rgba[..., 3:] / 255
    top, left = (height_px - side_px) // 2, (width_px - side_px) // 2
    place = picture[top : top + side_px, left : left + side_px]
    place[...] = place * (1 - opaque) + rgba[..., 2::-1] * opaque
    return _jpeg(picture, 80)


def part(jpeg: bytes) -> bytes:
    """Return a part of the stream. It ends with the next boundary, for which browsers wait."""
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
    return head + jpeg + f"\r\n--{BOUNDARY}\r\n".encode()


def jpeg_of(content: bytes) -> bytes:
    """Return the JPEG in a part of the stream."""
    return content[content.index(b"\r\n\r\n") + 4 : -len(BOUNDARY) - 6]


def _jpeg(picture: BGR, quality: int) -> bytes:
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise SinkError(f"cannot encode a picture of {picture.shape[1]}x{picture.shape[0]}")
    return jpeg.tobytes()
