"""Model files, which explain themselves.

A model file is a TFLite file with a zip appended, as the TFLite metadata
convention has it, so ``zipfile`` and ``unzip`` read it: ``labels.txt`` holds
the names of the outputs, one a line in their order, and ``card.json`` says what
input the model wants and where it comes from.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from device import program
from device.errors import ModelError

# What the networks do that Mien has.
CLASSIFIER, LANDMARKS, MASK = "classifier", "landmarks", "mask"

_REINSTALL = "it comes with Mien: install that anew"
_MAX_BYTES = 64 * 1024 * 1024
# What zipfile raises for a damaged archive, depending on which byte is wrong.
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


class InputSpec(msgspec.Struct, frozen=True):
    """The picture that a model wants: grey levels 0-255 of this size."""

    height_px: int
    width_px: int
    channels: int


class FramingSpec(msgspec.Struct, frozen=True):
    """The numbers of a ``Framing``, as they stand in a card."""

    scale: Annotated[float, Meta(ge=0.3, le=3)]
    shift_x: Annotated[float, Meta(ge=-1, le=1)]
    shift_y: Annotated[float, Meta(ge=-1, le=1)]


class Figures(msgspec.Struct, frozen=True):
    """How often the model is right: share 0-1 of so many images of a split."""

    split: str
    images: int
    int8_accuracy: float


class SelfTest(msgspec.Struct, frozen=True):
    """What the network said of the drawn faces when it was converted (``device.self_test``).

    faces_sha256: of those pictures; where it is another, the answers are of other pictures.
    logits: for each picture those of all labels.
    """

    faces_sha256: str
    logits: list[list[float]]


class FileCard(msgspec.Struct, frozen=True):
    """What ``card.json`` says of any network that the device runs; it says more, for people.

    model_bytes, model_sha256: length and digest of the TFLite part, which tell
    a damaged file before the runtime, which does not check, reads it.
    kind: what the network does; each kind has a card of its own.
    """

    KIND: ClassVar[str] = ""

    name: Annotated[str, Meta(pattern=r"^[\w.-]+$")]
    input: InputSpec
    model_bytes: Annotated[int, Meta(ge=1)]
    model_sha256: str
    framing: FramingSpec
    kind: str = CLASSIFIER

    @property
    def id(self) -> str:
        """The model's name and the first digits of its digest."""
        return f"{self.name}-{self.model_sha256[:8]}"


class Card(FileCard, frozen=True, kw_only=True):
    """The card of a network that reads a face.

    temperature: what logits are divided by before the softmax (Guo et al. 2017).
    """

    KIND: ClassVar[str] = CLASSIFIER

    temperature: Annotated[float, Meta(ge=0.05, le=20)]
    figures: Figures | None = None
    self_test: SelfTest | None = None


class LandmarksFigures(msgspec.Struct, frozen=True):
    """How far off the points are: the mean in distances of the eyes, of so many faces of a file."""

    split: str
    images: int
    int8_nme: float


class LandmarksCard(FileCard, frozen=True, kw_only=True):
    """The card of a network that finds points on a face (``device.landmarks``)."""

    KIND: ClassVar[str] = LANDMARKS

    figures: LandmarksFigures | None = None


class MaskFigures(msgspec.Struct, frozen=True):
    """How far masks are right: the mean intersection over union of so many faces of a file."""

    split: str
    images: int
    int8_iou: float


class MaskCard(FileCard, frozen=True, kw_only=True):
    """The card of a network that marks a face's pixels (``device.mask``)."""

    KIND: ClassVar[str] = MASK

    figures: MaskFigures | None = None


Said = TypeVar("Said")
AnyCard = TypeVar("AnyCard", bound=FileCard)
CARDS: dict[str, type[FileCard]] = {card.KIND: card for card in (Card, LandmarksCard, MaskCard)}


def write_model(path: Path, tflite: bytes, labels: list[str], card: dict[str, object]) -> None:
    """Write ``tflite`` with its labels and card to ``path``, whole or not at all.

    Length and digest are added to ``card``.
    """
    digest = hashlib.sha256(tflite).hexdigest()
    card = card | {"model_bytes": len(tflite), "model_sha256": digest}
    buffer = io.BytesIO(tflite)
    with zipfile.ZipFile(buffer, "a") as archive:  # its offsets count what stands before it
        # A fixed date: the same model gives the same file.
        for name, text in (
            ("labels.txt", "".join(f"{label}\n" for label in labels)),
            ("card.json", msgspec.json.format(msgspec.json.encode(card), indent=2).decode() + "\n"),
        ):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(buffer.getvalue())
    os.replace(partial, path)


