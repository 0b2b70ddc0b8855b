"""A camera in the machine: the kernel's vivid, whose output is looped to its input."""

from __future__ import annotations

from tests.virtual_pi.payload import MOUNTED
from tests.virtual_pi.shell import Shell

# An HDMI input, which looks like a webcam, and an HDMI output for the film.
_LOAD = "modprobe vivid n_devs=1 node_types=0x101 num_inputs=1 input_types=3 num_outputs=1"
_DRIVER = "/sys/bus/platform/drivers/vivid"
_FIND = "grep -l 'vid-{}' /sys/class/video4linux/video*/name | cut -d/ -f5"


class Camera:
    """Gives the film's pictures, 60 a second, while it is plugged in."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def plug_in(self) -> None:
        """Let it appear, as a camera does when it is plugged in, with the film running."""
        if self._shell.run(f"test -d {_DRIVER}").code:
            self._shell.must(f"{_LOAD} output_types=1")
        else:
            self._shell.must(f"echo vivid.0 > {_DRIVER}/bind")
        node = self._node("cap")
        menu = f"v4l2-ctl -d {node} --list-ctrls-menus"
        menu += " | awk '/is_connected_to/ {name=$1} /Output HDMI/ {print name, $1+0; exit}'"
        control, value = self._shell.must(menu).split()
        self._shell.must(f"v4l2-ctl -d {node} -c {control}={value},osd_text_mode=2")
        self._roll()

    def pull_out(self) -> None:
        """Let it go away, as when it is unplugged, whoever reads it."""
        self._shell.must(f"echo vivid.0 > {_DRIVER}/unbind")
        self._shell.run("systemctl stop film")

    def stop_pictures(self) -> None:
        """Let it hang: it is there, and gives no new picture."""
        self._shell.must("systemctl kill -s STOP film")

    def _roll(self) -> None:
        node = self._node("out")
        film = f"--stream-from={MOUNTED}/film.bgr --stream-loop --stream-out-mmap"
        # As OpenCV reads it: vivid passes on what has the same form at both ends.
        picture = "--set-fmt-video-out width=640,height=480,pixelformat=BGR3"
        unit = "systemd-run -q --collect --unit=film"
        self._shell.must(f"{unit} v4l2-ctl -d {node} {picture} {film}")

    def _node(self, end: str) -> str:
        return "/dev/" + self._shell.until(f"{_FIND.format(end)} | grep .", 30)
