"""training/tables.py: every way a CSV file comes, and every way it is broken."""

from __future__ import annotations

import gzip
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from training.errors import DataError
from training.tables import rows

TEXT = "a,B \n1,2\n3,4\n"
PARSED = [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/", 1), text)
    return path


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        b'"a"," b"\n"1",2\n3,"4"\n',
        TEXT.rstrip("\n").encode(),
    ],
    ids=["plain", "crlf", "byte order mark", "quoted", "no last line end"],
)
def test_dialects_give_the_same_rows(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert list(rows(path)) == PARSED


@pytest.mark.parametrize(
    ("name", "compress"), [("x.csv.gz", gzip.compress), ("x.csv.XZ", lzma.compress)]
)
def test_compressed_is_told_by_the_name(
    tmp_path: Path, name: str, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(compress(TEXT.encode()))
    assert list(rows(path)) == PARSED


def test_zip_with_one_csv_is_read_and_the_shadow_of_macos_is_not(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner/x.csv", TEXT)
        archive.writestr("__MACOSX/inner/._x.csv", b"\0\1")
    assert list(rows(path)) == PARSED


def test_blank_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\na,b\n\n  \n1,2\n\n")
    assert list(rows(path)) == [(5, {"a": "1", "b": "2"})]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"a,b\n1,2\n3\n", "line 3: 1 cells, but the header names 2"),
        (b"a,b\n1,2,3\n", "line 2: 3 cells"),
        (b'a,b\n1,"2\n3,4\n', "line 3: unexpected end of data"),
        (b'a,b\n1,"2"x\n', "line 2: "),
        (b"a,b\n1," + b"9" * 200_000 + b"\n", "line 2: field larger than field limit"),
        (b"\x1f\x8b\x08\x00\xff\xff", "not a text file"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as raised:
        list(rows(path))
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("name", "compress"), [("x.csv.gz", gzip.compress), ("x.csv.xz", lzma.compress)]
)
def test_a_truncated_compressed_file_is_named(
    tmp_path: Path, name: str, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(compress(os.urandom(3000).hex().encode())[:-40])
    with pytest.raises(DataError, match="cut short"):
        list(rows(path))


def test_what_is_no_archive_inside_is_named(tmp_path: Path) -> None:
    for suffix in (".gz", ".xz", ".zip"):
        path = tmp_path / f"x.csv{suffix}"
        path.write_text(TEXT)
        with pytest.raises(DataError, match=r"x\.csv"):
            list(rows(path))


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"a.csv": TEXT, "b.csv": TEXT}, "holds 2 CSV files \\(a.csv, b.csv\\): unpack it"),
        ({"train__a.jpg": "", "train__b.jpg": ""}, "holds images: unpack it and give the folder"),
        ({"readme.txt": ""}, "holds no CSV file"),
    ],
)
def test_a_zip_of_something_else_says_what_to_do(
    tmp_path: Path, members: dict[str, str], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        list(rows(zipped(tmp_path / "x.zip", **members)))


def test_a_tar_archive_says_to_unpack_it(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.tar.gz"
    path.write_bytes(gzip.compress(b"x"))
    with pytest.raises(DataError, match="tar archive: unpack it"):
        list(rows(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(TEXT)
    path.chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        list(rows(path))


def test_a_folder_named_like_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Is a directory"):
        list(rows(tmp_path))
