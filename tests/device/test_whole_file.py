import os

import pytest

from device.whole_file import give_to_owner_of, write_whole


def test_it_replaces_what_was_there_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    write_whole(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["a"]


def test_what_a_power_cut_left_half_done_is_replaced(tmp_path):
    (tmp_path / "a.partial").write_bytes(b"hal")
    write_whole(tmp_path / "a", b"whole")
    assert os.listdir(tmp_path) == ["a"]


def test_where_it_cannot_be_the_old_one_stays(tmp_path):
    path = tmp_path / "a"
    path.mkdir()
    (path / "b").touch()
    with pytest.raises(OSError, match="a"):
        write_whole(path, b"new")
    assert os.listdir(tmp_path) == ["a"]
    assert os.listdir(path) == ["b"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_written_by_root_it_belongs_to_whom_the_folder_belongs_to(tmp_path):
    os.chown(tmp_path, 12345, 12346)
    write_whole(tmp_path / "a", b"x")
    status = (tmp_path / "a").stat()
    assert (status.st_uid, status.st_gid) == (12345, 12346)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_a_link_leads_to_is_not_given_away(tmp_path):
    folder, roots = tmp_path / "folder", tmp_path / "roots"
    folder.mkdir()
    os.chown(folder, 12345, 12346)
    roots.touch()
    (folder / "a").symlink_to(roots)
    give_to_owner_of(folder, folder / "a")
    assert roots.stat().st_uid == 0
