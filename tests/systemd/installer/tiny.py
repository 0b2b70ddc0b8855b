"""A small program that is installed as Mien is, and the folder that it is installed into.

Everything is real but its size: the scripts, pip, the wheels, the environment. With ``--root``
no user is made and no systemd asked; a small program stands in for ``systemctl`` where a test
is about what systemd says.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import marshal
import os
import platform
import shutil
import subprocess
import sys
import textwrap
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
BASE_PYTHON = Path(sys._base_executable).resolve()
LIMIT_S = 300
ANY = "py3-none-any"

DEVICE = {
    "device/errors.py": """
        class MienError(Exception):
            pass


        class ConfigError(MienError):
            pass
        """,
    "device/config.py": """
        import tomllib

        from device.errors import ConfigError


        def read_settings(path):
            try:
                settings = tomllib.loads(path.read_text())
            except ValueError as error:
                raise ConfigError(f"{path}: not valid TOML: {error}") from error
            for name in settings:
                if name not in ("source", "model"):
                    raise ConfigError(f"{path}: {name}: unknown setting")
            return settings
        """,
    "device/service.py": """
        from device.errors import MienError


        def open_model(settings):
            import needed

            if settings.get("model") == "broken":
                raise MienError("broken: no model of this version")


        def open_finder(settings):
            pass
        """,
    # It waits for whoever writes into the pipe, where there is one.
    "device/__main__.py": """
        import sys
        from pathlib import Path

        import needed

        here = Path(__file__).parent
        if (here / "broken").exists():
            sys.exit("mien: this version is broken")
        if (here / "pipe").exists():
            Path((here / "pipe").read_text()).read_bytes()
        print("read", sys.argv)
        """,
}
# Answers as the file "health" in the release in use says.
SYSTEMCTL = """\
#!/bin/sh
echo "$*" >>"$MIEN_TEST/calls"
health=$(cat "$MIEN_TEST/root/opt/mien/current/device/health" 2>/dev/null)
case "$1" in
    restart)
        case "$health" in
            refuses) echo "Job for mien.service failed." >&2; exit 1 ;;
            hangs) exec sleep 600 ;;
        esac
        echo up >"$MIEN_TEST/up" ;;
    stop) rm -f "$MIEN_TEST/up" ;;
    show)
        if [ "$health" = dies ]; then echo x >>"$MIEN_TEST/pid"; fi
        if [ -e "$MIEN_TEST/up" ]; then echo ActiveState=active; else echo ActiveState=inactive; fi
        if [ -e "$MIEN_TEST/process" ]; then echo "MainPID=$(cat "$MIEN_TEST/process")"
        else echo "MainPID=$(cat "$MIEN_TEST/pid" 2>/dev/null | wc -c)"; fi ;;
esac
"""
JOURNALCTL = "#!/bin/sh\necho 'a line of the journal'\n"
# Ends the installer before the step with the number in MIEN_TEST_CUT, as a power cut does: no
# cleaning up, and no step after it.
CUT = """
import os
import sys

left = int(os.environ.get("MIEN_TEST_CUT", "0"))
STEPS = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "os.chown",
         "subprocess.Popen"}


def cut(event, arguments):
    global left
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_WRONLY
    if event in STEPS or writes:
        left -= 1
        if left == 0:
            os._exit(137)


if left:
    sys.addaudithook(cut)
"""


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def write_wheel(folder: Path, name: str, version: str, *asks: str, tag: str = ANY) -> Path:
    """A wheel of a package with nothing in it but its version."""
    asked = "".join(f"Requires-Dist: {line}\n" for line in asks)
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{asked}",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},{_sum(text)},{len(text)}\n" for path, text in files.items())
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{about}/RECORD": f"{record}{about}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return wheel


def _sum(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def own_pip() -> Path:
    """pip's wheel, which Python brings with it, or Debian beside it."""
    code = "import ensurepip; print(ensurepip.__path__[0])"
    done = subprocess.run([BASE_PYTHON, "-c", code], capture_output=True, text=True, check=False)
    places = [Path(done.stdout.strip()) / "_bundled", Path("/usr/share/python-wheels")]
    return next(wheel for place in places for wheel in sorted(place.glob("pip-*.whl")))