def read_card(path: Path) -> dict[str, Any]:
    """Return all that ``card.json`` says, also what only people want to know.

    Raises ModelError, naming the file, where it is not whole.
    """
    with _archive(path, _read(path)) as archive:
        content = _said(path, archive, dict[str, Any])
    unpack_as(path, CARDS.get(str(content.get("kind", CLASSIFIER)), Card))
    return content


def _read(path: Path, kind: str = CLASSIFIER) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
            raise ModelError(f"{path}: no model: give a .tflite file")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        advice = _REINSTALL
        if kind == CLASSIFIER:
            advice = f"give a .tflite file, or the name of a model: {program.NAME} model lists them"
        raise ModelError(
            f"cannot read the model file {path}: {reason.lower()}: {advice}"
        ) from error


def _archive(path: Path, content: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        missing = {"labels.txt", "card.json"} - set(archive.namelist())
        if not missing and archive.testzip() is None:
            return archive
    except _ZIP_ERRORS as error:
        if content[4:8] == b"TFL3":
            raise ModelError(
                f"{path}: a TFLite file without a card, or cut short: {_anew(path)}"
            ) from error
        raise ModelError(f"{path}: not a model file ({len(content)} bytes)") from error
    lacks = ", ".join(sorted(missing)) or "a whole card"
    raise ModelError(f"{path}: lacks {lacks}: {_anew(path)}")


def _anew(path: Path) -> str:
    """Return where a whole file comes from in the place of the one at ``path``."""
    shipped = path.resolve().parent == Path(__file__).resolve().parent / "models"
    return _REINSTALL if shipped else "make it with python -m convert"


def unpack(path: Path) -> tuple[Card, list[str], bytes]:
    """Return the card, the labels in output order, and the TFLite part of a classifier's ``path``.

    Raises ModelError, naming the file, where it is not whole, says what cannot be, or is
    of another kind of network.
    """
    return unpack_as(path, Card)


def unpack_as(path: Path, kind: type[AnyCard]) -> tuple[AnyCard, list[str], bytes]:
    """Do what ``unpack`` does for a file whose card is of that kind."""
    card, labels, content = _read_whole(path, kind)
    return card, labels, content[: card.model_bytes]


def read_model(path: Path) -> tuple[Card, bytes]:
    """Return the card and the whole content of ``path``; raises ModelError as ``unpack``."""
    card, _, content = _read_whole(path, Card)
    return card, content


def is_classifier(path: Path) -> bool:
    """Tell whether ``path`` reads faces, or might, were it whole."""
    try:
        with _archive(path, _read(path)) as archive:
            return _said(path, archive, _Kind).kind == CLASSIFIER
    except ModelError:
        return True


class _Kind(msgspec.Struct):
    kind: str = CLASSIFIER


def _said(path: Path, archive: zipfile.ZipFile, kind: type[Said]) -> Said:
    """Return what ``card.json`` says, as a ``kind``."""
    try:
        return msgspec.json.decode(archive.read("card.json"), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: its card cannot be used: {error}") from error


def _read_whole(path: Path, kind: type[AnyCard]) -> tuple[AnyCard, list[str], bytes]:
    content = _read(path, kind.KIND)
    with _archive(path, content) as archive:
        said = _said(path, archive, _Kind).kind
        if said != kind.KIND:
            raise ModelError(f"{path}: a model of {said}: give one of {kind.KIND}")
        card = _said(path, archive, kind)
        try:
            labels = archive.read("labels.txt").decode("utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise ModelError(f"{path}: its labels.txt cannot be used: {error}") from error
    digest = hashlib.sha256(memoryview(content)[: card.model_bytes]).hexdigest()
    if digest != card.model_sha256:
        raise ModelError(f"{path}: damaged (its digest is not the one in its card): copy it anew")
    if len(set(labels)) != len(labels) or not labels:
        raise ModelError(f"{path}: labels.txt names nothing, or a name twice: {labels}")
    return card, labels, content
