"""The whole program with its page, on the demo clip over and over, to look at in a browser.

    python -m tests.device.sinks.web.serve [--port 8080] [--host 127.0.0.1] [--password WORDS]

Without --state nothing is kept. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import logging
import sys

from device.config import PageSettings, Settings
from device.service import run
from device.sinks.web.passwords import hash_password
from device.stop import stop_on_signals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--password", default="")
    parser.add_argument("--state", default="")
    parser.add_argument("--log", default="")
    options = parser.parse_args()
    password_hash = hash_password(options.password).text if options.password else ""
    page = PageSettings(host=options.host, port=options.port, password_hash=password_hash)
    settings = Settings(web=True, screen="off", page=page, state=options.state, log=options.log)
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    with stop_on_signals() as stop:
        run(settings, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
