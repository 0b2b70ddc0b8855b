"""Writes a log as fast as it can until it is killed: ``writer.py LOG FIRST``.

After each write its last number is printed.
"""

import logging
import os
import sys
from pathlib import Path

from device.sinks.log import Log
from tests.device.sinks.log.readings import reading


def main(path: Path, first: int) -> None:
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    with Log(path, max_bytes=40_000, total_bytes=10_000_000, keep=1000, sync_s=0.1) as log:
        number = first
        while True:
            log.write([reading(number), reading(number + 1)])
            number += 2
            # Whole lines, in one write, so that who reads this can tell.
            os.write(sys.stdout.fileno(), b"%d\n" % (number - 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
