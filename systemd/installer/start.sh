#!/usr/bin/env bash
# Start the installer with a Python that can run it: start.sh install|uninstall [OPTION...]
#
# install.sh and uninstall.sh come here. PYTHON names another Python than Debian's own.
set -euo pipefail

systemd=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-/usr/bin/python3}

if ! command -v "$python" >/dev/null; then
    echo "mien: $python is not there: sudo apt install python3" >&2
    exit 2
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "mien: $("$python" -V 2>&1) is too old: Python 3.11 or later is needed (Raspberry Pi OS or Debian 12, or later)" >&2
    exit 2
fi
# -P: the folder that this is called in is not looked in for modules. -B: a tree that belongs to
# somebody else gets no files of root's.
PYTHONPATH=$systemd exec "$python" -B -P -s -m installer "$@"
