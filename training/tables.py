"""Rows of a CSV file, plain or compressed, with their line numbers."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from training.errors import DataError

# Spreadsheets put a byte order mark before the header: "-sig" drops it.
_ENCODING = "utf-8-sig"
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".pgm", ".webp")
_BROKEN_ARCHIVE = (EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile)


def rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells of each row; column names lower case, stripped.

    The compression is told by the name: ``.gz``, ``.xz``, ``.zip`` or none. A
    blank line is passed over. For a row whose quoted cells hold line ends, the
    number is that of its last line.

    Raises DataError, naming the file and, where there is one, the line.
    """
    try:
        with _open_text(path) as file:
            yield from _cells(path, file)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not a text file: a compressed one needs a name that ends "
            "with .gz, .xz or .zip"
        ) from error
    except _BROKEN_ARCHIVE as error:
        raise DataError(f"{path}: broken or cut short ({error}): fetch it again") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def _cells(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(file, strict=True)
    header: list[str] = []
    try:
        for row in reader:
            if len(row) <= 1 and not "".join(row).strip():
                continue
            if not header:
                header = [name.strip().lower() for name in row]
                continue
            if len(row) != len(header):
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(row)} cells, "
                    f"but the header names {len(header)}"
                )
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error
    if not header:
        raise DataError(f"{path}: the file is empty")


@contextmanager
def _open_text(path: Path) -> Iterator[TextIO]:
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if ".tar" in suffixes or ".tgz" in suffixes:
        raise DataError(f"{path}: a tar archive: unpack it and give the CSV inside")
    match suffixes[-1:]:
        case [".gz"]:
            with gzip.open(path, "rt", encoding=_ENCODING, newline="") as file:
                yield file
        case [".xz"]:
            with lzma.open(path, "rt", encoding=_ENCODING, newline="") as file:
                yield file
        case [".zip"]:
            with _open_zipped(path) as file:
                yield file
        case _:
            with path.open(encoding=_ENCODING, newline="") as file:
                yield file


@contextmanager
def _open_zipped(path: Path) -> Iterator[TextIO]:
    with zipfile.ZipFile(path) as archive:
        member = _only_csv(path, archive.namelist())
        try:
            raw = archive.open(member)
        except (RuntimeError, NotImplementedError) as error:  # locked, or an odd method
            raise DataError(f"{path}: cannot be unpacked ({error}): unpack it first") from error
        with raw, io.TextIOWrapper(raw, encoding=_ENCODING, newline="") as file:
            yield file


def _only_csv(path: Path, members: list[str]) -> str:
    # macOS adds a shadow of each file under __MACOSX.
    members = [name for name in members if not name.startswith("__MACOSX/")]
    found = [name for name in members if name.lower().endswith(".csv")]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(sorted(found)[:4])
        raise DataError(f"{path}: holds {len(found)} CSV files ({names}): unpack it, give one")
    if any(name.lower().endswith(_IMAGE_SUFFIXES) for name in members):
        raise DataError(f"{path}: holds images: unpack it and give the folder")
    raise DataError(f"{path}: holds no CSV file")
