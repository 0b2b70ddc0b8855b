"""One virtual machine: QEMU with its disks, its serial port, its monitor and its shell."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.virtual_pi.monitor import Monitor, MonitorError
from tests.virtual_pi.serial import Serial
from tests.virtual_pi.shell import Shell

# What the serial port shows when a system is up: where the port's own login comes late, a target.
UP = r"login: |Reached target (\S*- )?[Mm]ulti-[Uu]ser"
# Emulated, with other work beside it.
BOOT_LIMIT_S = 900.0
END_LIMIT_S = 180.0


@dataclass(frozen=True)
class Boot:
    """What QEMU starts: a kernel and its initrd; with none, the firmware finds them on the disk."""

    kernel: Path | None = None
    initrd: Path | None = None
    command_line: str = "root=/dev/vda rw"

    def options(self) -> list[str]:
        """Return QEMU's options for it."""
        if self.kernel is None:
            return ["-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"]
        line = f"{self.command_line} console=ttyAMA0 systemd.log_color=0"
        initrd = ["-initrd", str(self.initrd)] if self.initrd else []
        return ["-kernel", str(self.kernel), *initrd, "-append", line]


def overlay(disk: Path, path: Path) -> Path:
    """Make a disk image that begins as ``disk`` and keeps only what changes; return its path."""
    kind = "qcow2" if disk.suffix == ".qcow2" else "raw"
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(disk.resolve()), "-F", kind]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path


class Machine:
    """A virtual machine, running from ``start`` to ``stop``, ``power_off`` or ``cut_power``.

    disk: its first disk, written to: a qcow2 image, or a raw one.
    key: the private key that SSH lets in.
    log: what its serial port prints is added there.
    others: further disks; they are only read.
    devices: further options of QEMU.

    Nothing that it sends leaves QEMU: only SSH gets in, from this machine's loopback.
    """

    def __init__(
        self,
        disk: Path,
        boot: Boot,
        key: Path,
        log: Path,
        *,
        others: Sequence[Path] = (),
        devices: Sequence[str] = (),
        memory_mib: int = 1024,
        user: str = "root",
    ) -> None:
        self.disk = disk
        self._boot = boot
        self._log = log
        self._others = others
        self._devices = devices
        self._memory_mib = memory_mib
        # The path of a Unix socket has room for 100 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="virtual-pi-"))
        self._port = _free_port()
        self.shell = Shell(self._port, key, self._folder, user)
        self._qemu: subprocess.Popen[bytes] | None = None
        self._serial: Serial | None = None
        self._monitor: Monitor | None = None

    @property
    def serial(self) -> Serial:
        """Its serial port, while it runs."""
        assert self._serial is not None, "not started"
        return self._serial

    @property
    def monitor(self) -> Monitor:
        """QEMU's control of it, while it runs."""
        assert self._monitor is not None, "not started"
        return self._monitor

    def start(self, limit_s: float = BOOT_LIMIT_S) -> float:
        """Switch it on and wait until SSH answers; return how long that took, in seconds."""
        started_s = time.monotonic()
        self.switch_on()
        self.serial.wait_for(UP, limit_s)
        self.shell.wait(limit_s)
        return time.monotonic() - started_s

    def save(self, name: str) -> None:
        """Keep its whole state, memory and disk, under a name. Its disk must be qcow2."""
        self._human(f"savevm {name}")

    def load(self, name: str) -> None:
        """Take up the state that was kept under that name, from whatever it is now."""
        if self._qemu is None:
            self.switch_on(state=name)
        else:
            self.shell.close()
            self._human(f"loadvm {name}")
            self.monitor.ask("cont")
        self.shell.wait(END_LIMIT_S)

    def switch_on(self, state: str = "") -> None:
        """Switch it on, and wait for nothing. With ``state`` it goes on from what was kept."""
        serial, monitor = self._folder / "serial", self._folder / "monitor"
        with (self._folder / "qemu.log").open("ab") as log:
            self._qemu = subprocess.Popen(
                self._command(serial, monitor, state),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._monitor = Monitor(_listening(monitor, self._qemu, self._folder / "qemu.log"))
        self._serial = Serial(serial, self._log)
        self.monitor.ask("cont")  # it was held so that nothing is lost of its first words

    def power_off(self, limit_s: float = END_LIMIT_S) -> None:
        """Have it shut down in order, and wait for that."""
        self.shell.run("systemctl poweroff")
        self._end(limit_s)

    def reboot(self, limit_s: float = BOOT_LIMIT_S) -> None:
        """Have it start anew, in order, and wait until SSH answers again."""
        self.shell.run("systemctl reboot")
        self.shell.close()
        self.serial.wait_for(r"reboot: Restarting system", limit_s)
        self.serial.wait_for(UP, limit_s)
        self.shell.wait(limit_s)

    def cut_power(self) -> None:
        """Take its power away: QEMU is killed, and what was not flushed to the disk is lost."""
        if self._qemu is not None:
            self._qemu.send_signal(signal.SIGKILL)
        self._end(10)

    def stop(self) -> None:
        """End it, in whatever state it is, and remove what it needed for running."""
        self.cut_power()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _human(self, line: str) -> None:
        """Say a line to QEMU as a person does; raises MonitorError where it answers anything."""
        said = self.monitor.ask("human-monitor-command", **{"command-line": line})
        if said.strip():
            raise MonitorError(f"{line}: {said.strip()}")

    def _command(self, serial: Path, monitor: Path, state: str) -> list[str]:
        disks = [f"file={self.disk},format={_format(self.disk)},cache=writeback"]
        disks += [f"file={path},format={_format(path)},readonly=on" for path in self._others]
        return [
            *("setpriv", "--pdeathsig", "KILL"),  # it must not outlive these tests
            *("qemu-system-aarch64", "-S", "-M", "virt,gic-version=3", "-cpu", "cortex-a72"),
            *("-accel", "tcg,thread=multi", "-smp", "2", "-m", f"{self._memory_mib}M"),
            *("-nodefaults", "-display", "none", "-no-user-config"),
            *self._boot.options(),
            *(part for n, disk in enumerate(disks) for part in _drive(n, disk)),
            *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self._port}-:22"),
            *("-device", "virtio-net-pci,netdev=net,romfile="),
            *("-device", "virtio-rng-pci"),
            *("-chardev", f"socket,id=serial,path={serial},server=on,wait=off"),
            *("-serial", "chardev:serial"),
            *("-qmp", f"unix:{monitor},server=on,wait=off"),
            *self._devices,
            *(["-loadvm", state] if state else []),
        ]

    def _end(self, limit_s: float) -> None:
        """Wait until QEMU is gone, and close what led to it."""
        if self._qemu is not None:
            self._qemu.wait(limit_s)
        self._qemu = None
        for part in (self._monitor, self._serial):
            if part is not None:
                part.close()
        self._monitor = self._serial = None
        self.shell.close()


def _drive(number: int, disk: str) -> list[str]:
    name = f"disk{number}"
    return ["-drive", f"if=none,id={name},{disk}", "-device", f"virtio-blk-pci,drive={name}"]


def _format(disk: Path) -> str:
    return "qcow2" if disk.suffix == ".qcow2" else "raw"


def _free_port() -> int:
    """Return a port of the loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listening(path: Path, qemu: subprocess.Popen[bytes], log: Path) -> Path:
    """Wait until QEMU listens at ``path``; raises RuntimeError, with its words, where it ends."""
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
        except OSError:
            try:
                qemu.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"QEMU: {log.read_text(errors='replace').strip()}") from None
        return path
    raise RuntimeError("QEMU does not listen")
