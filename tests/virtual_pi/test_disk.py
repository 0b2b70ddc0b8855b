"""The disk is full: readings go on, the oldest log goes, and that is said once."""

from __future__ import annotations

from tests.virtual_pi.pi import LOG
from tests.virtual_pi.say import say
from tests.virtual_pi.test_service import read_demo

FOLDER = "/var/log/mien"


def test_a_full_disk(pi):
    pi.shell.must(
        "systemctl stop mien; truncate -s 8M /root/small.img; mkfs.ext4 -q -m 0 /root/small.img;"
        f" mount -o loop /root/small.img {FOLDER}; chown mien:mien {FOLDER}; rmdir {FOLDER}/lost*"
    )
    # What was put aside earlier: not compressible, and the oldest thing there.
    pi.shell.must(
        f"head -c 300000 /dev/urandom | gzip > {LOG}.2.gz; echo '{{}}' | gzip > {LOG}.1.gz;"
        f" chown mien:mien {LOG}.*"
    )
    pi.configure(rate_hz=10.0)
    since = pi.cursor()
    read_demo(pi)
    pi.more_readings(2)
    pi.shell.run(f"dd if=/dev/zero of={FOLDER}/other bs=4k; sync")
    say(pi.shell.must(f"df -h {FOLDER}; ls -l {FOLDER}"))
    pi.shell.until(f"! test -e {LOG}.2.gz", 300)
    readings = pi.more_readings(5)
    say(f"the oldest log is gone, {len(readings)} further readings are written")
    say(pi.shell.must(f"df -h {FOLDER}; ls -l {FOLDER}"))
    pi.shell.run(f"dd if=/dev/zero of={FOLDER}/another bs=512; sync")
    pi.shell.must("sleep 20")
    assert pi.show("ActiveState") == "active"
    assert pi.show("NRestarts") == "0"
    said = [line for line in pi.journal(since) if "cannot write" in line]
    say("\n".join(said))
    assert len(said) == 1
    pi.shell.must(f"rm {FOLDER}/other {FOLDER}/another")
    assert pi.more_readings(3)
    say(f"room again, readings again: {pi.show('StatusText')}")
