"""What somebody does who may not read a file."""

import grp
import os

import pytest

from device.permission import advice

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to a group")


@as_root
def test_the_group_that_may_read_is_named(tmp_path):
    group = grp.getgrnam("video")
    log = tmp_path / "readings.jsonl"
    log.write_text("")
    os.chown(log, -1, group.gr_gid)
    log.chmod(0o640)
    assert "add yourself to the group video: sudo usermod -aG video $USER" in advice(log)


@as_root
def test_of_what_is_not_even_there_its_folder_says(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    os.chown(folder, -1, grp.getgrnam("video").gr_gid)
    folder.chmod(0o750)
    assert "group video" in advice(folder / "none" / "x")


def test_where_no_group_may_sudo_is_left(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("")
    secret.chmod(0o600)
    assert advice(secret) == "put sudo before python -m device"
