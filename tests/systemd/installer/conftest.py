import shutil

import pytest

from tests.systemd.installer.tiny import Place, make_tree, make_wheelhouse


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """The tree and the wheelhouse, made once."""
    if shutil.which("dpkg") is None:
        pytest.skip("it is installed on Debian alone: apt install dpkg")
    folder = tmp_path_factory.mktemp("fresh")
    make_tree(folder / "tree")
    make_wheelhouse(folder / "wheels")
    (folder / "root/etc").mkdir(parents=True)
    (folder / "root/etc/os-release").write_text("ID=debian\nVERSION_CODENAME=bookworm\n")
    return folder


@pytest.fixture
def place(fresh, tmp_path):
    """A tree and its wheelhouse, and a folder into which nothing was installed yet."""
    shutil.copytree(fresh, tmp_path / "place")
    return Place(tmp_path / "place")


@pytest.fixture(scope="session")
def once_installed(fresh, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed") / "place"
    shutil.copytree(fresh, folder)
    done = Place(folder).install()
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def installed(once_installed, tmp_path):
    """The same, with version 1.0.0 installed and in use."""
    shutil.copytree(once_installed, tmp_path / "place", symlinks=True)
    return Place(tmp_path / "place")
