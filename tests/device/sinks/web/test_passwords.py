import math
import os
import stat

import pytest

from device.errors import ConfigError, SinkError
from device.sinks.web import password
from device.sinks.web.password_file import NAME, PasswordFile
from device.sinks.web.passwords import LONGEST, PasswordHash, hash_password, make_password

HASH = hash_password("open sesame")


def test_a_hash_fits_its_password_alone():
    assert HASH.fits("open sesame")
    assert not HASH.fits("open sesame ")
    assert not HASH.fits("")
    assert not HASH.fits("x" * (LONGEST + 1))


def test_the_same_password_is_hashed_differently_each_time():
    other = hash_password("open sesame")
    assert other.text != HASH.text
    assert "sesame" not in HASH.text
    assert PasswordHash(other.text).fits("open sesame")


def test_letters_of_any_language_will_do():
    assert hash_password("sésame, ouvre-toi ☃").fits("sésame, ouvre-toi ☃")


def test_the_work_stands_in_the_hash():
    assert HASH.text.startswith("scrypt$n=14,r=8,p=1$")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "open sesame",
        "scrypt$n=14,r=8,p=1$short$short",
        HASH.text[:-5],
        HASH.text + "\n",
        HASH.text.replace("n=14", "n=25"),  # would take 32 GB
        HASH.text.replace("n=14", "n=1"),  # would take nothing
        HASH.text.replace("r=8", "r=0"),
        HASH.text.replace("p=1", "p=9"),
    ],
    ids=range(9),  # the hash is another each time
)
def test_what_is_no_hash_is_refused_with_advice(text):
    with pytest.raises(ConfigError, match="python -m device password"):
        PasswordHash(text)


@pytest.mark.parametrize("word", ["", "x" * (LONGEST + 1)])
def test_an_impossible_password_is_refused(word):
    with pytest.raises(ConfigError, match=f"1 to {LONGEST} characters"):
        hash_password(word)


def test_made_up_passwords_are_readable_and_cannot_be_guessed():
    made = {make_password() for _ in range(200)}
    assert len(made) == 200
    groups = [group for word in made for group in word.split("-")]
    assert {len(word.split("-")) for word in made} == {4}
    letters = set("".join(groups))
    assert not letters & set("01ilo")
    assert {len(group) for group in groups} == {4}
    assert 16 * math.log2(len(letters)) >= 60


def test_a_hash_is_kept_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        path = PasswordFile(tmp_path / "new" / "state").write(HASH, given=False)
    finally:
        os.umask(before)
    assert path == tmp_path / "new" / "state" / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PasswordFile(path.parent).read() == (HASH, False)
    assert [each.name for each in path.parent.iterdir()] == [NAME]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_hash_that_root_sets_is_for_whom_the_folder_belongs_to(tmp_path):
    os.chown(tmp_path, 12345, 12345)
    PasswordFile(tmp_path).write(HASH, given=True)
    status = (tmp_path / NAME).stat()
    assert (status.st_uid, status.st_gid) == (12345, 12345)


def test_a_hash_replaces_one_that_others_could_read(tmp_path):
    (tmp_path / NAME).write_text("{}")
    (tmp_path / f"{NAME}.partial").write_text("torn")  # of a power cut
    PasswordFile(tmp_path).write(HASH, given=True)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert PasswordFile(tmp_path).read() == (HASH, True)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"password_hash": 3}', b'{"password_hash": "x"}', b"\xff"]
)
def test_a_kept_hash_that_is_damaged_is_named(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(SinkError, match=r"page\.json cannot be used: ") as error:
        PasswordFile(tmp_path).read()
    assert "\n" not in str(error.value)


def test_where_no_hash_is_kept_there_is_none(tmp_path):
    assert PasswordFile(tmp_path).read() is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match=r"page\.json: file exists: give a folder"):
        PasswordFile(tmp_path / "file").write(HASH, given=True)


def test_an_owner_sets_the_password(tmp_path):
    said = password.set_password(str(tmp_path), "my own password")
    assert str(tmp_path / NAME) in said
    kept, given = PasswordFile(tmp_path).read()
    assert kept.fits("my own password")
    assert given


def test_without_a_folder_the_owner_gets_the_hash():
    assert PasswordHash(password.set_password("", "my own password")).fits("my own password")


def test_a_short_password_is_refused():
    with pytest.raises(ConfigError, match="at least 8 characters"):
        password.set_password("", "1234567")