def write_compiled(wheel: Path, folder: Path) -> None:
    """The same wheel with its modules compiled: run from the wheel, they are at each start."""
    magic = importlib.util.MAGIC_NUMBER + bytes([1, 0, 0, 0])  # by hash, and not checked
    with zipfile.ZipFile(wheel) as plain, zipfile.ZipFile(folder / wheel.name, "w") as compiled:
        for name in plain.namelist():
            content = plain.read(name)
            compiled.writestr(name, content)
            if name.endswith(".py"):
                code = marshal.dumps(compile(content, name, "exec"))
                compiled.writestr(f"{name}c", magic + importlib.util.source_hash(content) + code)


def write_stamp(folder: Path, lines: list[str], **other: str) -> None:
    """Say what the wheels are for, and their sums."""
    stamp = {
        "platform": "this machine",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "machine": platform.machine(),
        "glibc": os.confstr("CS_GNU_LIBC_VERSION").split()[1],
        "lines": lines,
    }
    (folder / "wheelhouse.json").write_text(json.dumps(stamp | other))
    sums = [
        f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n"
        for wheel in sorted(folder.glob("*.whl"))
    ]
    (folder / "SHA256SUMS").write_text("".join(sums))


def make_wheelhouse(folder: Path) -> Path:
    folder.mkdir(parents=True)
    write_compiled(own_pip(), folder)
    write_wheel(folder, "needed", "1.0")
    write_wheel(folder, "shown", "1.0")
    write_stamp(folder, ["needed==1.0", "shown==1.0"])
    return folder


def make_tree(tree: Path, version: str = "1.0.0") -> Path:
    """The small program, with the scripts and units as they are."""
    shutil.copytree(
        ROOT / "systemd", tree / "systemd", ignore=shutil.ignore_patterns("flash", "__pycache__")
    )
    for name, text in DEVICE.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    (tree / "device/demo").mkdir()
    (tree / "device/demo/demo.mp4").write_bytes(b"a film")
    (tree / "requirements-pi.txt").write_text("# why\nneeded==1.0; python_version >= '3.11'\n")
    (tree / "requirements-screen.txt").write_text("shown==1.0\n")
    (tree / "systemd/sitecustomize.py").write_text(CUT)
    set_version(tree, version)
    return tree


def set_version(tree: Path, version: str, **settings: str) -> None:
    """Another version of the program, with these settings besides."""
    (tree / "device/__init__.py").write_text(f'__version__ = "{version}"\n')
    others = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    text = f'# Settings of Mien {version}\n\nsource = "camera"\n{others}'
    (tree / "systemd/mien.toml").write_text(text)


@dataclass
class Place:
    """A tree, its wheelhouse, and the folder that it is installed into."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def wheels(self) -> Path:
        return self.folder / "wheels"

    @property
    def home(self) -> Path:
        return self.root / "opt/mien"

    @property
    def settings(self) -> Path:
        return self.root / "etc/mien/mien.toml"

    def environment(self, **more: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name != "SUDO_USER"}
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return (
            own | {"PATH": path, "PYTHON": str(BASE_PYTHON), "MIEN_TEST": str(self.folder)} | more
        )

    def command(self, *options: object, script: str = "install.sh") -> list[str]:
        wheels = ["--wheelhouse", self.wheels] if script == "install.sh" else []
        first = [self.tree / "systemd" / script, "--root", self.root, *wheels]
        return [str(part) for part in (*first, *options)]

    def install(self, *options: object, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.command("--no-screen", *options), **more)

    def uninstall(self, *options: object, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.command(*options, script="uninstall.sh"), **more)

    def run(self, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False,
            env=self.environment(**more), cwd=self.folder,
        )  # fmt: skip

    def with_systemd(self) -> dict[str, str]:
        """What lets the small program answer for systemd."""
        write_program(self.folder / "bin/journalctl", JOURNALCTL)
        return {"MIEN_SYSTEMCTL": str(write_program(self.folder / "bin/systemctl", SYSTEMCTL))}

    def asked(self) -> list[str]:
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def in_use(self) -> str:
        """The version in use, as the installed program itself says."""
        release = (self.home / "current").resolve()
        code = "import device; print(device.__version__)"
        return subprocess.run(
            [release / "venv/bin/python", "-c", code], cwd=release, env={},
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip

    def everything(self) -> dict[str, str]:
        """All that is below the root, but for what Python compiled, and /run itself."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if "__pycache__" in name or name in ("etc/os-release", "etc", "run"):
                continue  # /run is empty after a power cut
            mode = f"{path.lstat().st_mode & 0o7777:o}"
            if path.is_symlink():
                found[name] = f"-> {os.readlink(path)}"
            else:
                found[name] = f"{mode} folder" if path.is_dir() else f"{mode} {digest(path)}"
        return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
