"""The whole of it: copy the image, look at it, write to its boot partition, check, rename."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from flash import programs, source
from flash.boot import BootPartition
from flash.customise import customised
from flash.errors import WRONG_USE, FlashError
from flash.payload import payload
from flash.root import RootPartition
from flash.settings import Settings
from flash.system import System, identify
from flash.table import read_table

PARTIAL = ".partial"


def prepare(
    image: Path, out: Path, settings: Settings, wheelhouse: Path, tree: Path,
    progress: source.Progress,
) -> tuple[System, int]:  # fmt: skip
    """Write the prepared image to ``out``; return what it holds, and the number of files added.

    Raises FlashError. ``image`` is only read, and ``out`` is there only when it is whole.
    """
    programs.need()
    found = source.look_at(image)
    check_out(out, image)
    partial = out.with_name(out.name + PARTIAL)
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)  # it holds the key of the Wi-Fi
        source.copy(found, partial, progress)
        system, files = _fill(partial, image, settings, wheelhouse, tree)
        partial.rename(out)
    except OSError as error:
        raise FlashError(f"{partial}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return system, files


def check_out(out: Path, image: Path) -> None:
    """Raise FlashError where the result could not be written there, or would replace something."""
    if not out.parent.is_dir():
        raise FlashError(f"OUT={out}: there is no folder {out.parent}", WRONG_USE)
    if out.exists():
        same = out.samefile(image)
        why = "is the original, which is never changed" if same else "is there already: remove it"
        raise FlashError(f"OUT={out} {why}, or name another file", WRONG_USE)


def _fill(
    copy: Path, image: Path, settings: Settings, wheelhouse: Path, tree: Path
) -> tuple[System, int]:
    try:
        table = read_table(copy)
        boot = BootPartition(copy, table.boot)
        system = identify(copy, boot, RootPartition(copy, table.root))
        files = payload(tree, wheelhouse, system)
        files |= customised(system, settings, boot.read("cmdline.txt").decode())
        boot.check_room(files)
        before = boot.faults()
        _write(boot, files)
        boot.check_written(files)
        if read_table(copy) != table or boot.faults() - before:
            raise FlashError(f"{copy}: its boot partition is not sound after writing to it")
    except FlashError as error:
        # People know the file that they gave, not the copy.
        raise FlashError(str(error).replace(str(copy), str(image)), error.code) from error
    return system, len(files)


def _write(boot: BootPartition, files: dict[str, bytes]) -> None:
    folders = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    boot.make_folders(sorted(folders - {"."}))
    for path, data in files.items():
        boot.write(path, data)
